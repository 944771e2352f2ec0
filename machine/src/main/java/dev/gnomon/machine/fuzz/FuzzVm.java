package dev.gnomon.machine.fuzz;

import dev.gnomon.machine.VirtualMachine;
import dev.gnomon.machine.VmConfig;
import dev.gnomon.machine.memory.HostMemory;
import dev.gnomon.machine.memory.SwapSpace;
import dev.gnomon.machine.processor.TlbConfig;
import dev.gnomon.machine.processor.Vcpu;
import dev.gnomon.machine.thread.CpuThreads;
import dev.gnomon.machine.thread.ThreadPlatform;
import dev.gnomon.mmu.Rules;
import dev.gnomon.mmu.arch.ControlRegisters;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.HostPages;
import dev.gnomon.mmu.platform.PhysicalMemory;
import dev.gnomon.mmu.slot.SlotRegion;
import java.util.Arrays;

/**
 * A VM of one vCPU that is used for one script after the other: a slot of 2 MiB at 0 that stays,
 * and a small one that comes, goes and moves. Where guest memory lies on the host is known here.
 */
final class FuzzVm implements AutoCloseable {
  static final int LOW_PAGES = 512;
  static final int HIGH_PAGES = 64;
  static final int PAGES = LOW_PAGES + HIGH_PAGES;
  static final int NOWHERE = -1;
  private static final long[] PLACES = {0x400, 0x500};
  private static final long FRAMES = 1L << 15;

  /** A page fault of the guest's. */
  static final class GuestFault extends RuntimeException {
    private static final long serialVersionUID = 1L;
    long gva;
    long code;

    GuestFault() {
      super(null, null, false, false);
    }
  }

  final VirtualMachine vm;
  final Vcpu vcpu;
  final Cpu host;
  final PhysicalMemory memory;
  private final HostMemory hostMemory;
  private final GuestFault fault = new GuestFault();
  private final long lowHvn;
  private final long highHvn;
  private long highGfn;

  FuzzVm(FuzzConfig config) {
    hostMemory = HostMemory.reserve(FRAMES);
    ThreadPlatform platform = new ThreadPlatform(hostMemory, 1 + VirtualMachine.HOST_CPUS, true);
    memory = platform.memory();
    VmConfig vmConfig =
        new VmConfig(
            config.mmu(), VmConfig.MINIMUM_MEMORY, config.hostPageLevel(), TlbConfig.SMALL);
    CpuThreads execution = new CpuThreads(platform);
    SwapSpace swap = new MemorySwap(memory);
    vm = VirtualMachine.withoutMemory(execution, swap, vmConfig, Rules.DEFAULTS);
    host = vm.hostCpu(0);
    lowHvn = vm.hostSpace().map(host, LOW_PAGES, config.hostPageLevel());
    highHvn = vm.hostSpace().map(host, HIGH_PAGES, 1);
    vm.mmu().slotChanges().add(host, new SlotRegion(0, 0, LOW_PAGES, lowHvn, false));
    highGfn = NOWHERE;
    place(0);
    vcpu =
        vm.newVcpu(
            0,
            (who, gva, code) -> {
              fault.gva = gva;
              fault.code = code;
              throw fault;
            });
  }

  // --- where memory is ---

  /** The page of memory at a gpa, or {@link #NOWHERE}. */
  int page(long gpa) {
    long gfn = gpa >>> PhysicalMemory.FRAME_SHIFT;
    if (gfn < LOW_PAGES) {
      return (int) gfn;
    }
    boolean isHigh = highGfn != NOWHERE && gfn >= highGfn && gfn < highGfn + HIGH_PAGES;
    return isHigh ? LOW_PAGES + (int) (gfn - highGfn) : NOWHERE;
  }

  /** The host-virtual frame of a page. */
  long hvn(int page) {
    return page < LOW_PAGES ? lowHvn + page : highHvn + page - LOW_PAGES;
  }

  /** Where a page lies now: an hpa, or -1 if it is not present. */
  long hpa(int page) {
    long present = vm.hostSpace().present(hvn(page));
    return present == HostPages.ABSENT ? -1 : PhysicalMemory.hpa(HostPages.pfn(present));
  }

  /** What a word of memory really holds; numbered as in {@link Mirror}. */
  long real(int word) {
    int page = word / Mirror.WORDS;
    long hpa = hpa(page);
    if (hpa < 0) {
      long pinned = vm.hostSpace().pin(host, hvn(page), false);
      hpa = PhysicalMemory.hpa(HostPages.pfn(pinned));
      vm.hostSpace().unpin(host, hvn(page), false);
    }
    return memory.getLong(hpa + 8L * (word % Mirror.WORDS));
  }

  // --- the second slot ---

  boolean isHighThere() {
    return highGfn != NOWHERE;
  }

  /** Adds it, or moves it. */
  void place(long which) {
    long gfn = PLACES[(int) (which & 1)];
    if (highGfn == NOWHERE) {
      vm.mmu().slotChanges().add(host, new SlotRegion(1, gfn, HIGH_PAGES, highHvn, false));
    } else if (highGfn != gfn) {
      vm.mmu().slotChanges().move(host, 1, gfn);
    }
    highGfn = gfn;
  }

  void delete() {
    if (highGfn != NOWHERE) {
      vm.mmu().slotChanges().delete(host, 1);
      highGfn = NOWHERE;
    }
  }

  /** The gfn of a page, or {@link #NOWHERE}. */
  long gfn(int page) {
    if (page < LOW_PAGES) {
      return page;
    }
    return highGfn == NOWHERE ? NOWHERE : highGfn + page - LOW_PAGES;
  }

  // --- from one script to the next ---

  /** The vCPU stops, and nothing is mapped. Outside the guest. */
  void clear(Mirror mirror) {
    vcpu.load(ControlRegisters.RESET);
    vcpu.shutDown();
    vm.mmu().zapAll(host);
    place(0);
    for (int page = 0; page < PAGES; page++) {
      if (mirror.isTouched(page)) {
        write(page, mirror, true);
      }
    }
    mirror.reset();
  }

  /** Writes all of memory, before anything runs. */
  void fill(Mirror mirror) {
    for (int page = 0; page < PAGES; page++) {
      write(page, mirror, false);
    }
  }

  private void write(int page, Mirror mirror, boolean isInitial) {
    byte[] bytes = new byte[PhysicalMemory.FRAME_SIZE];
    for (int word = 0; word < Mirror.WORDS; word++) {
      int at = page * Mirror.WORDS + word;
      long value = isInitial ? Mirror.initial(at) : mirror.get(at);
      for (int i = 0; value != 0 && i < Long.BYTES; i++) {
        bytes[word * Long.BYTES + i] = (byte) (value >>> 8 * i);
      }
    }
    vm.hostSpace().write(host, PhysicalMemory.hpa(hvn(page)), bytes, 0, bytes.length);
  }

  @Override
  public void close() {
    hostMemory.close();
  }

  /** A swap space in Java arrays. */
  private static final class MemorySwap implements SwapSpace {
    private final PhysicalMemory memory;
    private byte[][] slots = new byte[64][];

    MemorySwap(PhysicalMemory memory) {
      this.memory = memory;
    }

    @Override
    public long allocate(Cpu cpu) {
      int slot = 0;
      while (slot < slots.length && slots[slot] != null) {
        slot++;
      }
      if (slot == slots.length) {
        slots = Arrays.copyOf(slots, 2 * slot);
      }
      slots[slot] = new byte[PhysicalMemory.FRAME_SIZE];
      return slot;
    }

    @Override
    public void free(Cpu cpu, long slot) {
      slots[(int) slot] = null;
    }

    @Override
    public void write(Cpu cpu, long slot, long pfn) {
      memory.read(PhysicalMemory.hpa(pfn), slots[(int) slot], 0, PhysicalMemory.FRAME_SIZE);
    }

    @Override
    public void read(Cpu cpu, long slot, long pfn) {
      memory.write(PhysicalMemory.hpa(pfn), slots[(int) slot], 0, PhysicalMemory.FRAME_SIZE);
    }
  }
}
