/**
 * The oracle of user-mode instructions: generated programs of a few instructions run on the
 * machine's own processor and by {@link dev.gnomon.machine.x86}, from the same state, and must end
 * in the same one.
 *
 * <p>Only where the machine is an x86-64 under Linux, in 64-bit code and, where the system has a
 * segment for it, in 32-bit code; only with what its CPUID offers. Flags that the manuals leave
 * undefined are not compared. A case follows from one seed, on any machine.
 *
 * <p>For tests and for the command; nothing else calls it.
 */
@NullMarked
package dev.gnomon.machine.x86.nativeoracle;

import org.jspecify.annotations.NullMarked;
