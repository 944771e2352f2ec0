package dev.gnomon.machine.migration;

import dev.gnomon.machine.VirtualMachine;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.PhysicalMemory;
import java.util.Arrays;
import java.util.function.Predicate;

/**
 * The memory of a VM that a guest moves into: pages arrive, and are compared with what they must
 * hold. Used by one thread at a time; none of the VM's vCPUs runs.
 */
final class DestinationMemory {
  private static final byte[] ZEROS = new byte[PhysicalMemory.FRAME_SIZE];

  private final GuestFrames frames;
  private final Cpu cpu;
  private final byte[] content = new byte[PhysicalMemory.FRAME_SIZE];

  /** Frames below this have been compared. */
  private long comparedEnd;

  private long compared;
  private long differing;
  private long firstDiffering = -1;

  DestinationMemory(VirtualMachine vm) {
    frames = new GuestFrames(vm);
    cpu = vm.hostCpu(0);
  }

  /** How many frames there are. */
  long frames() {
    return frames.count();
  }

  void page(long frame, byte[] bytes) {
    frames.write(cpu, frame, bytes);
  }

  /** What was never touched stays so. */
  void zeros(long frame) {
    if (frames.isTouched(frame)) {
      frames.write(cpu, frame, ZEROS);
    }
  }

  /**
   * Compares a frame, and makes sure that those between it and the one compared before hold zeros.
   *
   * @param frame above the one compared before
   * @param isRight whether a frame's content is what it must be
   */
  void compare(long frame, Predicate<byte[]> isRight) {
    compareWithZeros(frame);
    compareOne(frame, isRight);
    comparedEnd = frame + 1;
  }

  /** Compares the rest with zeros. */
  Comparison comparison() {
    compareWithZeros(frames.count());
    return new Comparison(compared, differing, firstDiffering);
  }

  private void compareWithZeros(long end) {
    for (long frame = comparedEnd; (frame = frames.nextTouched(frame)) < end; frame++) {
      compareOne(frame, bytes -> Arrays.equals(bytes, ZEROS));
    }
    comparedEnd = end;
  }

  private void compareOne(long frame, Predicate<byte[]> isRight) {
    byte[] held = ZEROS;
    if (frames.isTouched(frame)) {
      frames.read(cpu, frame, content);
      held = content;
    }
    compared++;
    if (!isRight.test(held)) {
      differing++;
      firstDiffering = firstDiffering < 0 ? frame : firstDiffering;
    }
  }
}
