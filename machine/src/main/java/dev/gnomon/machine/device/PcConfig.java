package dev.gnomon.machine.device;

import dev.gnomon.machine.GuestMemoryMap;

/**
 * How a PC is equipped.
 *
 * @param vcpus how many vCPUs it has; vCPU 0 is the boot processor
 * @param memory where its memory lies
 * @param hasX2apic whether its local APICs have the x2APIC mode (CPUID.1:ECX bit 21)
 * @param hasDeadlineTimer whether their timers take TSC deadlines (CPUID.1:ECX bit 24)
 * @param physicalBits how wide physical addresses are
 * @param waitsInHalt whether a vCPU that halts waits for what wakes it; else it stops, and whoever
 *     runs it looks {@link Pc#isAwake whether it may go on}
 */
public record PcConfig(
    int vcpus,
    GuestMemoryMap memory,
    boolean hasX2apic,
    boolean hasDeadlineTimer,
    int physicalBits,
    boolean waitsInHalt) {}
