package dev.gnomon.machine.processor;

/**
 * The instruction that makes the access under way. Asked when it writes to memory that holds a
 * table which the MMU shadows: what is no table any more had better not be emulated again and
 * again.
 */
public interface WritingInstruction {

  /** A store, as guest code makes them that is no machine code. */
  WritingInstruction STORE =
      new WritingInstruction() {
        @Override
        public boolean editsTables() {
          return true;
        }

        @Override
        public long rip() {
          return 0;
        }
      };

  /** Whether it is one with which operating systems edit page tables. */
  boolean editsTables();

  /** Its address. */
  long rip();
}
