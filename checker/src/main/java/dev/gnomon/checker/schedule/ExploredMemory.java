package dev.gnomon.checker.schedule;

import dev.gnomon.mmu.platform.PhysicalMemory;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Physical memory of which each access is a step. Accesses of less than eight bytes are to a part
 * of their word.
 */
final class ExploredMemory extends PhysicalMemory {
  static final Accesses.Change EXCHANGE_IF = (value, operand, expected) -> operand;
  static final Accesses.Change EXCHANGE = (value, operand, expected) -> operand;
  static final Accesses.Change ADD = (value, operand, expected) -> value + operand;
  static final Accesses.Change AND = (value, operand, expected) -> value & operand;
  static final Accesses.Change OR = (value, operand, expected) -> value | operand;

  /** Eight bytes of an array as a word. */
  private static final VarHandle BYTES =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private static final long ADDRESS = 0x000f_ffff_ffff_f000L;

  private final Stage stage;
  private final ExploredFrames frames;
  private final boolean isWalker;
  private final ExploredMemory walker;

  ExploredMemory(Stage stage, ExploredFrames frames) {
    this.stage = stage;
    this.frames = frames;
    isWalker = false;
    walker = new ExploredMemory(this);
  }

  private ExploredMemory(ExploredMemory memory) {
    stage = memory.stage;
    frames = memory.frames;
    isWalker = true;
    walker = this;
  }

  @Override
  public PhysicalMemory ofPageWalks() {
    return walker;
  }

  // --- whole words ---

  private Frame frame(long hpa, int size) {
    if ((hpa & size - 1) != 0) {
      throw new IllegalArgumentException(
          "misaligned access of " + size + " bytes at 0x" + Long.toHexString(hpa));
    }
    return frames.at(pfn(hpa));
  }

  private static int word(long hpa) {
    return (int) hpa >>> 3 & Frame.WORDS - 1;
  }

  private long load(long hpa, int size) {
    Frame frame = frame(hpa, size);
    int word = word(hpa);
    if (!stage.isConcurrent()) {
      return checked(frame, word).words[word];
    }
    if (frame.isPrivateTo(stage)) {
      return frame.words[word];
    }
    Location location = frame.location(word);
    return isWalker ? stage.accesses().walk(location) : stage.accesses().load(location);
  }

  private void store(long hpa, int size, long value, long mask) {
    Frame frame = frame(hpa, size);
    int word = word(hpa);
    if (!stage.isConcurrent()) {
      long[] words = checked(frame, word).forWriting();
      words[word] = words[word] & ~mask | value & mask;
      return;
    }
    publish(value);
    if (frame.isPrivateTo(stage)) {
      long[] words = frame.forWriting();
      words[word] = words[word] & ~mask | value & mask;
    } else {
      stage.accesses().store(frame.location(word), value, mask);
    }
  }

  private long change(
      long hpa,
      int size,
      Accesses.Change change,
      long operand,
      long expected,
      long mask,
      int shift) {
    Frame frame = frame(hpa, size);
    int word = word(hpa);
    if (stage.isConcurrent()) {
      publish(operand << shift);
      if (!frame.isPrivateTo(stage)) {
        return stage
            .accesses()
            .readModifyWrite(frame.location(word), change, operand, expected, mask, shift);
      }
    }
    long before = checked(frame, word).words[word];
    long held = (before & mask) >>> shift;
    if (change != EXCHANGE_IF || held == expected) {
      long changed = change.apply(held, operand, expected);
      frame.forWriting()[word] = before & ~mask | changed << shift & mask;
    }
    return held;
  }

  private Frame checked(Frame frame, int word) {
    if (!frame.isAllocated()) {
      stage.violate(frame.useAfterFree(frame.location(word)));
    }
    return frame;
  }

  /** Who stores the address of a frame, or its number, may let others know of it. */
  void publish(long value) {
    frames.publish(pfn(value & ADDRESS));
    frames.publish(value);
  }

  /**
   * Who gives a lock back may let others know of all it has; what it wrote into Java objects under
   * the lock does not pass here.
   */
  void publishAll(int cpu) {
    frames.publishAll(cpu);
  }

  /** The location of a word, for those who wait for it. */
  Location location(long hpa) {
    return frame(hpa, Long.BYTES).location(word(hpa));
  }

  /** The value of a word, without a step. */
  long peek(long hpa) {
    return frame(hpa, Long.BYTES).words[word(hpa)];
  }

  // --- parts of words ---

  private static int shift(long hpa) {
    return (int) (hpa & 7) << 3;
  }

  @Override
  public byte getByte(long hpa) {
    return (byte) (load(hpa, 1) >>> shift(hpa));
  }

  @Override
  public short getShort(long hpa) {
    return (short) (load(hpa, 2) >>> shift(hpa));
  }

  @Override
  public int getInt(long hpa) {
    return (int) (load(hpa, 4) >>> shift(hpa));
  }

  @Override
  public long getLong(long hpa) {
    return load(hpa, 8);
  }

  @Override
  public void setByte(long hpa, byte value) {
    store(hpa, 1, (value & 0xffL) << shift(hpa), 0xffL << shift(hpa));
  }

  @Override
  public void setShort(long hpa, short value) {
    store(hpa, 2, (value & 0xffffL) << shift(hpa), 0xffffL << shift(hpa));
  }

  @Override
  public void setInt(long hpa, int value) {
    store(hpa, 4, (value & 0xffff_ffffL) << shift(hpa), 0xffff_ffffL << shift(hpa));
  }

  @Override
  public void setLong(long hpa, long value) {
    store(hpa, 8, value, -1);
  }

  private int changeInt(long hpa, Accesses.Change change, int operand, int expected) {
    int shift = shift(hpa);
    return (int)
        change(
            hpa,
            4,
            change,
            operand & 0xffff_ffffL,
            expected & 0xffff_ffffL,
            0xffff_ffffL << shift,
            shift);
  }

  private long changeLong(long hpa, Accesses.Change change, long operand, long expected) {
    return change(hpa, 8, change, operand, expected, -1, 0);
  }

  @Override
  public int compareAndExchangeInt(long hpa, int expected, int value) {
    return changeInt(hpa, EXCHANGE_IF, value, expected);
  }

  @Override
  public int getAndSetInt(long hpa, int value) {
    return changeInt(hpa, EXCHANGE, value, 0);
  }

  @Override
  public int getAndAddInt(long hpa, int delta) {
    return changeInt(hpa, ADD, delta, 0);
  }

  @Override
  public int getAndAndInt(long hpa, int mask) {
    return changeInt(hpa, AND, mask, 0);
  }

  @Override
  public int getAndOrInt(long hpa, int mask) {
    return changeInt(hpa, OR, mask, 0);
  }

  @Override
  public long compareAndExchangeLong(long hpa, long expected, long value) {
    return changeLong(hpa, EXCHANGE_IF, value, expected);
  }

  @Override
  public long getAndSetLong(long hpa, long value) {
    return changeLong(hpa, EXCHANGE, value, 0);
  }

  @Override
  public long getAndAddLong(long hpa, long delta) {
    return changeLong(hpa, ADD, delta, 0);
  }

  @Override
  public long getAndAndLong(long hpa, long mask) {
    return changeLong(hpa, AND, mask, 0);
  }

  @Override
  public long getAndOrLong(long hpa, long mask) {
    return changeLong(hpa, OR, mask, 0);
  }

  // --- whole frames ---

  private Frame forBulk(long pfn, Operation operation) {
    Frame frame = frames.at(pfn);
    if (stage.isConcurrent()) {
      if (!frame.isPrivateTo(stage)) {
        stage.accesses().onFrame(frame, operation);
      }
    } else {
      checked(frame, 0);
    }
    return frame;
  }

  @Override
  public void fill(long pfn, long value) {
    Arrays.fill(forBulk(pfn, Operation.WRITE_FRAME).forWriting(), value);
  }

  @Override
  public void copy(long fromPfn, long toPfn) {
    long[] content = forBulk(fromPfn, Operation.READ_FRAME).words.clone();
    System.arraycopy(
        content, 0, forBulk(toPfn, Operation.WRITE_FRAME).forWriting(), 0, content.length);
  }

  @Override
  public void read(long hpa, byte[] into, int offset, int length) {
    if (length > 0) {
      checkWithin(hpa, length);
      long[] words = forBulk(pfn(hpa), Operation.READ_FRAME).words;
      int i = 0;
      if (shift(hpa) == 0) {
        for (; i + Long.BYTES <= length; i += Long.BYTES) {
          BYTES.set(into, offset + i, words[word(hpa + i)]);
        }
      }
      for (; i < length; i++) {
        into[offset + i] = (byte) (words[word(hpa + i)] >>> shift(hpa + i));
      }
    }
  }

  @Override
  public void write(long hpa, byte[] from, int offset, int length) {
    if (length > 0) {
      checkWithin(hpa, length);
      long[] words = forBulk(pfn(hpa), Operation.WRITE_FRAME).forWriting();
      int i = 0;
      if (shift(hpa) == 0) {
        for (; i + Long.BYTES <= length; i += Long.BYTES) {
          words[word(hpa + i)] = (long) BYTES.get(from, offset + i);
        }
      }
      for (; i < length; i++) {
        int word = word(hpa + i);
        int shift = shift(hpa + i);
        words[word] = words[word] & ~(0xffL << shift) | (from[offset + i] & 0xffL) << shift;
      }
    }
  }

  private static void checkWithin(long hpa, int length) {
    if ((hpa & FRAME_SIZE - 1) + length > FRAME_SIZE) {
      throw new IllegalArgumentException(
          length + " bytes at 0x" + Long.toHexString(hpa) + " cross a frame");
    }
  }
}
