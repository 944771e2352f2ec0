package dev.gnomon.machine.x86;

/** GDTR or IDTR. */
public final class DescriptorTable {
  /** Linear address of the table. */
  public long base;

  /** Offset of its last byte, 0 to 0xffff. */
  public int limit;

  /** Loads both. */
  public void load(long newBase, int newLimit) {
    base = newBase;
    limit = newLimit;
  }
}
