package dev.gnomon.machine.guest;

/**
 * How a guest hypervisor (L1) runs the guest's operating system as its own guest (L2).
 *
 * @param format of L1's nested tables
 * @param hasAccessedDirty with EPT, whether L1 has the processor keep A and D
 * @param usesExecuteOnly with EPT, whether L1 gives pages that are fetched from only X
 */
public record Nesting(Format format, boolean hasAccessedDirty, boolean usesExecuteOnly) {

  /** Formats of nested tables. */
  public enum Format {
    /** As L1's own page tables. */
    NPT,
    EPT
  }
}
