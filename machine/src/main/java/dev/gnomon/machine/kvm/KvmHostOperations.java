package dev.gnomon.machine.kvm;

import dev.gnomon.machine.recorder.Output;
import dev.gnomon.mmu.platform.PhysicalMemory;
import java.util.List;

/**
 * The host operations that a guest of the recorder's machine asks for, on this host. Those that
 * would concern more than the guest (page idle tracking, reclaim, aging, protection of our own
 * memory) are refused.
 */
final class KvmHostOperations {
  private static final int ADVICE_FREE = 8;
  private static final int ADVICE_COLD = 20;
  private static final int ADVICE_PAGEOUT = 21;
  private static final int ADVICE_COLLAPSE = 25;
  private static final int ADVICE_DONTNEED = 4;
  private static final int PAGES_PER_WORD = 64;
  private static final String NO_MEMORY = "no memory there";

  private final SystemCalls calls;
  private final KvmVm vm;
  private final KvmSlots slots;
  private final List<KvmRing> rings;
  private final Output output;

  KvmHostOperations(
      SystemCalls calls, KvmVm vm, KvmSlots slots, List<KvmRing> rings, Output output) {
    this.calls = calls;
    this.vm = vm;
    this.slots = slots;
    this.rings = rings;
    this.output = output;
  }

  /**
   * Does one.
   *
   * @param operation what the guest put in eax
   * @param b its rbx
   * @param c its rcx
   * @return what is wrong, or an empty text
   */
  String perform(int operation, long b, long c) {
    int id = (int) b & KvmSlots.COUNT - 1;
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
      case 4 -> advise("madv_dontneed", b, c, ADVICE_DONTNEED);
      case 5 -> advise("madv_pageout", b, c, ADVICE_PAGEOUT);
      case 6 -> advise("madv_cold", b, c, ADVICE_COLD);
      case 9 -> {
        output.mark("slot delete %d".formatted((int) b));
        slots.delete(id);
      }
      case 10 -> {
        output.mark("slot add %d gpa %x".formatted((int) b, c));
        slots.place(id, c);
      }
      case 13 -> advise("collapse", b, c, ADVICE_COLLAPSE);
      case 16 -> {
        output.mark("manual_dirty_log %x".formatted(b));
        say("enable_cap", vm.enable(KvmRequests.CAPABILITY_MANUAL_PROTECT, b));
      }
      case 18 -> {
        output.mark("host_write gpa %x val %x".formatted(b, c));
        if (!slots.write(b, c, Integer.BYTES)) {
          output.line("host_write: " + NO_MEMORY);
        }
      }
      case 20 -> {
        output.mark("set_nr_mmu_pages %x".formatted(b));
        say("set_nr_mmu_pages", vm.setTablePages(b));
      }
      case 21 -> {
        output.mark("dirty ring harvest");
        harvest();
      }
      case 22 -> advise("madv_free", b, c, ADVICE_FREE);
      case 23 -> replace(b, c);
      case 7, 8, 11, 12, 14, 15, 17, 19 -> {
        return "host operation %d is not done under the host's KVM".formatted(operation);
      }
      default -> {
        output.line("bad hostop " + operation);
        return "there is no host operation " + Integer.toUnsignedString(operation);
      }
    }
    return "";
  }

  /** Prints the bits of a slot's dirty log. */
  void getDirtyLog(int id) {
    long pages = slots.pages(id);
    // KVM writes as many words as the slot has.
    long[] bitmap = new long[(int) Math.ceilDiv(pages, PAGES_PER_WORD) + 1];
    int result = vm.dirtyLog(id, bitmap);
    StringBuilder line =
        new StringBuilder(
            "DIRTY slot %d rc %d %s gfns:"
                .formatted(id, result < 0 ? -1 : result, result < 0 ? calls.words(result) : ""));
    for (long page = 0; page < pages; page++) {
      if ((bitmap[(int) (page / PAGES_PER_WORD)] >>> page & 1) != 0) {
        line.append(' ').append(Long.toHexString(slots.baseGfn(id) + page));
      }
    }
    output.line(line.toString());
  }

  private void clearDirtyLog(int id, long gpa, int pages) {
    long first = PhysicalMemory.pfn(gpa) - slots.baseGfn(id);
    int result = vm.clearDirtyLog(id, first, pages, slots.pages(id));
    output.line(
        "CLEAR slot %d first %x n %x rc %d".formatted(id, first, pages, result < 0 ? -1 : result));
  }

  private void harvest() {
    for (int vcpu = 0; vcpu < rings.size(); vcpu++) {
      StringBuilder line = new StringBuilder("RING vcpu %d:".formatted(vcpu));
      rings.get(vcpu).harvest((slot, offset) -> line.append(" %x:%x".formatted(slot, offset)));
      output.line(line.toString());
    }
    int result = vm.resetDirtyRings();
    output.line("RING reset " + (result < 0 ? -1 : result));
  }

  private void advise(String operation, long gpa, long pages, int advice) {
    output.mark("%s gpa %x n %x".formatted(operation, gpa, pages));
    long address = slots.address(gpa, PhysicalMemory.hpa(pages));
    if (address < 0) {
      output.line("madvise: " + NO_MEMORY);
    } else {
      String name = advice == ADVICE_COLLAPSE ? "collapse" : "madvise";
      say(name, calls.advise(address, PhysicalMemory.hpa(pages), advice));
    }
  }

  private void replace(long gpa, long pages) {
    output.mark("remap anon gpa %x n %x".formatted(gpa, pages));
    long address = slots.address(gpa, PhysicalMemory.hpa(pages));
    if (address < 0) {
      output.line("mmap: " + NO_MEMORY);
    } else {
      long result = calls.replace(address, PhysicalMemory.hpa(pages));
      say("mmap", result < 0 ? (int) result : 0);
    }
  }

  private void say(String call, int result) {
    if (result < 0) {
      output.line(call + ": " + calls.words(result));
    }
  }
}
