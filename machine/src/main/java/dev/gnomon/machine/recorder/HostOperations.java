package dev.gnomon.machine.recorder;

import dev.gnomon.machine.VirtualMachine;
import dev.gnomon.machine.x86.CpuState;
import dev.gnomon.machine.x86.X86Cpu;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.PhysicalMemory;
import java.util.Arrays;
import java.util.function.LongConsumer;

/**
 * The host operations that a guest of the recorder's machine asks for: eax says which, ebx and ecx
 * are its arguments. Each is marked in the trace, and prints what came of it.
 *
 * <p>What Linux's own memory manager does for an operation, in which order it calls the notifiers
 * and how often, is taken from the recording ({@link Notification}); their effects are ours.
 */
final class HostOperations {
  private static final int PAGE = PhysicalMemory.FRAME_SIZE;
  private static final long INITIALLY_SET = 2;
  private static final int PAGES_PER_WORD = 64;

  private final VirtualMachine vm;
  private final Cpu cpu;
  private final GuestSlots slots;
  private final Output output;
  private final RecordedNotifications recorded;
  private final boolean hasRings;

  HostOperations(
      VirtualMachine vm,
      GuestSlots slots,
      Output output,
      RecordedNotifications recorded,
      boolean hasRings) {
    this.vm = vm;
    this.slots = slots;
    this.output = output;
    this.recorded = recorded;
    this.hasRings = hasRings;
    cpu = vm.hostCpu(0);
  }

  /**
   * Does one.
   *
   * @param operation what the guest put in eax
   * @return false if there is none of that number
   */
  boolean perform(X86Cpu guest, int operation) {
    long b = guest.state().gpr[CpuState.RBX];
    long c = guest.state().gpr[CpuState.RCX];
    int id = (int) b & GuestSlots.COUNT - 1;
    switch (operation) {
      case 0 -> output.mark("mark %x %x".formatted(b, c));
      case 1 -> {
        output.mark("get_dirty_log slot %d".formatted((int) b));
        getDirtyLog(id);
      }
      case 2 -> {
        output.mark("slot %d flags %x".formatted((int) b, c));
        slots.setFlags(id, c);
      }
      case 3 -> {
        output.mark("clear_dirty gpa %x n %x".formatted(b, c));
        clearDirtyLog(slots.holding(b), b, (int) c);
      }
      case 4 -> {
        notified("madv_dontneed", b, c);
        clear(b, c);
      }
      case 5 -> notified("madv_pageout", b, c);
      case 6 -> notified("madv_cold", b, c);
      case 7 -> {
        notified("idle_mark", b, c);
        output.line("IDLE set gfn %x n %d".formatted(PhysicalMemory.pfn(b), (int) c));
      }
      case 8 -> readIdle(b, c);
      case 9 -> {
        output.mark("slot delete %d".formatted((int) b));
        slots.delete(id);
      }
      case 10 -> {
        output.mark("slot add %d gpa %x".formatted((int) b, c));
        slots.place(id, c);
      }
      case 11 -> {
        notified("mprotect_ro", b, c);
        protect(b, c, false);
      }
      case 12 -> {
        notified("mprotect_rw", b, c);
        protect(b, c, true);
      }
      case 13 -> notified("collapse", b, c);
      case 14 -> {
        output.mark("lru_gen %x".formatted(b));
        recorded.replay(this::notify);
        output.line(
            "LRU_GEN %s ok"
                .formatted(
                    b == 0
                        ? "+ 0 0 %d 1 1".formatted((int) c)
                        : "- 0 0 %d 200 4096".formatted((int) c)));
      }
      case 15 -> {
        output.mark("shrink (drop_caches 2)");
        recorded.replay(this::notify);
      }
      case 16 -> {
        output.mark("manual_dirty_log %x".formatted(b));
        vm.mmu().dirtyLog().setManualProtect(cpu, b != 0, (b & INITIALLY_SET) != 0);
      }
      case 17 -> {
        output.mark("clear_refs (soft aging) %x".formatted(b));
        recorded.replay(this::notify);
      }
      case 18 -> {
        output.mark("host_write gpa %x val %x".formatted(b, c));
        recorded.replay(this::notify);
        slots.write(b, c, 4);
      }
      case 19 -> {
        output.mark("memcg reclaim %x pages".formatted(b));
        recorded.replay(this::notify);
      }
      case 20 -> output.mark("set_nr_mmu_pages %x".formatted(b));
      case 21 -> {
        output.mark("dirty ring harvest");
        harvest();
      }
      case 22 -> notified("madv_free", b, c);
      case 23 -> {
        notified("remap anon", b, c);
        clear(b, c);
      }
      default -> {
        output.line("bad hostop " + operation);
        return false;
      }
    }
    return true;
  }

  /** The bits of a slot's dirty log, also where it is not logged. */
  void getDirtyLog(int id) {
    String error = logError(id);
    StringBuilder line =
        new StringBuilder(
            "DIRTY slot %d rc %d %s gfns:".formatted(id, error.isEmpty() ? 0 : -1, error));
    if (error.isEmpty()) {
      long pages = slots.pages(id);
      long[] bitmap = new long[(int) ((pages + PAGES_PER_WORD - 1) / PAGES_PER_WORD)];
      vm.mmu().dirtyLog().get(cpu, id, bitmap);
      for (long page = 0; page < pages; page++) {
        if ((bitmap[(int) (page / PAGES_PER_WORD)] >>> page & 1) != 0) {
          line.append(' ').append(Long.toHexString(slots.baseGfn(id) + page));
        }
      }
    }
    output.line(line.toString());
  }

  private String logError(int id) {
    if (hasRings) {
      return "No such device or address";
    }
    return slots.isUsed(id) && slots.isLogged(id) ? "" : "No such file or directory";
  }

  private void clearDirtyLog(int id, long gpa, int pages) {
    long first = PhysicalMemory.pfn(gpa) - slots.baseGfn(id);
    boolean isWhole = pages % PAGES_PER_WORD == 0 || first + pages == slots.pages(id);
    boolean isRange = first % PAGES_PER_WORD == 0 && isWhole && first + pages <= slots.pages(id);
    boolean isCleared = logError(id).isEmpty() && isRange;
    if (isCleared) {
      long[] bitmap = new long[(pages + PAGES_PER_WORD - 1) / PAGES_PER_WORD];
      Arrays.fill(bitmap, -1L);
      vm.mmu().dirtyLog().clear(cpu, id, first, pages, bitmap);
    }
    output.line(
        "CLEAR slot %d first %x n %x rc %d".formatted(id, first, pages, isCleared ? 0 : -1));
  }

  private void harvest() {
    int vcpus = vm.config().mmu().vcpus();
    StringBuilder[] lines = new StringBuilder[vcpus];
    for (int vcpu = 0; vcpu < vcpus; vcpu++) {
      int ring = vcpu;
      lines[vcpu] = new StringBuilder("RING vcpu %d:".formatted(vcpu));
      vm.mmu()
          .dirtyLog()
          .look(ring, (slot, offset) -> lines[ring].append(" %x:%x".formatted(slot, offset)));
    }
    long taken = vm.mmu().dirtyLog().harvest(cpu, (slot, offset) -> {});
    for (StringBuilder line : lines) {
      output.line(line.toString());
    }
    output.line("RING reset " + taken);
  }

  private void notified(String operation, long gpa, long pages) {
    output.mark("%s gpa %x n %x".formatted(operation, gpa, pages));
    recorded.replay(this::notify);
  }

  /** Tells the MMU; whether it was young, where that was asked. */
  private boolean notify(Notification notification) {
    long first = slots.hvn(notification.firstGpa());
    long end = first + (notification.endGpa() - notification.firstGpa()) / PAGE;
    if (first < 0) {
      return false;
    }
    return switch (notification.kind()) {
      case UNMAP -> {
        vm.mmu().notifier().invalidateStart(cpu, first, end);
        vm.mmu().notifier().invalidateEnd(cpu, first, end);
        yield false;
      }
      case AGE -> vm.mmu().notifier().clearYoung(cpu, first, end);
      case TEST -> vm.mmu().notifier().testYoung(cpu, first, end);
    };
  }

  private void readIdle(long gpa, long pages) {
    output.mark("idle_read gpa %x n %x".formatted(gpa, pages));
    boolean[] isYoung = new boolean[(int) pages];
    recorded.replay(
        notification -> {
          boolean answer = notify(notification);
          int page = (int) ((notification.firstGpa() - gpa) / PAGE);
          if (page >= 0 && page < pages) {
            isYoung[page] |= answer;
          }
          return answer;
        });
    StringBuilder line =
        new StringBuilder(
            "IDLE get gfn %x n %d young:".formatted(PhysicalMemory.pfn(gpa), (int) pages));
    for (int page = 0; page < pages; page++) {
      if (isYoung[page]) {
        line.append(' ').append(Long.toHexString(PhysicalMemory.pfn(gpa) + page));
      }
    }
    output.line(line.toString());
  }

  private void clear(long gpa, long pages) {
    forEachPage(gpa, pages, slots::clearPage);
  }

  private void protect(long gpa, long pages, boolean isWritable) {
    forEachPage(gpa, pages, at -> vm.hostSpace().protect(cpu, slots.hvn(at), 1, isWritable));
  }

  private void forEachPage(long gpa, long pages, LongConsumer action) {
    for (long page = 0; page < pages && slots.hvn(gpa + page * PAGE) >= 0; page++) {
      action.accept(gpa + page * PAGE);
    }
  }
}
