package dev.gnomon.bench.boot;

import dev.gnomon.machine.x86.Board;
import dev.gnomon.machine.x86.X86Cpu;

/** A processor's pins, connected to nothing. */
final class NoBoard implements Board {
  @Override
  public long in(X86Cpu cpu, int port, int size) {
    return -1;
  }

  @Override
  public void out(X86Cpu cpu, int port, int size, long value) {}

  @Override
  public long mmioRead(X86Cpu cpu, long gpa, int size) {
    return -1;
  }

  @Override
  public void mmioWrite(X86Cpu cpu, long gpa, int size, long value) {}

  @Override
  public int nextInterrupt(X86Cpu cpu) {
    return -1;
  }

  @Override
  public boolean halt(X86Cpu cpu) {
    return false;
  }

  @Override
  public long timestampCounter(X86Cpu cpu) {
    return cpu.instructions();
  }
}
