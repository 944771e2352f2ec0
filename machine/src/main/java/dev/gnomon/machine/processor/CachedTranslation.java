package dev.gnomon.machine.processor;

import dev.gnomon.mmu.arch.GuestEntry;

/**
 * Something that a processor keeps of earlier walks, for one who looks on.
 *
 * @param cache where it is kept
 * @param address of the page that it translates, gva or gpa; of a table, the first address that it
 *     serves
 * @param hpa where the page, or the table, lies; of a guest's table, a gpa
 * @param level of the page (1: 4 KiB); of a table, that of the entry which led to it
 * @param rights what it allows: {@code RW- D}, with D where a write needs no walk and G where it is
 *     global; empty for a table
 */
public record CachedTranslation(Cache cache, long address, long hpa, int level, String rights) {

  /** The kinds of caches. */
  public enum Cache {
    /** gva to hpa. */
    TLB,
    /** gpa to hpa, within walks. */
    NESTED_TLB,
    /** From gpa to a table of the MMU's. */
    NESTED_TABLES,
    /** From gva to a table of the guest's. */
    GUEST_TABLES
  }

  /** An entry of a TLB. */
  static CachedTranslation of(Cache cache, long address, long translation) {
    long guest = Translation.guestRights(translation);
    long refused =
        ((guest & GuestEntry.WRITABLE) != 0 ? 0 : Translation.WRITE)
            | ((guest & GuestEntry.NO_EXECUTE) == 0 ? 0 : Translation.EXECUTE);
    long supervisor = translation & Translation.ALL & ~refused;
    boolean isUsers = (guest & GuestEntry.USER) != 0;
    StringBuilder rights = new StringBuilder(letters(supervisor));
    if (cache == Cache.TLB && !isUsers && supervisor != 0) {
      rights.append(" user ").append(letters(0));
    }
    rights.append((translation & Translation.DIRTY) != 0 ? " D" : "");
    rights.append((translation & Translation.GLOBAL) != 0 ? " G" : "");
    return new CachedTranslation(
        cache,
        address,
        Translation.page(translation),
        Translation.level(translation),
        rights.toString());
  }

  private static String letters(long rights) {
    return ((rights & Translation.READ) != 0 ? "R" : "-")
        + ((rights & Translation.WRITE) != 0 ? "W" : "-")
        + ((rights & Translation.EXECUTE) != 0 ? "X" : "-");
  }
}
