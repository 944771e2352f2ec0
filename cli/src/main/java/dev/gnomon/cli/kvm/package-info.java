/**
 * {@code gnomon kvm} and {@code gnomon compare-kvm}: flat guests under the host's own KVM, and the
 * same guests here.
 */
@NullMarked
package dev.gnomon.cli.kvm;

import org.jspecify.annotations.NullMarked;
