package dev.gnomon.cli.stress;

import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.HostPages;
import dev.gnomon.mmu.platform.PhysicalMemory;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/** What a consumer of the dirty log has: a copy of each page as of its last report. */
final class PageCopies {
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private final Cpu cpu;
  private final StressVm stress;
  private final Pages pages;
  private final byte[][] copies;

  PageCopies(Cpu cpu, StressVm stress, Pages pages) {
    this.cpu = cpu;
    this.stress = stress;
    this.pages = pages;
    copies = new byte[pages.count()][PhysicalMemory.FRAME_SIZE];
  }

  void copyAll() {
    for (int page = 0; page < copies.length; page++) {
      read(page, copies[page]);
    }
  }

  /** Copies the pages that a bitmap reports. */
  void copyReported(long[] bitmap) {
    for (int page = 0; page < copies.length; page++) {
      int gfn = (int) PhysicalMemory.pfn(pages.gpa(page));
      if ((bitmap[gfn >>> 6] & 1L << gfn) != 0) {
        read(page, copies[page]);
      }
    }
  }

  /** Compares all copies with memory: the first that differs is a loss. */
  void compare() {
    byte[] now = new byte[PhysicalMemory.FRAME_SIZE];
    for (int page = 0; page < copies.length; page++) {
      read(page, now);
      int at = Arrays.mismatch(now, copies[page]);
      if (at >= 0) {
        stress.lost(
            new Loss(
                pages.gpa(page) + at,
                "written at %#x, and never reported".formatted(pages.gpa(page) + at)));
      }
    }
  }

  /** Waits; what is written to a page meanwhile must have been seen by its write tracker. */
  void expectSeenWrites(int page, SeenWrites seen, Runnable wait) {
    byte[] before = copies[page];
    read(page, before);
    wait.run();
    long hvn = stress.hvn(pages.gpa(page));
    long frame = PhysicalMemory.hpa(HostPages.pfn(stress.vm().hostSpace().pin(cpu, hvn, false)));
    for (int at = 0; at < before.length; at += Long.BYTES) {
      long value = stress.memory().getLong(frame + at);
      long gpa = pages.gpa(page) + at;
      if (value != (long) LONG.get(before, at)
          && !seen.contains(gpa, value)
          // Else it was written again while we looked.
          && value == stress.memory().getLong(frame + at)) {
        stress.lost(
            new Loss(
                gpa, "write-tracked, and %#x was written at %#x unseen".formatted(value, gpa)));
      }
    }
    stress.vm().hostSpace().unpin(cpu, hvn, false);
  }

  private void read(int page, byte[] into) {
    long hvn = stress.hvn(pages.gpa(page));
    long pfn = HostPages.pfn(stress.vm().hostSpace().pin(cpu, hvn, false));
    stress.memory().read(PhysicalMemory.hpa(pfn), into, 0, into.length);
    stress.vm().hostSpace().unpin(cpu, hvn, false);
  }
}
