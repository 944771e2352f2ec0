package dev.gnomon.mmu.dirty;

import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.slot.Memslot;

/**
 * What a dirty log asks of the MMUs under it: that the next write to a page be noticed. All are
 * called under the MMU lock for writing, and flush nothing.
 */
public interface LogProtection {

  /** Begins to protect: to be called when the lock has been taken. */
  void begin(Cpu cpu);

  /** Ends what was begun: to be called before the lock is dropped, if only to yield. */
  void end(Cpu cpu);

  /**
   * Protects single pages: clears W, or D where the processor logs D. Between {@link #begin} and
   * {@link #end}.
   *
   * @param firstOffset a page's offset in the slot, the page of bit 0
   * @param pages a bit for each of 64 pages
   * @return whether any entry changed
   */
  boolean protect(Cpu cpu, Memslot slot, long firstOffset, long pages);

  /** The protection that two MMUs give side by side, this one first. */
  default LogProtection and(LogProtection other) {
    LogProtection first = this;
    return new LogProtection() {
      @Override
      public void begin(Cpu cpu) {
        first.begin(cpu);
        other.begin(cpu);
      }

      @Override
      public void end(Cpu cpu) {
        other.end(cpu);
        first.end(cpu);
      }

      @Override
      public boolean protect(Cpu cpu, Memslot slot, long firstOffset, long pages) {
        boolean hasChanged = first.protect(cpu, slot, firstOffset, pages);
        return other.protect(cpu, slot, firstOffset, pages) || hasChanged;
      }
    };
  }
}
