package dev.gnomon.machine.kvm;

import dev.gnomon.machine.memory.HostMemory;
import dev.gnomon.machine.recorder.Output;
import dev.gnomon.machine.recorder.RecordedRun;
import dev.gnomon.machine.recorder.SlotImage;
import dev.gnomon.mmu.platform.PhysicalMemory;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/**
 * The memory slots of a guest under KVM. Their memory is ours: frames of the one reserved mapping,
 * which stay when a slot is deleted.
 */
final class KvmSlots {
  static final int COUNT = 16;
  static final long LOG_DIRTY_PAGES = 1;

  private static final long BLOCK = 2L << 20;
  private static final int WITH_HUGE_PAGES = 14;
  private static final int WITHOUT_HUGE_PAGES = 15;
  private static final long FNV_BASIS = 0xcbf2_9ce4_8422_2325L;
  private static final long FNV_PRIME = 0x100_0000_01b3L;

  private static final class Entry {
    boolean isUsed;
    long gpa;
    long bytes;
    long flags;
    MemorySegment memory = MemorySegment.NULL;
  }

  private final SystemCalls calls;
  private final KvmVm vm;
  private final Output output;
  private final HostMemory memory;
  private final Entry[] entries = new Entry[COUNT];
  private long nextFrame;

  /** All slots of a run, set, present and zero, in memory that {@link #memoryFor} has taken. */
  KvmSlots(SystemCalls calls, KvmVm vm, Output output, RecordedRun run, HostMemory memory) {
    this.calls = calls;
    this.vm = vm;
    this.output = output;
    this.memory = memory;
    nextFrame = memory.firstFrame();
    for (int id = 0; id < COUNT; id++) {
      entries[id] = new Entry();
    }
    boolean hasHugePages = run.hasHostLargePages();
    create(0, 0, run.memoryBytes(), run.isLogged() ? LOG_DIRTY_PAGES : 0, hasHugePages);
    int id = 1;
    for (RecordedRun.Slot slot : run.extraSlots()) {
      create(id++, slot.gpa(), slot.bytes(), slot.flags(), hasHugePages);
    }
  }

  /** Memory for all slots of a run, each at a boundary of 2 MiB. Closed when no VM has it. */
  static HostMemory memoryFor(RecordedRun run) {
    long bytes = blocks(run.memoryBytes());
    for (RecordedRun.Slot slot : run.extraSlots()) {
      bytes += blocks(slot.bytes());
    }
    return HostMemory.reserve(PhysicalMemory.pfn(bytes));
  }

  private static long blocks(long bytes) {
    return Math.ceilDiv(bytes, BLOCK) * BLOCK;
  }

  private void create(int id, long gpa, long bytes, long flags, boolean hasHugePages) {
    MemorySegment frames = memory.nativeFrames(nextFrame, PhysicalMemory.pfn(bytes));
    nextFrame += PhysicalMemory.pfn(blocks(bytes));
    calls.advise(frames.address(), bytes, hasHugePages ? WITH_HUGE_PAGES : WITHOUT_HUGE_PAGES);
    frames.fill((byte) 0);
    entries[id].memory = frames;
    int result = set(id, gpa, bytes, flags);
    if (result < 0) {
      throw new KvmRefusalException("KVM_SET_USER_MEMORY_REGION: " + calls.words(result));
    }
  }

  /** Sets a slot, 0 bytes delete it; says so, or why not. */
  int set(int id, long gpa, long bytes, long flags) {
    Entry entry = entries[id];
    long address = entry.memory.address();
    int result = vm.setSlot(id, gpa, bytes, flags, address);
    if (result < 0) {
      output.line(
          "set_slot %d gpa %x size %x flags %x: %s"
              .formatted(id, gpa, bytes, flags, calls.words(result)));
      return result;
    }
    String text = "slot set %d gpa %x size %x flags %x".formatted(id, gpa, bytes, flags);
    output.mark("%s hva %x".formatted(text, address), text);
    entry.isUsed = bytes != 0;
    entry.gpa = gpa;
    entry.flags = flags;
    if (bytes != 0) {
      entry.bytes = bytes;
    }
    return result;
  }

  void setFlags(int id, long flags) {
    set(id, entries[id].gpa, entries[id].bytes, flags);
  }

  void delete(int id) {
    set(id, entries[id].gpa, 0, 0);
  }

  /** Puts a deleted slot back, or moves one, with the memory that it had. */
  void place(int id, long gpa) {
    set(id, gpa, entries[id].bytes, entries[id].flags);
  }

  boolean isUsed(int id) {
    return entries[id].isUsed;
  }

  boolean isLogged(int id) {
    return (entries[id].flags & LOG_DIRTY_PAGES) != 0;
  }

  long baseGfn(int id) {
    return PhysicalMemory.pfn(entries[id].gpa);
  }

  long pages(int id) {
    return PhysicalMemory.pfn(entries[id].bytes);
  }

  /** The slot that holds a gpa; 0 if none does. */
  int holding(long gpa) {
    int found = 0;
    for (int id = 0; id < COUNT; id++) {
      if (entries[id].isUsed && isIn(entries[id], gpa, 1)) {
        found = id;
      }
    }
    return found;
  }

  /** The native address of memory of the guest, or -1 if it does not all lie in one slot. */
  long address(long gpa, long bytes) {
    Entry entry = entries[holding(gpa)];
    boolean isThere = entry.isUsed && isIn(entry, gpa, bytes);
    return isThere ? entry.memory.address() + (gpa - entry.gpa) : -1;
  }

  private static boolean isIn(Entry entry, long gpa, long bytes) {
    return gpa >= entry.gpa && bytes >= 0 && bytes <= entry.bytes - (gpa - entry.gpa);
  }

  /** Writes 1 to 8 bytes; false if no slot holds them. */
  boolean write(long gpa, long value, int size) {
    Entry entry = entries[holding(gpa)];
    if (!entry.isUsed || !isIn(entry, gpa, size)) {
      return false;
    }
    for (int i = 0; i < size; i++) {
      entry.memory.set(ValueLayout.JAVA_BYTE, gpa - entry.gpa + i, (byte) (value >>> 8 * i));
    }
    return true;
  }

  /** FNV-1a of a slot's memory. */
  long hash(int id) {
    MemorySegment bytes = entries[id].memory;
    long hash = FNV_BASIS;
    for (long i = 0; i < bytes.byteSize(); i++) {
      hash = (hash ^ bytes.get(ValueLayout.JAVA_BYTE, i) & 0xff) * FNV_PRIME;
    }
    return hash;
  }

  /** The memory of all slots that there are, as it is now. */
  List<SlotImage> images() {
    List<SlotImage> images = new ArrayList<>();
    for (int id = 0; id < COUNT; id++) {
      if (entries[id].isUsed) {
        MemorySegment frames = entries[id].memory;
        images.add(SlotImage.of(id, baseGfn(id), pages(id), page -> page(frames, page)));
      }
    }
    return images;
  }

  private static byte[] page(MemorySegment frames, long page) {
    return frames
        .asSlice(page * PhysicalMemory.FRAME_SIZE, PhysicalMemory.FRAME_SIZE)
        .toArray(ValueLayout.JAVA_BYTE);
  }
}
