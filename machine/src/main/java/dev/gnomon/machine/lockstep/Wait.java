package dev.gnomon.machine.lockstep;

/** A word that a CPU waits for, and what it must no longer hold. */
sealed interface Wait {

  /** Whether the word has changed. */
  boolean isOver();

  /** The word, as a number for the trace. */
  long place();

  record OnWord(LockstepWords words, int index, long seen) implements Wait {
    @Override
    public boolean isOver() {
      return words.peek(index) != seen;
    }

    @Override
    public long place() {
      return words.place(index);
    }

    @Override
    public String toString() {
      return "word " + index + " of " + words + " to change from " + Long.toHexString(seen);
    }
  }

  record OnMemory(LockstepMemory memory, long hpa, long seen) implements Wait {
    @Override
    public boolean isOver() {
      return memory.peek(hpa) != seen;
    }

    @Override
    public long place() {
      return memory.place(hpa);
    }

    @Override
    public String toString() {
      return "memory at " + Long.toHexString(hpa) + " to change from " + Long.toHexString(seen);
    }
  }
}
