package dev.gnomon.machine.guest;

import dev.gnomon.machine.processor.Vcpu;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * What a process does besides playing its trace, at the beginning of a time slice. Which of it, and
 * to which pages, is decided by the guest's seed, the process's number and that of the slice.
 *
 * <p>A child lives for as many records as its parent had at hand. A process has one child at a
 * time.
 */
final class Chores {
  /** A chore in so many slices, of those that a feature could ask for. */
  private static final int CHOICES = 8;

  private static final int MOST_PROTECTED = 12;
  private static final int PAGES_CHECKED = 4;

  /** A guest with less than this part of its memory untouched forks no more. */
  private static final int RESERVE_FRACTION = 8;

  private final GuestConfig config;
  private final GuestKernel kernel;
  private final int sharedPages;
  private final long frames;

  Chores(GuestConfig config, GuestKernel kernel, int sharedPages, long frames) {
    this.config = config;
    this.kernel = kernel;
    this.sharedPages = sharedPages;
    this.frames = frames;
  }

  /**
   * Does what there is to do, in guest mode, with the process's tables loaded.
   *
   * @param mayFork whether the process has no child
   * @return a child, or null
   */
  @Nullable GuestProcess perform(Vcpu vcpu, GuestProcess process, boolean mayFork) {
    if (config.features().isEmpty()) {
      return null;
    }
    SplittableRandom random = random(process);
    SpaceChanges changes = kernel.changes();
    switch (random.nextInt(CHOICES)) {
      case 0, 1 -> {
        return mayFork ? fork(vcpu, process, random) : null;
      }
      case 2 -> unmap(vcpu, changes, process, random);
      case 3 -> unmapTable(vcpu, changes, process, random);
      case 4, 5 -> protect(vcpu, changes, process, random);
      case 6 -> movePage(vcpu, changes, process, random);
      default -> moveShared(vcpu, changes, process, random);
    }
    return null;
  }

  /** Whether pages that processes share are moved under them. */
  boolean movesPages() {
    return config.has(GuestFeature.MOVE);
  }

  private SplittableRandom random(GuestProcess process) {
    long mixed = config.seed() * 31 + process.id();
    return new SplittableRandom(mixed * 0x9e37_79b9_7f4a_7c15L + process.slices());
  }

  private @Nullable GuestProcess fork(Vcpu vcpu, GuestProcess process, SplittableRandom random) {
    if (!config.has(GuestFeature.FORK)
        || kernel.memory().pool().untouched(vcpu) < frames / RESERVE_FRACTION) {
      return null;
    }
    long cr3 = kernel.spaces().fork(vcpu, process.space());
    return process.fork(kernel.spaceOf(cr3), random.nextLong());
  }

  private void unmap(
      Vcpu vcpu, SpaceChanges changes, GuestProcess process, SplittableRandom random) {
    Leaf leaf = some(GuestFeature.MUNMAP, vcpu, changes, process, random);
    if (leaf != null) {
      long gva = leaf.gva() + (random.nextLong(leaf.bytes()) & -1L << 12);
      changes.unmapPage(vcpu, process.space(), gva);
      process.unmapped(gva, 1 << 12);
    }
  }

  private void unmapTable(
      Vcpu vcpu, SpaceChanges changes, GuestProcess process, SplittableRandom random) {
    Leaf leaf = some(GuestFeature.MUNMAP, vcpu, changes, process, random);
    if (leaf != null) {
      long from = changes.unmapTable(vcpu, process.space(), leaf.gva());
      if (from >= 0) {
        process.unmapped(from, kernel.memory().tables().span(2));
      }
    }
  }

  private void protect(
      Vcpu vcpu, SpaceChanges changes, GuestProcess process, SplittableRandom random) {
    Leaf leaf = some(GuestFeature.MPROTECT, vcpu, changes, process, random);
    if (leaf != null) {
      int most = 1 + random.nextInt(MOST_PROTECTED);
      changes.protect(vcpu, process.space(), leaf.gva(), process.region().end(), most);
    }
  }

  private void movePage(
      Vcpu vcpu, SpaceChanges changes, GuestProcess process, SplittableRandom random) {
    Leaf leaf = some(GuestFeature.MOVE, vcpu, changes, process, random);
    if (leaf != null) {
      changes.movePage(vcpu, process.space(), leaf.gva());
    }
  }

  private void moveShared(
      Vcpu vcpu, SpaceChanges changes, GuestProcess process, SplittableRandom random) {
    if (config.has(GuestFeature.MOVE) && sharedPages > 0) {
      long gva = kernel.sharedPage(random.nextInt(sharedPages));
      changes.moveSharedPage(vcpu, process.space(), gva);
    }
  }

  private @Nullable Leaf some(
      GuestFeature feature,
      Vcpu vcpu,
      SpaceChanges changes,
      GuestProcess process,
      SplittableRandom random) {
    return config.has(feature)
        ? changes.someLeaf(vcpu, process.space(), process.region(), random)
        : null;
  }

  // --- the end of a child ---

  /** What a child does last: it looks whether some of its pages are as it left them. */
  void lastLook(Vcpu vcpu, GuestProcess child) {
    Verifier verifier = child.verifier();
    if (verifier != null) {
      verifier.sweepSome(vcpu, PAGES_CHECKED, random(child));
    }
  }

  /** Takes a child's space apart. In guest mode, with the kernel's own tables loaded. */
  void bury(Vcpu vcpu, GuestProcess child) {
    kernel.spaces().destroy(vcpu, child.space());
  }
}
