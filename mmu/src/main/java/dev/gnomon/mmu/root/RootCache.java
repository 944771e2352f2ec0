package dev.gnomon.mmu.root;

import dev.gnomon.mmu.config.MmuConfig;
import dev.gnomon.mmu.shadow.ShadowRoot;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The root that a vCPU has loaded, and the three it had loaded before, the latest first. Not every
 * root may be kept for later: one that lives in a table of the vCPU's own would be overwritten by
 * the next.
 *
 * <p>Owned by the vCPU.
 */
final class RootCache {
  /** How many roots can be kept beside the current one. */
  static final int PREVIOUS = MmuConfig.MOST_PREVIOUS_ROOTS;

  /** How many are kept. */
  private final int kept;

  private final Predicate<ShadowRoot> isKept;
  private final @Nullable ShadowRoot[] previous = new ShadowRoot[PREVIOUS];
  private @Nullable ShadowRoot current;

  /**
   * Makes an empty one.
   *
   * @param kept how many roots it keeps beside the current one, at most {@link #PREVIOUS}
   * @param isKept whether a root may be found again
   */
  RootCache(int kept, Predicate<ShadowRoot> isKept) {
    this.kept = kept;
    this.isKept = isKept;
  }

  @Nullable ShadowRoot current() {
    return current;
  }

  @Nullable ShadowRoot previous(int index) {
    return previous[index];
  }

  void setCurrent(ShadowRoot root) {
    current = root;
  }

  /** Takes the current root out. */
  @Nullable ShadowRoot takeCurrent() {
    ShadowRoot taken = current;
    current = null;
    return taken;
  }

  /** Takes a previous root out. */
  @Nullable ShadowRoot takePrevious(int index) {
    ShadowRoot taken = previous[index];
    previous[index] = null;
    return taken;
  }

  /**
   * Looks for a root. If it is there, it is the current one now, and the others have moved on. If
   * not, all have, and the least recent is in the current one's place, to be taken out.
   */
  boolean find(long pgd, int role) {
    if (current == null) {
      return findWithoutCurrent(pgd, role);
    }
    if (isUsable(current, pgd, role)) {
      return true;
    }
    for (int i = 0; i < kept; i++) {
      ShadowRoot older = previous[i];
      previous[i] = current;
      current = older;
      if (isUsable(older, pgd, role)) {
        return true;
      }
    }
    return false;
  }

  private boolean findWithoutCurrent(long pgd, int role) {
    for (int i = 0; i < PREVIOUS; i++) {
      if (isUsable(previous[i], pgd, role)) {
        current = previous[i];
        System.arraycopy(previous, i + 1, previous, i, PREVIOUS - 1 - i);
        previous[PREVIOUS - 1] = null;
        return true;
      }
    }
    return false;
  }

  private boolean isUsable(@Nullable ShadowRoot root, long pgd, int role) {
    return root != null
        && isKept.test(root)
        && root.role() == role
        && (root.isDirect() || root.pgd() == pgd);
  }
}
