package dev.gnomon.checker.race;

import org.jspecify.annotations.Nullable;

/**
 * The last write and the last reads of each variable of an object: of the elements of an array, or
 * of a collection, which is one variable.
 *
 * <p>Beside those of each variable there are those of all at once, so that filling an array costs
 * what has been touched of it, not its length. An access to one comes after the accesses to all,
 * and an access to all after those to each one.
 */
final class Shadow {
  /** Variables in a chunk: an array of which little is touched costs little. */
  private static final int CHUNK_SHIFT = 4;

  private static final int CHUNK_MASK = (1 << CHUNK_SHIFT) - 1;

  /** What is known of accesses to all variables at once: the last write, the last reads. */
  final long[] whole = new long[2];

  final int sizeClass;
  private final int chunkLength;
  private final long @Nullable [][] chunks;

  /** Which chunks were touched since it was taken into use. */
  private final boolean[] isTouched;

  private final int[] touched;
  private int touchedCount;

  /** Whether a table has it in use; set by that. */
  boolean isOwned;

  Shadow(int sizeClass) {
    this.sizeClass = sizeClass;
    int chunkClass = Math.min(sizeClass, CHUNK_SHIFT);
    chunkLength = 2 << chunkClass;
    int count = 1 << sizeClass - chunkClass;
    chunks = new long[count][];
    isTouched = new boolean[count];
    touched = new int[count];
  }

  /** log2 of how many variables a shadow for so many holds. */
  static int sizeClass(int variables) {
    return variables <= 1 ? 0 : Integer.SIZE - Integer.numberOfLeadingZeros(variables - 1);
  }

  /** Takes it into use for another object. What it holds is of another execution, so stays. */
  void take() {
    isOwned = true;
    for (int i = 0; i < touchedCount; i++) {
      isTouched[touched[i]] = false;
    }
    touchedCount = 0;
  }

  /** The chunk in which a variable has its two epochs. */
  long[] chunk(int variable) {
    int number = variable >>> CHUNK_SHIFT;
    long[] chunk = chunks[number];
    return chunk != null && isTouched[number] ? chunk : touch(number);
  }

  private long[] touch(int number) {
    isTouched[number] = true;
    touched[touchedCount++] = number;
    long[] chunk = chunks[number];
    if (chunk == null) {
      chunk = new long[chunkLength];
      chunks[number] = chunk;
    }
    return chunk;
  }

  /** Where in its chunk the last write of a variable is; the last reads are behind it. */
  static int writeIndex(int variable) {
    return 2 * (variable & CHUNK_MASK);
  }

  /** How many chunks were touched. */
  int touchedChunks() {
    return touchedCount;
  }

  /** The number of the first variable of a touched chunk. */
  int firstOfTouched(int i) {
    return touched[i] << CHUNK_SHIFT;
  }

  /** How many variables a chunk has. */
  int chunkSize() {
    return chunkLength / 2;
  }
}
