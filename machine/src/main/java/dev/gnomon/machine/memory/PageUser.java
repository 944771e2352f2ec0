package dev.gnomon.machine.memory;

import dev.gnomon.mmu.platform.Cpu;

/**
 * Who maps an address space's pages in tables of its own, as the host's memory manager sees it: the
 * MMU's notifier. Ranges are of host-virtual frames, the end not included; they may reach beyond
 * what is mapped. Any CPU may call, several at once, holding no lock.
 */
public interface PageUser {

  /** For an address space whose pages no one else maps. */
  PageUser NOBODY =
      new PageUser() {
        @Override
        public void invalidateStart(Cpu cpu, long firstHvn, long endHvn) {}

        @Override
        public void invalidateEnd(Cpu cpu, long firstHvn, long endHvn) {}

        @Override
        public boolean clearYoung(Cpu cpu, long firstHvn, long endHvn) {
          return false;
        }

        @Override
        public boolean testYoung(Cpu cpu, long firstHvn, long endHvn) {
          return false;
        }

        @Override
        public boolean reportsDirtWhenItForgets() {
          return false;
        }

        @Override
        public void flush(Cpu cpu) {}
      };

  /**
   * Forgets a range: unmaps it and flushes, having reported what was dirty. After the return no one
   * reaches the pages through the user's tables, and no answer that {@link
   * HostAddressSpace#resolve} gave is used, until the {@link #invalidateEnd} of this very range.
   */
  void invalidateStart(Cpu cpu, long firstHvn, long endHvn);

  /**
   * The range has changed; what is resolved from now on holds again, what was resolved before
   * never.
   */
  void invalidateEnd(Cpu cpu, long firstHvn, long endHvn);

  /** Whether a page of the range was used since this was last asked. */
  boolean clearYoung(Cpu cpu, long firstHvn, long endHvn);

  /** As {@link #clearYoung}, without clearing anything. */
  boolean testYoung(Cpu cpu, long firstHvn, long endHvn);

  /**
   * When the user says that a page is dirty: only when it forgets it, or takes write permission
   * away (true); or already when it maps it so that it can be written (false). In the first case a
   * page may be cleaned that is mapped again since it was forgotten, because what is written from
   * then on is still to be reported. In the second, never.
   */
  boolean reportsDirtWhenItForgets();

  /**
   * Drops every cached translation: what is written after the return is written through its tables.
   */
  void flush(Cpu cpu);
}
