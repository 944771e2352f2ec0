package dev.gnomon.machine.device;

import dev.gnomon.machine.image.GuestImage;
import dev.gnomon.machine.image.ImageLoader;
import dev.gnomon.machine.x86.CpuState;
import dev.gnomon.machine.x86.Segment;
import java.util.Arrays;

/** The registers with which a vCPU starts. None of them is loaded while the vCPU runs. */
final class StartState {
  private static final int READ_WRITE = Segment.PRESENT | Segment.NON_SYSTEM | 3;
  private static final int EXECUTE_READ = READ_WRITE | Segment.CODE;
  private static final int FLAT = Segment.BIG | Segment.GRANULAR;

  /** Selectors that no descriptor table stands behind yet. */
  private static final int FLAT_CODE = 0x08;

  private static final int FLAT_DATA = 0x10;
  private static final int REAL_MODE_LIMIT = 0xffff;
  private static final int FLAT_LIMIT = -1;
  private static final long RESET_CR0 = 0x6000_0010L;
  private static final long CACHE_BITS = 0x6000_0000L;
  private static final long CACHED_CR0 = 0x10;

  private StartState() {}

  /** INIT (Intel SDM 3A, table 10-1): as reset, but caches, XMM registers and most MSRs stay. */
  static void afterInit(CpuState state) {
    CpuState reset = CpuState.reset();
    System.arraycopy(reset.gpr, 0, state.gpr, 0, state.gpr.length);
    for (int i = 0; i < state.segments.length; i++) {
      copy(reset.segments[i], state.segments[i]);
    }
    copy(reset.ldtr, state.ldtr);
    copy(reset.tr, state.tr);
    state.gdtr.load(0, REAL_MODE_LIMIT);
    state.idtr.load(0, REAL_MODE_LIMIT);
    System.arraycopy(reset.dr, 0, state.dr, 0, state.dr.length);
    state.rip = reset.rip;
    state.setRflags(0);
    state.cr0 = RESET_CR0 & ~CACHE_BITS | state.cr0 & CACHE_BITS;
    state.cr2 = 0;
    state.cr3 = 0;
    state.cr4 = 0;
    state.cr8 = 0;
    state.efer = 0;
    state.cpl = 0;
    state.isNmiBlocked = false;
  }

  private static void copy(Segment from, Segment to) {
    to.load(from.selector(), from.base(), from.limit(), from.attributes());
  }

  /** A start-up interrupt: real mode at the start of page {@code vector} (3A, 9.4.3). */
  static void atStartUp(CpuState state, int vector) {
    state.segments[CpuState.CS].load(
        vector << 8, (long) vector << 12, REAL_MODE_LIMIT, EXECUTE_READ);
    state.rip = 0;
  }

  /**
   * As an image wants it.
   *
   * @param information the gpa of what a multiboot loader tells the image
   */
  static void of(CpuState state, GuestImage image, long information) {
    switch (image.mode()) {
      case REAL -> real(state, image.entry());
      case FLAT32 -> flat32(state, image.entry());
      case MULTIBOOT -> {
        flat32(state, image.entry());
        state.gpr[CpuState.RAX] = ImageLoader.MULTIBOOT_MAGIC;
        state.gpr[CpuState.RBX] = information;
      }
    }
  }

  /** Real mode at an address below 1 MiB. */
  private static void real(CpuState state, long entry) {
    clear(state);
    long base = entry & 0xf_0000;
    state.segments[CpuState.CS].load((int) (base >>> 4), base, REAL_MODE_LIMIT, EXECUTE_READ);
    state.rip = entry & 0xffff;
  }

  /** 32-bit protected mode with flat segments, no paging, interrupts off. */
  private static void flat32(CpuState state, long entry) {
    clear(state);
    for (Segment segment : state.segments) {
      segment.load(FLAT_DATA, 0, FLAT_LIMIT, READ_WRITE | FLAT);
    }
    state.segments[CpuState.CS].load(FLAT_CODE, 0, FLAT_LIMIT, EXECUTE_READ | FLAT);
    state.cr0 = CACHED_CR0 | CpuState.CR0_PE;
    state.rip = entry;
  }

  /** As firmware leaves it: caches on, nothing in the general registers. */
  private static void clear(CpuState state) {
    Arrays.fill(state.gpr, 0);
    state.cr0 = CACHED_CR0;
  }
}
