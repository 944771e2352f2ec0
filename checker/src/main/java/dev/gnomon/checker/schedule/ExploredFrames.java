package dev.gnomon.checker.schedule;

import dev.gnomon.machine.memory.HostFrames;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.OutOfFramesException;
import java.util.Arrays;

/**
 * The frames of the explored memory. Each CPU has an arena of its own, so that which frame it gets
 * does not depend on what others do meanwhile; what it frees goes to its own arena. Giving a frame
 * back is a step, which conflicts with each access to it; so is taking it again. Taking a new one
 * is none.
 */
final class ExploredFrames extends HostFrames {
  private static final int RUN = 512;
  private static final byte FREE = 0;
  private static final byte SINGLE = 1;
  private static final byte RUN_HEAD = 2;
  private static final byte RUN_REST = 3;

  private final Stage stage;
  private final int perCpu;
  private final Frame[] frames;
  private final byte[] states;
  private final long[] slots;
  private final Arena[] arenas;
  private ExploredWords marks;
  private long allocated;

  /** Frames of a CPU: singles are taken from its bottom, runs from its top. */
  private static final class Arena {
    final int first;
    final int end;
    int bottom;
    int top;
    int[] freed = new int[64];
    int freedCount;
    int[] freedRuns = new int[4];
    int freedRunCount;
    Frame[] privates = new Frame[8];
    int privateCount;

    Arena(int first, int end) {
      this.first = first;
      this.end = end;
      reset();
    }

    final void reset() {
      bottom = first;
      top = end;
      freedCount = 0;
      freedRunCount = 0;
      privateCount = 0;
    }

    void addPrivate(Frame frame) {
      if (privateCount == privates.length) {
        privates = Arrays.copyOf(privates, 2 * privateCount);
      }
      privates[privateCount++] = frame;
    }
  }

  ExploredFrames(Stage stage, int cpus, int framesPerCpu) {
    this.stage = stage;
    perCpu = (framesPerCpu + RUN - 1) / RUN * RUN;
    // The first run is left out: no frame has number 0.
    int end = RUN + cpus * perCpu;
    frames = new Frame[end];
    states = new byte[end];
    slots = new long[end];
    arenas = new Arena[cpus];
    for (int i = 0; i < cpus; i++) {
      arenas[i] = new Arena(RUN + i * perCpu, RUN + (i + 1) * perCpu);
    }
  }

  /** Says where the marks of frames are; one word each. */
  void setMarks(ExploredWords words) {
    marks = words;
  }

  void reset() {
    for (Arena arena : arenas) {
      Arrays.fill(states, arena.first, arena.bottom, FREE);
      Arrays.fill(states, arena.top, arena.end, FREE);
      arena.reset();
    }
    allocated = 0;
  }

  /** How many words the marks of all frames take. */
  int markWords() {
    return frames.length;
  }

  Frame at(long pfn) {
    if (pfn < RUN || pfn >= frames.length) {
      throw new IllegalArgumentException("there is no frame 0x" + Long.toHexString(pfn));
    }
    Frame frame = frames[(int) pfn];
    if (frame == null) {
      frame = new Frame(pfn, stage.locations());
      frames[(int) pfn] = frame;
    }
    return frame;
  }

  void publish(long pfn) {
    if (pfn >= RUN && pfn < frames.length) {
      Frame frame = frames[(int) pfn];
      if (frame != null && frame.isPrivate()) {
        frame.publish();
      }
    }
  }

  /** Whatever the CPU has allocated, others may know of from now on. */
  void publishAll(int cpu) {
    Arena arena = arenas[cpu];
    for (int i = 0; i < arena.privateCount; i++) {
      arena.privates[i].publish();
    }
    arena.privateCount = 0;
  }

  private void handOut(int pfn, byte state) {
    states[pfn] = state;
    slots[pfn] = -1;
    marks.put(pfn, 0);
    allocated++;
    Frame frame = at(pfn);
    if (stage.isConcurrent()) {
      frame.allocate(stage.cpu());
      arenas[stage.cpu()].addPrivate(frame);
    } else {
      frame.allocate(-1);
    }
  }

  @Override
  public long allocate(Cpu cpu) {
    Arena arena = arenas[cpu.index()];
    int pfn;
    if (arena.freedCount > 0) {
      pfn = arena.freed[--arena.freedCount];
      takeAgain(pfn);
    } else if (arena.bottom < arena.top) {
      pfn = arena.bottom++;
    } else if (arena.freedRunCount > 0) {
      int run = arena.freedRuns[--arena.freedRunCount];
      for (int i = RUN - 1; i >= 0; i--) {
        push(arena, run + i);
      }
      pfn = arena.freed[--arena.freedCount];
      takeAgain(pfn);
    } else {
      throw new OutOfFramesException("no free frame among the " + perCpu + " of this CPU");
    }
    handOut(pfn, SINGLE);
    return pfn;
  }

  /** So that whoever still uses a frame that was given back does so before it is taken again. */
  private void takeAgain(int pfn) {
    if (stage.isConcurrent()) {
      stage.accesses().takeAgain(at(pfn));
    }
  }

  private static void push(Arena arena, int pfn) {
    if (arena.freedCount == arena.freed.length) {
      arena.freed = Arrays.copyOf(arena.freed, 2 * arena.freedCount);
    }
    arena.freed[arena.freedCount++] = pfn;
  }

  @Override
  public long allocateBelow4G(Cpu cpu) {
    return allocate(cpu);
  }

  @Override
  public long allocateRun(Cpu cpu, int level) {
    if (level != 2 && level != 3) {
      throw new IllegalArgumentException("a run of level " + level);
    }
    if (level == 3) {
      return -1;
    }
    Arena arena = arenas[cpu.index()];
    int run;
    if (arena.freedRunCount > 0) {
      run = arena.freedRuns[--arena.freedRunCount];
      for (int i = 0; i < RUN; i++) {
        takeAgain(run + i);
      }
    } else if (arena.top - RUN >= arena.bottom) {
      arena.top -= RUN;
      run = arena.top;
    } else {
      return -1;
    }
    for (int i = 0; i < RUN; i++) {
      handOut(run + i, i == 0 ? RUN_HEAD : RUN_REST);
    }
    return run;
  }

  @Override
  public void free(Cpu cpu, long pfn) {
    check(pfn, SINGLE);
    giveBack((int) pfn);
    push(arenas[cpu.index()], (int) pfn);
  }

  private void check(long pfn, byte state) {
    at(pfn);
    if (states[(int) pfn] != state) {
      throw new IllegalStateException(
          "frame 0x" + Long.toHexString(pfn) + " is given back or split, and is not allocated so");
    }
  }

  private void giveBack(int pfn) {
    Frame frame = at(pfn);
    if (stage.isConcurrent()) {
      frame.publish();
      stage.accesses().onFrame(frame, Operation.FREE);
    }
    frame.free();
    states[pfn] = FREE;
    allocated--;
  }

  @Override
  public void freeRun(Cpu cpu, long pfn, int level) {
    check(pfn, RUN_HEAD);
    for (int i = 0; i < RUN; i++) {
      giveBack((int) pfn + i);
    }
    Arena arena = arenas[cpu.index()];
    if (arena.freedRunCount == arena.freedRuns.length) {
      arena.freedRuns = Arrays.copyOf(arena.freedRuns, 2 * arena.freedRunCount);
    }
    arena.freedRuns[arena.freedRunCount++] = (int) pfn;
  }

  @Override
  public void splitRun(Cpu cpu, long pfn, int level) {
    check(pfn, RUN_HEAD);
    Arrays.fill(states, (int) pfn, (int) pfn + RUN, SINGLE);
  }

  @Override
  public long capacity() {
    return (long) arenas.length * perCpu;
  }

  @Override
  public long allocated() {
    return allocated;
  }

  @Override
  public boolean cameZeroed(long pfn) {
    return true;
  }

  // --- what the host's memory manager keeps with a frame ---

  @Override
  public long marks(long pfn) {
    return marks.get((int) pfn);
  }

  @Override
  public void mark(long pfn, long wanted) {
    at(pfn).beHostPage();
    if ((marks.get((int) pfn) & wanted) != wanted) {
      marks.getAndOr((int) pfn, wanted);
    }
  }

  @Override
  public boolean testAndClear(long pfn, long mark) {
    return (marks.getAndAnd((int) pfn, ~mark) & mark) != 0;
  }

  @Override
  public long slot(long pfn) {
    return slots[(int) pfn];
  }

  @Override
  public void setSlot(long pfn, long slot) {
    at(pfn).beHostPage();
    slots[(int) pfn] = slot;
  }
}
