package dev.gnomon.machine.memory;

import dev.gnomon.machine.InputException;
import dev.gnomon.mmu.platform.Cpu;

/** Where pages go that are taken out of memory: numbered slots of 4 KiB. Any CPU may call. */
public interface SwapSpace {

  /**
   * For a host that has none: only pages that were never written can be taken out of its memory.
   */
  SwapSpace NONE =
      new SwapSpace() {
        @Override
        public long allocate(Cpu cpu) {
          throw new InputException("there is no swap file to write pages to");
        }

        @Override
        public void free(Cpu cpu, long slot) {
          throw new IllegalStateException("no swap slot can be in use");
        }

        @Override
        public void write(Cpu cpu, long slot, long pfn) {
          throw new IllegalStateException("no swap slot can be in use");
        }

        @Override
        public void read(Cpu cpu, long slot, long pfn) {
          throw new IllegalStateException("no swap slot can be in use");
        }
      };

  /**
   * Takes a slot.
   *
   * @throws InputException if all are taken
   */
  long allocate(Cpu cpu);

  /**
   * Gives a slot back.
   *
   * @throws IllegalStateException if it is not taken
   */
  void free(Cpu cpu, long slot);

  /**
   * Writes a frame to a slot.
   *
   * @throws InputException if that fails, for instance because the disk is full; what the slot then
   *     holds is undefined
   */
  void write(Cpu cpu, long slot, long pfn);

  /**
   * Reads a slot into a frame.
   *
   * @throws InputException if that fails; what the frame then holds is undefined
   */
  void read(Cpu cpu, long slot, long pfn);
}
