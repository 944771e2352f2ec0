package dev.gnomon.cli.usage;

import dev.gnomon.machine.InputException;
import dev.gnomon.mmu.KernelPreset;
import dev.gnomon.mmu.Rules;

/** The names of kernels whose decisions can be asked for: {@code linux-6.12}. */
public final class KernelTexts {
  private KernelTexts() {}

  /**
   * The kernel of a name.
   *
   * @throws InputException if there is none, with those that there are
   */
  public static KernelPreset parse(String label) {
    return KernelPreset.find(label)
        .orElseThrow(
            () ->
                new InputException(
                    "--as "
                        + label
                        + ": no such kernel here; there are "
                        + String.join(", ", KernelPreset.labels())));
  }

  /**
   * How a kernel decided.
   *
   * @throws InputException if it cannot be done as that kernel did
   */
  public static Rules rules(KernelPreset kernel) {
    try {
      return kernel.rules();
    } catch (IllegalArgumentException e) {
      throw new InputException("--as " + e.getMessage(), e);
    }
  }
}
