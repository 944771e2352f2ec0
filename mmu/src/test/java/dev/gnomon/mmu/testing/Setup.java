package dev.gnomon.mmu.testing;

import dev.gnomon.mmu.Rules;
import dev.gnomon.mmu.config.MmuConfig;
import java.util.List;
import java.util.Random;
import java.util.function.BooleanSupplier;

/**
 * What a run of random operations starts from.
 *
 * @param tlb how long TLBs keep what they once held
 * @param focus the few pages that the run is about, as picks among all
 */
public record Setup(MmuConfig config, Rules rules, Tlb tlb, List<Integer> focus) {

  /** The possible natures of a TLB. */
  public enum Tlb {
    HOLDS_NOTHING,
    HOLDS_EVERYTHING,
    HOLDS_SOMETHING;

    BooleanSupplier choices() {
      return switch (this) {
        case HOLDS_NOTHING -> () -> false;
        case HOLDS_EVERYTHING -> () -> true;
        case HOLDS_SOMETHING -> new Random(1)::nextBoolean;
      };
    }
  }

  @Override
  public String toString() {
    return config + " rules [" + rules.describe() + "] TLB " + tlb + " focus " + focus;
  }
}
