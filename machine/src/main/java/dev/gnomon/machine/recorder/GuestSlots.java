package dev.gnomon.machine.recorder;

import dev.gnomon.machine.VirtualMachine;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.PhysicalMemory;
import dev.gnomon.mmu.slot.SlotRegion;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The memslots of the recorder's machine and the memory behind them, which stays when a slot is
 * deleted. What KVM refuses is refused in the words of its error numbers.
 */
final class GuestSlots {
  static final int COUNT = 16;

  /** A slot's flags. */
  static final long LOG_DIRTY_PAGES = 1;

  static final long READ_ONLY = 2;

  private static final int PAGE = PhysicalMemory.FRAME_SIZE;

  /** A slot as it was last set, and whether it is there. */
  private static final class Entry {
    boolean isUsed;
    long gpa;
    long bytes;
    long flags;
    long hvn;
  }

  private final VirtualMachine vm;
  private final Cpu cpu;
  private final Output output;
  private final Entry[] entries = new Entry[COUNT];

  GuestSlots(VirtualMachine vm, Output output) {
    this.vm = vm;
    this.output = output;
    cpu = vm.hostCpu(0);
    for (int id = 0; id < COUNT; id++) {
      entries[id] = new Entry();
    }
  }

  /** Makes a slot with new memory behind it, all of it present and zero. */
  void create(int id, long gpa, long bytes, long flags) {
    int level = vm.config().hostPageLevel();
    long pages = bytes / PAGE;
    long hvn = vm.hostSpace().map(cpu, pages, level);
    entries[id].hvn = hvn;
    for (long page = 0; page < pages; page++) {
      vm.hostSpace().resolve(cpu, hvn + page, true);
    }
    set(id, gpa, bytes, flags);
  }

  /** KVM_SET_USER_MEMORY_REGION; says so, or why not. */
  void set(int id, long gpa, long bytes, long flags) {
    Entry entry = entries[id];
    String refusal = change(id, entry, gpa, bytes, flags);
    if (refusal != null) {
      output.line(
          "set_slot %d gpa %x size %x flags %x: %s".formatted(id, gpa, bytes, flags, refusal));
      return;
    }
    entry.isUsed = bytes != 0;
    entry.gpa = gpa;
    entry.flags = flags;
    if (bytes != 0) {
      entry.bytes = bytes;
    }
    String text = "slot set %d gpa %x size %x flags %x".formatted(id, gpa, bytes, flags);
    output.mark("%s hva %x".formatted(text, entry.hvn * PAGE), text);
  }

  /** Switches flags, and leaves the rest. */
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

  private @Nullable String change(int id, Entry entry, long gpa, long bytes, long flags) {
    if (bytes == 0) {
      if (!entry.isUsed) {
        return "Invalid argument";
      }
      vm.mmu().slotChanges().delete(cpu, id);
      return null;
    }
    boolean isLogged = (flags & LOG_DIRTY_PAGES) != 0;
    boolean isReadOnly = (flags & READ_ONLY) != 0;
    if (overlaps(id, gpa, bytes)) {
      return "File exists";
    }
    if (!entry.isUsed) {
      SlotRegion region =
          new SlotRegion(id, PhysicalMemory.pfn(gpa), bytes / PAGE, entry.hvn, isReadOnly);
      vm.mmu().slotChanges().add(cpu, region, isLogged);
      return null;
    }
    if (bytes != entry.bytes || (entry.flags & READ_ONLY) != (flags & READ_ONLY)) {
      return "Invalid argument";
    }
    if (gpa != entry.gpa) {
      vm.mmu().slotChanges().move(cpu, id, PhysicalMemory.pfn(gpa));
    } else if (flags != entry.flags && isLogged) {
      vm.mmu().slotChanges().startDirtyLog(cpu, id);
    } else if (flags != entry.flags) {
      vm.mmu().slotChanges().stopDirtyLog(cpu, id);
    }
    return null;
  }

  private boolean overlaps(int id, long gpa, long bytes) {
    for (int other = 0; other < COUNT; other++) {
      Entry entry = entries[other];
      if (other != id && entry.isUsed && gpa < entry.gpa + entry.bytes && entry.gpa < gpa + bytes) {
        return true;
      }
    }
    return false;
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
    return entries[id].bytes / PAGE;
  }

  /** The slot that holds a gpa; 0 if none does. */
  int holding(long gpa) {
    int found = 0;
    for (int id = 0; id < COUNT; id++) {
      Entry entry = entries[id];
      if (entry.isUsed && gpa >= entry.gpa && gpa < entry.gpa + entry.bytes) {
        found = id;
      }
    }
    return found;
  }

  /** The host-virtual frame behind a gpa, or -1. */
  long hvn(long gpa) {
    Entry entry = entries[holding(gpa)];
    boolean isInside = entry.isUsed && gpa >= entry.gpa && gpa < entry.gpa + entry.bytes;
    return isInside ? entry.hvn + (gpa - entry.gpa) / PAGE : -1;
  }

  /** Writes 1 to 8 bytes of memory, as the VMM does. */
  void write(long gpa, long value, int size) {
    long hvn = hvn(gpa);
    if (hvn < 0) {
      throw new IllegalStateException("no memory at " + Long.toHexString(gpa));
    }
    byte[] bytes = new byte[size];
    for (int i = 0; i < size; i++) {
      bytes[i] = (byte) (value >>> 8 * i);
    }
    vm.hostSpace().write(cpu, hvn * PAGE + gpa % PAGE, bytes, 0, size);
  }

  /** Makes a page zero, as the VMM does. */
  void clearPage(long gpa) {
    vm.hostSpace().write(cpu, hvn(gpa) * PAGE, new byte[PAGE], 0, PAGE);
  }

  /** Shows every byte of a slot, in order. */
  void read(int id, LongConsumer bytes) {
    byte[] page = new byte[PAGE];
    for (long i = 0; i < pages(id); i++) {
      vm.hostSpace().read(cpu, (entries[id].hvn + i) * PAGE, page, 0, PAGE);
      for (byte value : page) {
        bytes.accept(value & 0xff);
      }
    }
  }

  /** The memory of all slots that there are, as it is now. */
  List<SlotImage> images() {
    List<SlotImage> images = new ArrayList<>();
    for (int id = 0; id < COUNT; id++) {
      if (entries[id].isUsed) {
        long hvn = entries[id].hvn;
        images.add(SlotImage.of(id, baseGfn(id), pages(id), page -> page(hvn + page)));
      }
    }
    return images;
  }

  private byte[] page(long hvn) {
    byte[] bytes = new byte[PAGE];
    vm.hostSpace().read(cpu, hvn * PAGE, bytes, 0, PAGE);
    return bytes;
  }
}
