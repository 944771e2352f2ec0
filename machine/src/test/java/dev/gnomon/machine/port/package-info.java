/**
 * What every back end of the port must do. The contract knows a back end only as an {@link
 * dev.gnomon.machine.thread.Execution} and its platform; a back end passes it by a subclass of
 * {@link dev.gnomon.machine.port.PlatformContract}.
 */
@NullMarked
package dev.gnomon.machine.port;

import org.jspecify.annotations.NullMarked;
