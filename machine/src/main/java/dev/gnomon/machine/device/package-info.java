/**
 * The minimal PC around the vCPUs: port bus, serial port, debug exit, firmware configuration, the
 * old interrupt controllers and timer, local APICs, I/O APIC.
 *
 * <p>Devices on the port bus are plain objects under the bus's lock. A local APIC belongs to its
 * vCPU's CPU; what other vCPUs write of it (requested vectors, INIT, SIPI, NMI) and what they read
 * (how it is addressed) lies in shared words ({@link dev.gnomon.machine.device.ApicWords}). Time
 * and the console come in through interfaces ({@link dev.gnomon.machine.device.TimeSource}, {@link
 * dev.gnomon.machine.device.Console}).
 */
@NullMarked
package dev.gnomon.machine.device;

import org.jspecify.annotations.NullMarked;
