package dev.gnomon.checker.race;

import org.jspecify.annotations.Nullable;

/**
 * The last write and the last reads of each variable of an object: of the elements of an array, or
 * of a collection as a whole.
 */
final class Shadow {
  /** Variables in a chunk: an array of which little is touched costs little. */
  private static final int CHUNK_SHIFT = 7;

  private static final int CHUNK_MASK = (1 << CHUNK_SHIFT) - 1;

  final int sizeClass;
  private final int chunkLength;
  private final long @Nullable [][] chunks;

  /** Whether a table has it in use; set by that. */
  boolean isOwned;

  Shadow(int sizeClass) {
    this.sizeClass = sizeClass;
    int chunkClass = Math.min(sizeClass, CHUNK_SHIFT);
    chunkLength = 2 << chunkClass;
    chunks = new long[1 << sizeClass - chunkClass][];
  }

  /** log2 of how many variables a shadow for so many holds. */
  static int sizeClass(int variables) {
    return variables <= 1 ? 0 : Integer.SIZE - Integer.numberOfLeadingZeros(variables - 1);
  }

  /** The chunk in which a variable has its two epochs. */
  long[] chunk(int variable) {
    long[] chunk = chunks[variable >>> CHUNK_SHIFT];
    return chunk != null ? chunk : newChunk(variable);
  }

  private long[] newChunk(int variable) {
    long[] chunk = new long[chunkLength];
    chunks[variable >>> CHUNK_SHIFT] = chunk;
    return chunk;
  }

  /** Where in its chunk the last write of a variable is; the last reads are behind it. */
  static int writeIndex(int variable) {
    return 2 * (variable & CHUNK_MASK);
  }
}
