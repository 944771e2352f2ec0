package dev.gnomon.machine.recorder;

import dev.gnomon.machine.Mmio;
import dev.gnomon.machine.x86.Board;
import dev.gnomon.machine.x86.X86Cpu;
import dev.gnomon.mmu.platform.Cpu;
import org.jspecify.annotations.Nullable;

/** Leads a vCPU's accesses where no slot is to its board. */
final class MmioPins implements Mmio {
  private final Board board;
  private @Nullable X86Cpu processor;

  MmioPins(Board board) {
    this.board = board;
  }

  /** Says whose they are; before it runs. */
  void connect(X86Cpu cpu) {
    processor = cpu;
  }

  private X86Cpu processor() {
    X86Cpu cpu = processor;
    if (cpu == null) {
      throw new IllegalStateException("an access before there is a processor");
    }
    return cpu;
  }

  @Override
  public long read(Cpu cpu, long gpa, int size) {
    return board.mmioRead(processor(), gpa, size);
  }

  @Override
  public void write(Cpu cpu, long gpa, int size, long value) {
    board.mmioWrite(processor(), gpa, size, value);
  }
}
