package dev.gnomon.machine;

import dev.gnomon.mmu.platform.Cpu;

/**
 * What lies at guest-physical addresses that no memslot holds. Called by the vCPU's CPU, outside
 * guest mode.
 */
public interface Mmio {

  /** Nothing there: reads give ones, writes go nowhere. */
  Mmio UNCLAIMED =
      new Mmio() {
        @Override
        public long read(Cpu cpu, long gpa, int size) {
          return -1L >>> Long.SIZE - 8 * size;
        }

        @Override
        public void write(Cpu cpu, long gpa, int size, long value) {
          // Nobody listens.
        }
      };

  /** Reads 1, 2, 4 or 8 bytes within one page; the value is zero-extended. */
  long read(Cpu cpu, long gpa, int size);

  /** Writes 1, 2, 4 or 8 bytes within one page. */
  void write(Cpu cpu, long gpa, int size, long value);
}
