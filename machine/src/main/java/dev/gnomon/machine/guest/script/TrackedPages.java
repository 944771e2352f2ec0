package dev.gnomon.machine.guest.script;

import dev.gnomon.machine.VirtualMachine;
import dev.gnomon.machine.WriteTracker;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.PhysicalMemory;
import dev.gnomon.mmu.slot.Memslot;
import dev.gnomon.mmu.sync.SpinLock;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * Sees to it that nobody writes a write-tracked page unseen: what is there when tracking ends, and
 * was not when it began, must be what the VMM was asked to write.
 *
 * <p>Works byte by byte, so the values that a script writes should differ. Any CPU may call.
 */
final class TrackedPages implements WriteTracker {
  private final VirtualMachine vm;
  private final SpinLock contentsLock;
  private final SpinLock seenLock;

  /** Of pages that are tracked, by gfn: the content at the beginning. Under the first lock. */
  private final Map<Long, byte[]> contents = new HashMap<>();

  /** Of each byte that the VMM wrote: its gpa and its value. Under the second. */
  private final Set<Long> seen = new HashSet<>();

  TrackedPages(VirtualMachine vm) {
    this.vm = vm;
    contentsLock = vm.execution().synchronization().spinLock();
    seenLock = vm.execution().synchronization().spinLock();
  }

  @Override
  public void writing(Cpu cpu, long gpa, int size, long value) {
    seenLock.lock(cpu);
    for (int i = 0; i < size; i++) {
      seen.add(key(gpa + i, (byte) (value >>> 8 * i)));
    }
    seenLock.unlock(cpu);
  }

  /** Begins to track a page. */
  void track(Cpu cpu, long gfn) {
    vm.mmu().writeTrack(cpu, gfn);
    byte[] content = read(cpu, gfn);
    contentsLock.lock(cpu);
    contents.put(gfn, content);
    contentsLock.unlock(cpu);
  }

  /** Ends it, and notes what was written unseen. */
  void untrack(Cpu cpu, long gfn, int line, Findings findings) {
    byte[] now = read(cpu, gfn);
    contentsLock.lock(cpu);
    byte[] before = contents.remove(gfn);
    contentsLock.unlock(cpu);
    seenLock.lock(cpu);
    int unseen = before == null ? -1 : firstUnseen(gfn, before, now);
    seenLock.unlock(cpu);
    if (unseen >= 0) {
      findings.violated(
          Concern.WRITE_TRACKING,
          line,
          "that the VMM sees every write to a tracked page",
          "0x%x written unseen at 0x%x".formatted(now[unseen], PhysicalMemory.hpa(gfn) + unseen));
    }
    vm.mmu().writeUntrack(cpu, gfn);
  }

  private int firstUnseen(long gfn, byte[] before, byte[] now) {
    for (int i = 0; i < now.length; i++) {
      if (now[i] != before[i] && !seen.contains(key(PhysicalMemory.hpa(gfn) + i, now[i]))) {
        return i;
      }
    }
    return -1;
  }

  private static long key(long gpa, byte value) {
    return gpa << 8 | value & 0xff;
  }

  private byte[] read(Cpu cpu, long gfn) {
    vm.mmu().memslots().enter(cpu);
    Memslot slot = vm.mmu().memslots().current().find(gfn);
    long hvn = slot == null ? -1 : slot.hvn(gfn);
    vm.mmu().memslots().leave(cpu);
    if (hvn < 0) {
      throw new IllegalArgumentException(
          "no slot holds 0x" + Long.toHexString(PhysicalMemory.hpa(gfn)));
    }
    byte[] content = new byte[PhysicalMemory.FRAME_SIZE];
    vm.hostSpace().read(cpu, PhysicalMemory.hpa(hvn), content, 0, content.length);
    return content;
  }
}
