package dev.gnomon.checker.report;

/**
 * A CPU that took part.
 *
 * @param cpu its index
 * @param name what its body is called: {@code vcpu 0}
 */
public record Lane(int cpu, String name) {}
