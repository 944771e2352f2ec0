package dev.gnomon.mmu.slot;

import dev.gnomon.mmu.arch.PageLevel;
import dev.gnomon.mmu.platform.Platform;
import dev.gnomon.mmu.platform.SharedWords;
import org.jspecify.annotations.Nullable;

/**
 * A range of gfns backed by host memory. Immutable but for what hangs on it: the dirty bitmap, the
 * write-tracking counts, the reverse map (all in port words) and the large-page counts (under the
 * MMU lock). A change of flags or place makes a new object that shares them.
 */
public final class Memslot {
  private static final int PAGES_PER_WORD = 64;

  private final int id;
  private final long baseGfn;
  private final long pages;
  private final long baseHvn;
  private final boolean isReadOnly;
  private final boolean isDirtyLogged;
  private final boolean isInvalid;
  private final @Nullable SharedWords dirtyBitmap;
  private final @Nullable TrackedWrites trackedWrites;
  private final LargePageCounts largePages;
  private final @Nullable ReverseMapHeads reverseMap;

  private Memslot(
      int id,
      long baseGfn,
      long pages,
      long baseHvn,
      boolean isReadOnly,
      boolean isDirtyLogged,
      boolean isInvalid,
      @Nullable SharedWords dirtyBitmap,
      @Nullable TrackedWrites trackedWrites,
      LargePageCounts largePages,
      @Nullable ReverseMapHeads reverseMap) {
    this.id = id;
    this.baseGfn = baseGfn;
    this.pages = pages;
    this.baseHvn = baseHvn;
    this.isReadOnly = isReadOnly;
    this.isDirtyLogged = isDirtyLogged;
    this.isInvalid = isInvalid;
    this.dirtyBitmap = dirtyBitmap;
    this.trackedWrites = trackedWrites;
    this.largePages = largePages;
    this.reverseMap = reverseMap;
  }

  /** A new slot, not dirty-logged, mapped as {@code region} says. */
  static Memslot of(
      Platform platform, SlotRegion region, boolean writeTracking, boolean reverseMap) {
    return new Memslot(
        region.id(),
        region.baseGfn(),
        region.pages(),
        region.baseHvn(),
        region.isReadOnly(),
        false,
        false,
        null,
        writeTracking ? new TrackedWrites(platform, region.pages()) : null,
        new LargePageCounts(region.baseGfn(), region.pages(), region.baseHvn()),
        reverseMap ? new ReverseMapHeads(platform, region.baseGfn(), region.pages()) : null);
  }

  /** This slot with dirty logging on, over a fresh bitmap; {@code hasBitmap} is false for rings. */
  Memslot dirtyLogged(Platform platform, boolean hasBitmap) {
    int words = Math.toIntExact((pages + PAGES_PER_WORD - 1) / PAGES_PER_WORD);
    return new Memslot(
        id,
        baseGfn,
        pages,
        baseHvn,
        isReadOnly,
        true,
        false,
        hasBitmap ? platform.newWords(words) : null,
        trackedWrites,
        largePages,
        reverseMap);
  }

  /** This slot without dirty logging. */
  Memslot notDirtyLogged() {
    return new Memslot(
        id,
        baseGfn,
        pages,
        baseHvn,
        isReadOnly,
        false,
        false,
        null,
        trackedWrites,
        largePages,
        reverseMap);
  }

  /** This slot on its way out: no fault may use it any more. */
  Memslot invalid() {
    return new Memslot(
        id,
        baseGfn,
        pages,
        baseHvn,
        isReadOnly,
        isDirtyLogged,
        true,
        dirtyBitmap,
        trackedWrites,
        largePages,
        reverseMap);
  }

  public int id() {
    return id;
  }

  /** The first gfn. */
  public long baseGfn() {
    return baseGfn;
  }

  /** The number of 4 KiB pages. */
  public long pages() {
    return pages;
  }

  /** The gfn after the last. */
  public long endGfn() {
    return baseGfn + pages;
  }

  /** The host-virtual frame behind the first gfn. */
  public long baseHvn() {
    return baseHvn;
  }

  public boolean isReadOnly() {
    return isReadOnly;
  }

  /** Whether writes are reported. */
  public boolean isDirtyLogged() {
    return isDirtyLogged;
  }

  /** Whether the slot is being deleted or moved: a fault in it is retried. */
  public boolean isInvalid() {
    return isInvalid;
  }

  /** Whether a gfn lies in this slot. */
  public boolean contains(long gfn) {
    return gfn >= baseGfn && gfn < baseGfn + pages;
  }

  /** The host-virtual frame behind a gfn of this slot. */
  public long hvn(long gfn) {
    return baseHvn + (gfn - baseGfn);
  }

  /** The gfn in front of a host-virtual frame of this slot. */
  public long gfnOfHvn(long hvn) {
    return baseGfn + (hvn - baseHvn);
  }

  /** One bit a page, from {@link #baseGfn}; null when not logged, or logged to rings. */
  public @Nullable SharedWords dirtyBitmap() {
    return dirtyBitmap;
  }

  /** How often each gfn is write-tracked; null where the VM has no write tracking. */
  public @Nullable TrackedWrites trackedWrites() {
    return trackedWrites;
  }

  /** Which entries of the shadow MMU map each page; null where that maps nothing. */
  public @Nullable ReverseMapHeads reverseMap() {
    return reverseMap;
  }

  /** Where large pages are forbidden. */
  public LargePageCounts largePages() {
    return largePages;
  }

  /** Whether the page of {@code level} around {@code gfn} lies wholly in this slot. */
  public boolean holdsPage(long gfn, int level) {
    long first = PageLevel.alignDown(gfn, level);
    return first >= baseGfn && first + PageLevel.frames(level) <= baseGfn + pages;
  }

  @Override
  public String toString() {
    return "slot "
        + id
        + " [gfn "
        + Long.toHexString(baseGfn)
        + " + "
        + Long.toHexString(pages)
        + (isReadOnly ? ", read-only" : "")
        + (isDirtyLogged ? ", dirty-logged" : "")
        + (isInvalid ? ", invalid" : "")
        + "]";
  }
}
