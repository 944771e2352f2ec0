package dev.gnomon.mmu;

import static dev.gnomon.mmu.Rules.AGING_FLUSH;
import static dev.gnomon.mmu.Rules.DEFAULTS;
import static dev.gnomon.mmu.Rules.FAST_FAULT;
import static dev.gnomon.mmu.Rules.FLUSH_ON_UPDATE;
import static dev.gnomon.mmu.Rules.HUGE_RECOVERY;
import static dev.gnomon.mmu.Rules.PFN_DIRTY;
import static dev.gnomon.mmu.Rules.TDP_WRITE;
import static dev.gnomon.mmu.Rules.VOLATILE;
import static dev.gnomon.mmu.Rules.WRITABLE_LEAF;

import dev.gnomon.mmu.config.MmuConfig;
import dev.gnomon.mmu.fault.FastFault;
import dev.gnomon.mmu.notify.AgingFlush;
import dev.gnomon.mmu.spte.FlushOnUpdate;
import dev.gnomon.mmu.spte.PfnDirty;
import dev.gnomon.mmu.spte.TdpWrite;
import dev.gnomon.mmu.spte.Volatility;
import dev.gnomon.mmu.spte.WritableLeaf;
import dev.gnomon.mmu.tdp.HugeRecovery;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a kernel decided: every disputed switch, and which features it did not have. A preset that
 * needs what this MMU does not have yet is there by name and says so.
 */
public enum KernelPreset {
  LINUX_5_17(
      "linux-5.17",
      before613()
          .with(VOLATILE, Volatility.ANY_MMU_WRITABLE)
          .with(TDP_WRITE, TdpWrite.PLAIN)
          .with(FAST_FAULT, FastFault.EPT_ALWAYS),
      false,
      null),
  LINUX_5_18("linux-5.18", before613().with(FAST_FAULT, FastFault.EPT_ALWAYS), true, null),
  LINUX_6_1("linux-6.1", before613(), true, null),
  LINUX_6_12("linux-6.12", before613(), true, null),
  LINUX_6_13("linux-6.13", DEFAULTS, true, null),
  LINUX_6_15(
      "linux-6.15",
      DEFAULTS.with(VOLATILE, Volatility.NEEDS_ATOMIC_UPDATE),
      true,
      "aging without the lock (aging=lockless)");

  private final String label;
  private final Rules rules;
  private final boolean hasEagerSplit;
  private final @Nullable String missing;

  KernelPreset(String label, Rules rules, boolean hasEagerSplit, @Nullable String missing) {
    this.label = label;
    this.rules = rules;
    this.hasEagerSplit = hasEagerSplit;
    this.missing = missing;
  }

  private static Rules before613() {
    return DEFAULTS
        .with(PFN_DIRTY, PfnDirty.ON_CLEAR)
        .with(HUGE_RECOVERY, HugeRecovery.ZAP)
        .with(FLUSH_ON_UPDATE, FlushOnUpdate.TO_READONLY)
        .with(AGING_FLUSH, AgingFlush.IF_YOUNG)
        .with(WRITABLE_LEAF, WritableLeaf.RAW_BIT);
  }

  /** The name on the command line: {@code linux-6.12}. */
  public String label() {
    return label;
  }

  /** The names of all, oldest first. */
  public static List<String> labels() {
    return Arrays.stream(values()).map(KernelPreset::label).toList();
  }

  /** The preset of a name. */
  public static Optional<KernelPreset> find(String label) {
    return Arrays.stream(values()).filter(each -> each.label.equals(label)).findFirst();
  }

  /**
   * Every switch as the kernel had it.
   *
   * @throws IllegalArgumentException in one line, if that needs what this MMU does not have
   */
  public Rules rules() {
    if (missing != null) {
      throw new IllegalArgumentException(label + " needs " + missing + ", which is not built yet");
    }
    return rules;
  }

  /**
   * The configuration without what the kernel did not have and nobody asked for: features that are
   * on by default.
   */
  public MmuConfig withoutLaterDefaults(MmuConfig config) {
    return hasEagerSplit ? config : config.withEagerSplit(false);
  }

  /**
   * Refuses a configuration with a feature that the kernel did not have.
   *
   * @throws IllegalArgumentException in one line
   */
  public void check(MmuConfig config) {
    if (config.eagerSplit() && !hasEagerSplit) {
      throw new IllegalArgumentException(
          label + " does not split large pages eagerly: that came with 5.18");
    }
  }
}
