package dev.gnomon.mmu.dirty;

import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.slot.Memslot;

/**
 * What a dirty log asks of the MMUs under it: that the next write to a page be noticed. All are called
 * under the MMU lock for writing, and flush nothing.
 */
public interface LogProtection {

  /**
   * Protects single pages: clears W, or D where the processor logs D.
   *
   * @param firstOffset a page's offset in the slot, the page of bit 0
   * @param pages a bit for each of 64 pages
   * @return whether any entry changed
   */
  boolean protect(Cpu cpu, Memslot slot, long firstOffset, long pages);
}
