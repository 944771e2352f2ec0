package dev.gnomon.machine.guest;

import dev.gnomon.machine.GuestMemoryMap;
import dev.gnomon.machine.processor.Vcpu;
import dev.gnomon.mmu.platform.PhysicalMemory;

/**
 * The guest kernel's frames: who was given out, to how many, and who came back.
 *
 * <p>Frames that were never used are taken from both ends: 4 KiB ones from below, the larger runs
 * from above. What is given back is given out again first, the last first, so a page table of a
 * moment ago becomes somebody's data. All that must be known lies in guest memory: three words of
 * the kernel's page, and after it one word for each frame: how many tables map it, or, while it is
 * free, the next free one.
 *
 * <p>By any vCPU at any time: all words change by locked instructions. The head of the free list
 * counts its changes in its upper half, so that a compare-and-exchange that has slept does not
 * succeed on an old head that is back.
 */
final class FramePool {
  private static final int NEXT_FRAME = 0;
  private static final int LARGE_END = 8;
  private static final int FREE_HEAD = 24;
  private static final long FRAME_MASK = 0xffff_ffffL;
  private static final long ONE_CHANGE = FRAME_MASK + 1;
  private static final long WORDS_PER_FRAME = PhysicalMemory.FRAME_SIZE / Long.BYTES;

  private final DirectMap directMap;
  private final GuestMemoryMap memoryMap;
  private final long largeFrames;

  /** Of a guest whose larger pages have so many frames. */
  FramePool(DirectMap directMap, GuestMemoryMap memoryMap, long largeFrames) {
    this.directMap = directMap;
    this.memoryMap = memoryMap;
    this.largeFrames = largeFrames;
  }

  /** Makes all frames free. Once, when the guest boots. */
  void boot(Vcpu vcpu) {
    vcpu.writeLong(word(NEXT_FRAME), firstFree());
    vcpu.writeLong(word(LARGE_END), memoryMap.frames() & -largeFrames);
  }

  /** The gpa of a frame for one user, holding whatever it holds. */
  long allocate(Vcpu vcpu) {
    long reused = pop(vcpu);
    return reused != 0 ? memoryMap.gpaOfFrame(reused) : allocateFresh(vcpu);
  }

  /** The gpa of a frame of zeros, for one user. */
  long allocateTable(Vcpu vcpu) {
    long reused = pop(vcpu);
    if (reused == 0) {
      return allocateFresh(vcpu);
    }
    long gpa = memoryMap.gpaOfFrame(reused);
    for (long offset = 0; offset < PhysicalMemory.FRAME_SIZE; offset += Long.BYTES) {
      vcpu.writeLong(directMap.at(gpa + offset), 0);
    }
    return gpa;
  }

  /** The number of the first of so many frames of zeros, one after the other, for one user. */
  long allocateRun(Vcpu vcpu, long frames) {
    long first = vcpu.locked().fetchAndAdd(word(NEXT_FRAME), Long.BYTES, frames);
    if (first + frames > vcpu.readLong(word(LARGE_END))) {
      throw new OutOfGuestMemoryException(memoryMap.memoryBytes());
    }
    return first;
  }

  /** The first frame that {@link #allocateRun} gives once all are free. */
  long firstFree() {
    return AddressLayout.FIRST_FREE_FRAME + tableFrames();
  }

  private long tableFrames() {
    return (memoryMap.frames() + WORDS_PER_FRAME - 1) / WORDS_PER_FRAME;
  }

  private long allocateFresh(Vcpu vcpu) {
    long frame = vcpu.locked().fetchAndAdd(word(NEXT_FRAME), Long.BYTES, 1);
    if (frame >= vcpu.readLong(word(LARGE_END))) {
      throw new OutOfGuestMemoryException(memoryMap.memoryBytes());
    }
    vcpu.writeLong(frameWord(frame), 1);
    return memoryMap.gpaOfFrame(frame);
  }

  /** The gpa of the frames of a larger page, or -1 if there are too few left. */
  long allocateLarge(Vcpu vcpu) {
    while (true) {
      long end = vcpu.readLong(word(LARGE_END));
      long first = end - largeFrames;
      if (first < vcpu.readLong(word(NEXT_FRAME)) + largeFrames) {
        return -1;
      }
      if (vcpu.locked().compareAndExchange(word(LARGE_END), Long.BYTES, end, first) == end) {
        for (long frame = first; frame < end; frame++) {
          vcpu.writeLong(frameWord(frame), 1);
        }
        return memoryMap.gpaOfFrame(first);
      }
    }
  }

  /** How many frames were never used. */
  long untouched(Vcpu vcpu) {
    return vcpu.readLong(word(LARGE_END)) - vcpu.readLong(word(NEXT_FRAME));
  }

  // --- users of a frame ---

  /** How many use it. */
  long references(Vcpu vcpu, long gpa) {
    return vcpu.readLong(frameWord(frame(gpa)));
  }

  /** One more uses each of so many frames. */
  void retain(Vcpu vcpu, long gpa, long frames) {
    long first = frame(gpa);
    for (long frame = first; frame < first + frames; frame++) {
      vcpu.locked().fetchAndAdd(frameWord(frame), Long.BYTES, 1);
    }
  }

  /** One less uses each of so many frames; those that nobody uses become free. */
  void release(Vcpu vcpu, long gpa, long frames) {
    long first = frame(gpa);
    for (long frame = first; frame < first + frames; frame++) {
      if (vcpu.locked().fetchAndAdd(frameWord(frame), Long.BYTES, -1) == 1) {
        push(vcpu, frame);
      }
    }
  }

  /** One less uses a frame. */
  void release(Vcpu vcpu, long gpa) {
    release(vcpu, gpa, 1);
  }

  private void push(Vcpu vcpu, long frame) {
    while (true) {
      long head = vcpu.readLong(word(FREE_HEAD));
      vcpu.writeLong(frameWord(frame), head & FRAME_MASK);
      if (exchangeHead(vcpu, head, frame)) {
        return;
      }
    }
  }

  /** Takes the frame that came back last, for one user; 0 if there is none. */
  private long pop(Vcpu vcpu) {
    while (true) {
      long head = vcpu.readLong(word(FREE_HEAD));
      long frame = head & FRAME_MASK;
      if (frame == 0) {
        return 0;
      }
      long next = vcpu.readLong(frameWord(frame));
      if (exchangeHead(vcpu, head, next)) {
        vcpu.writeLong(frameWord(frame), 1);
        return frame;
      }
    }
  }

  private boolean exchangeHead(Vcpu vcpu, long head, long frame) {
    long next = (head & ~FRAME_MASK) + ONE_CHANGE | frame & FRAME_MASK;
    return vcpu.locked().compareAndExchange(word(FREE_HEAD), Long.BYTES, head, next) == head;
  }

  // --- where the words are ---

  private long word(int offset) {
    return directMap.at(AddressLayout.KERNEL_FRAME_GPA + offset);
  }

  private long frameWord(long frame) {
    long gpa = memoryMap.gpaOfFrame(AddressLayout.FIRST_FREE_FRAME + frame / WORDS_PER_FRAME);
    return directMap.at(gpa + frame % WORDS_PER_FRAME * Long.BYTES);
  }

  private static long frame(long gpa) {
    return PhysicalMemory.pfn(
        gpa < GuestMemoryMap.HOLE ? gpa : gpa - GuestMemoryMap.HIGH + GuestMemoryMap.HOLE);
  }
}
