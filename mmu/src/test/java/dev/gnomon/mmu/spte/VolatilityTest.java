package dev.gnomon.mmu.spte;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gnomon.mmu.testing.Configs;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Each rule against its prose, over every combination of the bits that it speaks of. */
class VolatilityTest {
  private static final SpteFormat EPT = new SpteFormat(Configs.ept());
  private static final SpteFormat EPT_WITHOUT_AD = new SpteFormat(Configs.eptWithoutAd());
  private static final SpteFormat NPT = new SpteFormat(Configs.npt());

  /** A leaf in words, and its value. */
  private record Leaf(
      SpteFormat format,
      boolean isAdEnabled,
      boolean isWritable,
      boolean isMmuWritable,
      boolean isAccessed,
      boolean isDirty,
      boolean isTracked,
      long spte) {}

  @FunctionalInterface
  private interface Prose {
    boolean saysVolatile(Leaf leaf);
  }

  private static List<Leaf> leaves() {
    List<Leaf> leaves = new ArrayList<>();
    for (int bits = 0; bits < 32; bits++) {
      boolean writable = (bits & 1) != 0;
      boolean mmuWritable = writable || (bits & 2) != 0;
      boolean accessed = (bits & 4) != 0;
      boolean dirty = (bits & 8) != 0;
      boolean tracked = (bits & 16) != 0 && !writable;
      if (!tracked) {
        leaves.add(withAd(EPT, writable, mmuWritable, accessed, dirty));
        leaves.add(withAd(NPT, writable, mmuWritable, accessed, dirty));
      }
      leaves.add(withoutAd(EPT_WITHOUT_AD, writable, mmuWritable, tracked));
      leaves.add(withoutAd(EPT, writable, mmuWritable, tracked));
    }
    return leaves;
  }

  private static Leaf withAd(
      SpteFormat format, boolean writable, boolean mmuWritable, boolean accessed, boolean dirty) {
    long spte =
        format.leafBase(false)
            | format.readBits(true)
            | writable(format, writable, mmuWritable)
            | (accessed ? format.accessedBit() : 0)
            | (dirty ? format.dirtyBit() : 0);
    return new Leaf(format, true, writable, mmuWritable, accessed, dirty, false, spte);
  }

  private static Leaf withoutAd(
      SpteFormat format, boolean writable, boolean mmuWritable, boolean tracked) {
    long spte =
        format.leafBase(true) | format.readBits(true) | writable(format, writable, mmuWritable);
    return new Leaf(
        format,
        false,
        writable,
        mmuWritable,
        !tracked,
        writable,
        tracked,
        tracked ? format.markAccessTracked(spte) : spte);
  }

  private static long writable(SpteFormat format, boolean writable, boolean mmuWritable) {
    return (writable ? SpteFormat.WRITABLE : 0)
        | (mmuWritable ? format.mmuWritableBit() | format.hostWritableBit() : 0);
  }

  private static void check(Volatility rule, Prose prose) {
    for (Leaf leaf : leaves()) {
      assertThat(rule.isVolatile(leaf.format(), leaf.spte()))
          .as("%s of %s", rule, leaf)
          .isEqualTo(prose.saysVolatile(leaf));
    }
  }

  @Test
  void readonlyStableLooksAtAdEnabledEntriesOnly() {
    check(
        Volatility.READONLY_STABLE,
        leaf ->
            leaf.isAdEnabled() && (!leaf.isAccessed() || (leaf.isWritable() && !leaf.isDirty())));
  }

  @Test
  void anyAdClearLooksAtAAndDWhateverWIs() {
    check(
        Volatility.ANY_AD_CLEAR,
        leaf -> leaf.isAdEnabled() && (!leaf.isAccessed() || !leaf.isDirty()));
  }

  @Test
  void anyMmuWritableTakesEveryMmuWritableEntry() {
    check(
        Volatility.ANY_MMU_WRITABLE,
        leaf ->
            leaf.isMmuWritable()
                || leaf.isTracked()
                || (leaf.isAdEnabled()
                    && (!leaf.isAccessed() || (leaf.isWritable() && !leaf.isDirty()))));
  }

  @Test
  void unlessWritableTakesAFullyWritableEntryForStable() {
    check(
        Volatility.UNLESS_WRITABLE,
        leaf ->
            (!leaf.isWritable() && leaf.isMmuWritable())
                || leaf.isTracked()
                || (leaf.isAdEnabled()
                    && (!leaf.isAccessed() || (leaf.isWritable() && !leaf.isDirty()))));
  }

  @Test
  void needsAtomicUpdateIgnoresAAndTakesEveryAdDisabledLeaf() {
    check(
        Volatility.NEEDS_ATOMIC_UPDATE,
        leaf ->
            (!leaf.isWritable() && leaf.isMmuWritable())
                || !leaf.isAdEnabled()
                || (leaf.isWritable() && !leaf.isDirty()));
  }
}
