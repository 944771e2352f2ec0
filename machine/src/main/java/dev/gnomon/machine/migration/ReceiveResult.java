package dev.gnomon.machine.migration;

import org.jspecify.annotations.Nullable;

/**
 * What a receiver has received.
 *
 * @param source where it came from
 * @param description the VM
 * @param pages how many pages arrived, each counted as often as it came
 * @param comparison what came of comparing them with the source's, by hash
 * @param firstDifferingGpa the gpa of the lowest page that differs, or -1
 * @param summary how the guest ended here; null if it did not go on here
 */
public record ReceiveResult(
    String source,
    VmDescription description,
    long pages,
    Comparison comparison,
    long firstDifferingGpa,
    @Nullable GuestSummary summary) {}
