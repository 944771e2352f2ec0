package dev.gnomon.machine.migration;

import dev.gnomon.machine.VirtualMachine;
import dev.gnomon.mmu.config.DirtyLogKind;
import dev.gnomon.mmu.config.MmuConfig;
import dev.gnomon.mmu.dirty.DirtyLog;
import dev.gnomon.mmu.platform.Cpu;

/**
 * The frames that are still to be sent: first all that were ever touched, then what the dirty log
 * reports.
 *
 * <p>A page that is pending has either been taken from the log, protected again and flushed, all
 * before the call of the log returned; or, with manual protect, it is still marked in the log, and
 * is cleared there only when its part of memory is about to be sent ({@link #prepare}): what is
 * written between report and sending is then sent once. Either way a write after the copy is
 * reported again.
 *
 * <p>A log that is initially set reports the whole VM. What was never touched is not mapped and
 * holds zeros, so it is neither sent nor cleared; touched later, it still is marked.
 *
 * <p>Rings are harvested into the same set also while a round goes on, for vCPUs wait when theirs
 * is full.
 */
final class PendingPages {
  /** What is cleared in the log at once: 64 MiB; small next to memory, large next to a flush. */
  private static final long CHUNK_FRAMES = 1 << 14;

  private final VirtualMachine vm;
  private final GuestFrames frames;
  private final DirtyLog log;
  private final boolean usesRings;
  private final boolean clearsLate;
  private final boolean isInitiallySet;

  /** One bit a frame, and as many as the log reports of a slot. */
  private final long[] bits;

  private final long[] report;
  private final long[] chunk = new long[(int) (CHUNK_FRAMES / Long.SIZE)];
  private long count;
  private int loggedSlots;

  /** Frames below this have been cleared in the log, in the round under way. */
  private long preparedEnd;

  PendingPages(VirtualMachine vm, GuestFrames frames) {
    this.vm = vm;
    this.frames = frames;
    MmuConfig config = vm.config().mmu();
    log = vm.mmu().dirtyLog();
    usesRings = config.dirtyLog() == DirtyLogKind.RING;
    clearsLate = config.manualProtect() && !usesRings;
    isInitiallySet = config.initiallySet() && !usesRings;
    bits = new long[words(frames.count())];
    report = new long[usesRings ? 0 : bits.length];
  }

  private static int words(long frames) {
    return Math.toIntExact((frames + Long.SIZE - 1) / Long.SIZE);
  }

  /** Switches dirty logging of all memory on. */
  void startLog(Cpu cpu) {
    while (loggedSlots < vm.memorySlots()) {
      vm.mmu().slotChanges().startDirtyLog(cpu, loggedSlots);
      loggedSlots++;
    }
  }

  /** Switches it off, as far as it is on, and lets vCPUs go that wait for room in a ring. */
  void stopLog(Cpu cpu) {
    while (loggedSlots > 0) {
      loggedSlots--;
      vm.mmu().slotChanges().stopDirtyLog(cpu, loggedSlots);
    }
    if (usesRings) {
      log.harvest(cpu, (slot, offset) -> {});
    }
  }

  /**
   * Adds all frames that were ever touched. To be called with the log on, so that none is missed.
   */
  void addTouched() {
    long end = frames.count();
    for (long frame = frames.nextTouched(0); frame < end; frame = frames.nextTouched(frame + 1)) {
      add(frame);
    }
  }

  /** Adds all frames that the log reports. */
  void collect(Cpu cpu) {
    if (usesRings) {
      log.harvest(cpu, (slot, offset) -> add(frames.slotStart(slot) + offset));
      return;
    }
    for (int slot = 0; slot < vm.memorySlots(); slot++) {
      if (log.get(cpu, slot, report) > 0) {
        addReported(slot);
      }
    }
  }

  private void addReported(int slot) {
    long start = frames.slotStart(slot);
    int words = words(frames.slotEnd(slot) - start);
    long touched = -1;
    for (int i = 0; i < words; i++) {
      boolean isSkipped = isInitiallySet && touched >= start + (i + 1L) * Long.SIZE;
      for (long left = isSkipped ? 0 : report[i]; left != 0; left &= left - 1) {
        long frame = start + (long) i * Long.SIZE + Long.numberOfTrailingZeros(left);
        if (isInitiallySet && touched < frame) {
          touched = frames.nextTouched(frame);
        }
        if (!isInitiallySet || touched == frame) {
          add(frame);
        }
      }
    }
  }

  /** Harvests the rings if a vCPU waits for that. */
  void makeRoom(Cpu cpu) {
    for (int vcpu = 0; usesRings && vcpu < vm.config().mmu().vcpus(); vcpu++) {
      if (vm.mmu().vcpu(vcpu).isRingFull()) {
        collect(cpu);
        return;
      }
    }
  }

  private void add(long frame) {
    int word = (int) (frame >>> 6);
    long old = bits[word];
    bits[word] = old | 1L << frame;
    count += bits[word] != old ? 1 : 0;
  }

  /** How many frames are pending. */
  long count() {
    return count;
  }

  /** A pass over the frames begins. */
  void beginRound() {
    preparedEnd = 0;
  }

  /** The first pending frame at or after one, or -1. */
  long next(long frame) {
    int word = (int) (frame >>> 6);
    if (word >= bits.length) {
      return -1;
    }
    long left = bits[word] & -1L << frame;
    while (left == 0) {
      if (++word == bits.length) {
        return -1;
      }
      left = bits[word];
    }
    return (long) word * Long.SIZE + Long.numberOfTrailingZeros(left);
  }

  /** To be called before a pending frame is read: from now on each write to it is reported. */
  void prepare(Cpu cpu, long frame) {
    if (!clearsLate || frame < preparedEnd) {
      return;
    }
    int slot = frames.slot(frame);
    long first = frame & -CHUNK_FRAMES;
    long end = Math.min(first + CHUNK_FRAMES, frames.slotEnd(slot));
    System.arraycopy(bits, (int) (first / Long.SIZE), chunk, 0, words(end - first));
    log.clear(cpu, slot, first - frames.slotStart(slot), end - first, chunk);
    preparedEnd = end;
  }

  /** A frame is about to be read and sent. */
  void remove(long frame) {
    bits[(int) (frame >>> 6)] &= ~(1L << frame);
    count--;
  }
}
