package dev.gnomon.mmu.spte;

import dev.gnomon.mmu.config.TdpKind;

/**
 * The mark of a gfn that no memslot backs: not shadow-present, and made so that the processor
 * reports a reserved bit (EPT: a misconfiguration, W and X without R), so that the next access is
 * known for MMIO without a look at the slots.
 *
 * <p>It carries the gfn, the access, and 19 bits of the memslots' generation: 8 in bits 10:3 and 11
 * in bits 62:52. A generation that is not the current one makes the mark stale.
 */
public final class MmioSpte {
  /** The bits of a generation that fit. */
  public static final long GENERATION_MASK = (1L << 19) - 1;

  private static final int LOW_SHIFT = 3;
  private static final long LOW_BITS = 0xff;
  private static final int HIGH_SHIFT = 52;
  private static final long HIGH_BITS = 0x7ff;
  private static final int LOW_COUNT = 8;

  private static final long EPT_VALUE = 6;
  private static final long EPT_MASK = 7 | 1L << 63;
  private static final long LEGACY_VALUE = 1L << 51 | 1;
  private static final long LEGACY_ACCESS = 6;

  private MmioSpte() {}

  /**
   * Whether marks can be made: not where the legacy format has no reserved address bit left, nor
   * for a gfn that would collide with it.
   */
  public static boolean isPossible(SpteFormat format, long gfn) {
    if (format.kind == TdpKind.EPT) {
      return gfn < 1L << 40;
    }
    return format.physicalAddressBits < 52 && gfn < 1L << 39;
  }

  /**
   * The mark for a gfn that may be accessed in any way, under a generation; {@code generation} is
   * cut to {@link #GENERATION_MASK}.
   */
  public static long make(SpteFormat format, long gfn, long generation) {
    return make(format, gfn, generation, (int) LEGACY_ACCESS);
  }

  /**
   * The mark for a gfn under a generation, and with those of write (2) and user (4) that {@code
   * access} has, where the format has room for them.
   */
  public static long make(SpteFormat format, long gfn, long generation, int access) {
    long low = (generation & LOW_BITS) << LOW_SHIFT;
    long high = (generation >>> LOW_COUNT & HIGH_BITS) << HIGH_SHIFT;
    long value = format.kind == TdpKind.EPT ? EPT_VALUE : LEGACY_VALUE | access & LEGACY_ACCESS;
    return value | gfn << 12 | low | high;
  }

  /** Whether an entry is such a mark. */
  public static boolean isMmio(SpteFormat format, long spte) {
    if (SpteFormat.isShadowPresent(spte)) {
      return false;
    }
    if (format.kind == TdpKind.EPT) {
      return (spte & EPT_MASK) == EPT_VALUE;
    }
    return (spte & LEGACY_VALUE) == LEGACY_VALUE;
  }

  /** The gfn of a mark. */
  public static long gfn(SpteFormat format, long spte) {
    long address = spte & SpteFormat.ADDRESS_MASK;
    return (format.kind == TdpKind.EPT ? address : address & ~(1L << 51)) >>> 12;
  }

  /** The low three bits of a mark, as {@code mark_mmio_spte} reports the access. */
  public static int bits(long spte) {
    return (int) spte & 7;
  }

  /** The access that a mark bears: write and user, or 0 where the format has no room for it. */
  public static int access(SpteFormat format, long spte) {
    return format.kind == TdpKind.EPT ? 0 : (int) (spte & LEGACY_ACCESS);
  }

  /** The generation of a mark, 19 bits. */
  public static long generation(long spte) {
    return spte >>> LOW_SHIFT & LOW_BITS | (spte >>> HIGH_SHIFT & HIGH_BITS) << LOW_COUNT;
  }
}
