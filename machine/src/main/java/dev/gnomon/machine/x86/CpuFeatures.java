package dev.gnomon.machine.x86;

/** What CPUID says. */
public final class CpuFeatures {
  private CpuFeatures() {}

  /** All that there is. */
  public static CpuFeatures all() {
    return new CpuFeatures();
  }
}
