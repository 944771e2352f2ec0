/**
 * The host's own KVM as a second oracle: the recorder's machine under {@code /dev/kvm}, through the
 * foreign-function API alone. The guest's memory is ours; everything else is what the kernel does.
 *
 * <p>Nothing here is used by the rest of the machine. One thread makes a VM, runs it, closes it;
 * only {@link dev.gnomon.machine.kvm.Kick} is for other threads.
 */
@NullMarked
package dev.gnomon.machine.kvm;

import org.jspecify.annotations.NullMarked;
