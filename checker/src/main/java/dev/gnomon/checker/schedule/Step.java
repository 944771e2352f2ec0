package dev.gnomon.checker.schedule;

import dev.gnomon.mmu.platform.SharedWords;
import org.jspecify.annotations.Nullable;

/**
 * A step of an execution that is replayed for a reader.
 *
 * @param number from 1
 * @param cpu who took it, an index of the platform's
 * @param name what its body is called: {@code vcpu 0}, {@code host 1}
 * @param kind what it did
 * @param target what it did it to, in words: {@code MmuLock WRITER}, {@code memory 0x5008}; of a
 *     lock, the same when it is taken and when it is given back
 * @param hpa the word of memory, or the first of the frame, or -1 if it was none
 * @param words the shared words, or null if it was none of those
 * @param index which of them
 * @param before what the word held; what a choice or a lock is about has 0
 * @param after what it holds now; for a load, what was read
 * @param place the line of the MMU or the machine that took it: {@code SpteWriter.replace:120}
 * @param caller the operation that the line belongs to: {@code TdpZapper.zapRange:88}
 */
public record Step(
    int number,
    int cpu,
    String name,
    Kind kind,
    String target,
    long hpa,
    @Nullable SharedWords words,
    int index,
    long before,
    long after,
    String place,
    String caller) {

  /** What a step does. */
  public enum Kind {
    LOAD,
    STORE,
    /** A store leaves a CPU's buffer for memory. */
    COMMIT,
    READ_MODIFY_WRITE,
    /** A compare-and-exchange that found another value. */
    FAILED_EXCHANGE,
    FENCE,
    /** A wait that is over. */
    AWAIT,
    LOCK,
    UNLOCK,
    CHOICE,
    FILL,
    COPY,
    FREE,
    /** An access to a frame that was freed: the execution ends here. */
    REFUSED
  }
}
