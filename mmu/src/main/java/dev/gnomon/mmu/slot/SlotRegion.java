package dev.gnomon.mmu.slot;

/**
 * What the VMM asks for: a memslot.
 *
 * @param id its number, from 0
 * @param baseGfn the first gfn
 * @param pages how many 4 KiB pages
 * @param baseHvn the host-virtual frame behind the first gfn
 * @param isReadOnly whether guest writes leave to the VMM
 */
public record SlotRegion(int id, long baseGfn, long pages, long baseHvn, boolean isReadOnly) {
  public SlotRegion {
    if (id < 0 || baseGfn < 0 || pages <= 0 || baseHvn < 0) {
      throw new IllegalArgumentException(
          "not a memslot: id " + id + ", gfn " + baseGfn + ", pages " + pages + ", hvn " + baseHvn);
    }
  }
}
