/** The devices against their data sheets, and the PC with programs on it. */
@NullMarked
package dev.gnomon.machine.device;

import org.jspecify.annotations.NullMarked;
