package dev.gnomon.machine.migration;

import dev.gnomon.machine.VirtualMachine;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.PhysicalMemory;

/** A VM's memory as a row of frames, holes left out, as the VMM reads and writes it. */
final class GuestFrames {
  private final VirtualMachine vm;
  private final long count;
  private final long lowFrames;

  GuestFrames(VirtualMachine vm) {
    this.vm = vm;
    count = vm.memoryMap().frames();
    lowFrames = PhysicalMemory.pfn(vm.memoryMap().lowBytes());
  }

  /** How many frames there are. */
  long count() {
    return count;
  }

  /** The first frame at or after one that was ever touched, or {@link #count}. */
  long nextTouched(long frame) {
    long base = vm.baseHvn();
    return vm.hostSpace().nextTouched(base + frame, base + count) - base;
  }

  boolean isTouched(long frame) {
    long hvn = vm.baseHvn() + frame;
    return vm.hostSpace().nextTouched(hvn, hvn + 1) == hvn;
  }

  /** Reads a whole frame. */
  void read(Cpu cpu, long frame, byte[] into) {
    vm.hostSpace().read(cpu, hva(frame), into, 0, PhysicalMemory.FRAME_SIZE);
  }

  /** Writes a whole frame. */
  void write(Cpu cpu, long frame, byte[] content) {
    vm.hostSpace().write(cpu, hva(frame), content, 0, PhysicalMemory.FRAME_SIZE);
  }

  private long hva(long frame) {
    return PhysicalMemory.hpa(vm.baseHvn() + frame);
  }

  /** Where the guest sees a frame. */
  long gpa(long frame) {
    return vm.memoryMap().gpaOfFrame(frame);
  }

  /** The slot that a frame lies in. */
  int slot(long frame) {
    return frame < lowFrames ? VirtualMachine.LOW_SLOT : VirtualMachine.HIGH_SLOT;
  }

  /** The first frame of a slot. */
  long slotStart(int slot) {
    return slot == VirtualMachine.LOW_SLOT ? 0 : lowFrames;
  }

  /** The frame after the last of a slot. */
  long slotEnd(int slot) {
    return slot == VirtualMachine.LOW_SLOT ? lowFrames : count;
  }
}
