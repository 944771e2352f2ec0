package dev.gnomon.machine.guest.script;

import dev.gnomon.machine.VirtualMachine;
import dev.gnomon.machine.memory.HostAddressSpace;
import dev.gnomon.mmu.Mmu;
import dev.gnomon.mmu.config.DirtyLogKind;
import dev.gnomon.mmu.dirty.DirtyLog;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.PhysicalMemory;
import dev.gnomon.mmu.slot.Memslot;
import dev.gnomon.mmu.sync.SpinLock;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * The one consumer of a script's dirty log, which does as live migration does: it copies all memory
 * of a slot when the slot's log is switched on, and then each page that a report names. So if no
 * write goes unreported, its copy equals memory after the last report. Pages that no vCPU writes,
 * by the script's text, are left out.
 *
 * <p>Any CPU may call; a lock of its own makes a report and the copying of its pages one.
 */
final class LogConsumer {
  private static final int PAGES_PER_WORD = 64;

  private final VirtualMachine vm;
  private final boolean usesRings;
  private final boolean hasManualProtect;
  private final WrittenPages written;
  private final SpinLock lock;

  /** By slot: with manual protect, what was reported and is not cleared yet; else empty. */
  private final Map<Integer, long[]> logged = new TreeMap<>();

  /** By hvn. A page that was not copied was never touched: zeros. */
  private final Map<Long, byte[]> copies = new HashMap<>();

  LogConsumer(VirtualMachine vm, Script script) {
    this.vm = vm;
    usesRings = script.vmConfig().mmu().dirtyLog() == DirtyLogKind.RING;
    written = script.writtenPages();
    hasManualProtect = vm.config().mmu().manualProtect();
    lock = vm.execution().synchronization().spinLock();
  }

  /** Switches a slot's log on. */
  void start(Cpu cpu, int slotId) {
    locked(
        cpu,
        () -> {
          mmu().slotChanges().startDirtyLog(cpu, slotId);
          Memslot slot = slot(cpu, slotId);
          logged.put(slotId, new long[words(slot)]);
          long end = slot.baseHvn() + slot.pages();
          for (long hvn = next(slot.baseHvn(), end); hvn < end; hvn = next(hvn + 1, end)) {
            copy(cpu, hvn);
          }
        });
  }

  /** The first page from here on that was ever touched, and that a vCPU may write. */
  private long next(long firstHvn, long end) {
    HostAddressSpace space = vm.hostSpace();
    long base = vm.baseHvn();
    long hvn = firstHvn;
    while (hvn < end) {
      long candidate = base + written.next(hvn - base, end - base);
      hvn = space.nextTouched(candidate, end);
      if (hvn == candidate) {
        break;
      }
    }
    return hvn;
  }

  /** Switches it off. */
  void stop(Cpu cpu, int slotId) {
    locked(
        cpu,
        () -> {
          mmu().slotChanges().stopDirtyLog(cpu, slotId);
          logged.remove(slotId);
        });
  }

  /** Takes a report, of one slot or of all rings; returns the host-virtual frames in it. */
  Set<Long> take(Cpu cpu, int slotId) {
    Set<Long> reported = new HashSet<>();
    locked(cpu, () -> take(cpu, slotId, reported));
    return reported;
  }

  private void take(Cpu cpu, int slotId, Set<Long> reported) {
    DirtyLog log = mmu().dirtyLog();
    if (usesRings) {
      log.harvest(
          cpu,
          (id, offset) -> {
            // Called under the slots lock.
            Memslot slot = mmu().memslots().current().byId(id);
            if (slot != null) {
              reported.add(slot.baseHvn() + offset);
            }
          });
    } else {
      Memslot slot = slot(cpu, slotId);
      long[] bitmap = new long[words(slot)];
      log.get(cpu, slotId, bitmap);
      addTo(reported, slot, bitmap);
      if (hasManualProtect) {
        keep(slotId, bitmap);
        return;
      }
    }
    copyWritten(cpu, reported);
  }

  private void copyWritten(Cpu cpu, Set<Long> hvns) {
    hvns.stream()
        .filter(hvn -> written.contains(hvn - vm.baseHvn()))
        .forEach(hvn -> copy(cpu, hvn));
  }

  private void keep(int slotId, long[] bitmap) {
    long[] kept = logged.computeIfAbsent(slotId, id -> new long[bitmap.length]);
    for (int i = 0; i < bitmap.length; i++) {
      kept[i] |= bitmap[i];
    }
  }

  /** With manual protect: has what was reported protected again, and copies it. */
  void clear(Cpu cpu, int slotId) {
    locked(cpu, () -> clearKept(cpu, slotId));
  }

  private void clearKept(Cpu cpu, int slotId) {
    Memslot slot = slot(cpu, slotId);
    long[] kept = logged.getOrDefault(slotId, new long[words(slot)]);
    mmu().dirtyLog().clear(cpu, slotId, 0, slot.pages(), kept);
    Set<Long> cleared = new HashSet<>();
    addTo(cleared, slot, kept);
    Arrays.fill(kept, 0);
    copyWritten(cpu, cleared);
  }

  /** Takes the last report of every log, and compares the copy with memory. */
  void check(Cpu cpu, int line, Findings findings) {
    locked(
        cpu,
        () -> {
          for (int slotId : logged.keySet()) {
            take(cpu, slotId, new HashSet<>());
            if (hasManualProtect) {
              clearKept(cpu, slotId);
            }
            compare(cpu, slot(cpu, slotId), line, findings);
          }
        });
  }

  private void compare(Cpu cpu, Memslot slot, int line, Findings findings) {
    HostAddressSpace space = vm.hostSpace();
    byte[] now = new byte[PhysicalMemory.FRAME_SIZE];
    byte[] zeros = new byte[PhysicalMemory.FRAME_SIZE];
    long end = slot.baseHvn() + slot.pages();
    for (long hvn = next(slot.baseHvn(), end); hvn < end; hvn = next(hvn + 1, end)) {
      space.read(cpu, PhysicalMemory.hpa(hvn), now, 0, now.length);
      int at = Arrays.mismatch(now, copies.getOrDefault(hvn, zeros));
      if (at >= 0) {
        findings.violated(
            Concern.NO_WRITE_LOST,
            line,
            "that the log reports every write",
            "a byte at 0x%x written and never reported"
                .formatted(PhysicalMemory.hpa(hvn - vm.baseHvn()) + at));
      }
    }
  }

  private void copy(Cpu cpu, long hvn) {
    byte[] copy = copies.computeIfAbsent(hvn, page -> new byte[PhysicalMemory.FRAME_SIZE]);
    vm.hostSpace().read(cpu, PhysicalMemory.hpa(hvn), copy, 0, copy.length);
  }

  private static void addTo(Set<Long> reported, Memslot slot, long[] bitmap) {
    for (long offset = 0; offset < slot.pages(); offset++) {
      if ((bitmap[(int) (offset / PAGES_PER_WORD)] & 1L << offset) != 0) {
        reported.add(slot.baseHvn() + offset);
      }
    }
  }

  private static int words(Memslot slot) {
    return Math.toIntExact((slot.pages() + PAGES_PER_WORD - 1) / PAGES_PER_WORD);
  }

  private Mmu mmu() {
    return vm.mmu();
  }

  private Memslot slot(Cpu cpu, int slotId) {
    mmu().memslots().enter(cpu);
    try {
      Memslot slot = mmu().memslots().current().byId(slotId);
      if (slot == null) {
        throw new IllegalArgumentException("there is no memslot " + slotId);
      }
      return slot;
    } finally {
      mmu().memslots().leave(cpu);
    }
  }

  private void locked(Cpu cpu, Runnable action) {
    lock.lock(cpu);
    try {
      action.run();
    } finally {
      lock.unlock(cpu);
    }
  }
}
