package dev.gnomon.machine.fuzz;

import dev.gnomon.machine.fuzz.WatchedMemory.Touch;
import dev.gnomon.machine.processor.Vmm;
import dev.gnomon.mmu.platform.Cpu;

/** Tells which accesses the VMM does for a vCPU. Entries that it reads or marks are none. */
record WatchedVmm(Vmm vmm, WatchedMemory watch) implements Vmm {

  @Override
  public long read(Cpu cpu, long gpa, int size) {
    watch.touched(Touch.VMM_READ, gpa, size);
    return vmm.read(cpu, gpa, size);
  }

  @Override
  public void write(Cpu cpu, long gpa, int size, long value) {
    watch.touched(Touch.VMM_WRITE, gpa, size);
    vmm.write(cpu, gpa, size, value);
  }

  @Override
  public long compareAndExchange(Cpu cpu, long gpa, int size, long expected, long value) {
    watch.touched(Touch.VMM_WRITE, gpa, size);
    return vmm.compareAndExchange(cpu, gpa, size, expected, value);
  }

  @Override
  public long readEntry(Cpu cpu, long gpa, int size) {
    return vmm.readEntry(cpu, gpa, size);
  }

  @Override
  public boolean updateEntry(Cpu cpu, long gpa, int size, long expected, long value) {
    return vmm.updateEntry(cpu, gpa, size, expected, value);
  }
}
