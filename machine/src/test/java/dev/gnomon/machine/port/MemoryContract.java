package dev.gnomon.machine.port;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.gnomon.machine.thread.Execution;
import dev.gnomon.mmu.platform.PhysicalMemory;
import java.util.Arrays;
import java.util.function.ObjLongConsumer;
import org.junit.jupiter.api.Test;

/** What each operation of {@link PhysicalMemory} does when nobody else is there. */
abstract class MemoryContract {
  private static final long PATTERN = 0x8899AABBCCDDEEFFL;

  private final Backend backend;

  MemoryContract(Backend backend) {
    this.backend = backend;
  }

  @Test
  void whatIsStoredIsLoadedInEveryWidth() {
    withFrame(
        (memory, at) -> {
          memory.setByte(at + 1, (byte) -2);
          memory.setShort(at + 2, (short) -3);
          memory.setInt(at + 4, -4);
          memory.setLong(at + 8, -5);
          assertThat(memory.getByte(at + 1)).isEqualTo((byte) -2);
          assertThat(memory.getShort(at + 2)).isEqualTo((short) -3);
          assertThat(memory.getInt(at + 4)).isEqualTo(-4);
          assertThat(memory.getLong(at + 8)).isEqualTo(-5);
        });
  }

  @Test
  void bytesOfAWordLieInLittleEndianOrder() {
    withFrame(
        (memory, at) -> {
          memory.setLong(at, PATTERN);
          assertThat(memory.getInt(at)).isEqualTo(0xCCDDEEFF);
          assertThat(memory.getInt(at + 4)).isEqualTo(0x8899AABB);
          assertThat(memory.getShort(at + 2)).isEqualTo((short) 0xCCDD);
          assertThat(memory.getByte(at + 7)).isEqualTo((byte) 0x88);
        });
  }

  @Test
  void aNarrowStoreLeavesTheRestOfTheWord() {
    withFrame(
        (memory, at) -> {
          memory.setLong(at, PATTERN);
          memory.setByte(at + 1, (byte) 0);
          assertThat(memory.getLong(at)).isEqualTo(0x8899AABBCCDD00FFL);
          memory.setShort(at + 6, (short) 0);
          assertThat(memory.getLong(at)).isEqualTo(0x0000AABBCCDD00FFL);
          memory.setInt(at, 0);
          assertThat(memory.getLong(at)).isEqualTo(0x0000AABB00000000L);
        });
  }

  @Test
  void eachReadModifyWriteOfALongReturnsWhatWasThere() {
    withFrame(
        (memory, at) -> {
          memory.setLong(at, 0b1100);
          assertThat(memory.compareAndExchangeLong(at, 1, 7)).isEqualTo(0b1100);
          assertThat(memory.compareAndExchangeLong(at, 0b1100, 0b1010)).isEqualTo(0b1100);
          assertThat(memory.getAndAndLong(at, 0b0110)).isEqualTo(0b1010);
          assertThat(memory.getAndOrLong(at, 0b1000)).isEqualTo(0b0010);
          assertThat(memory.getAndAddLong(at, -11)).isEqualTo(0b1010);
          assertThat(memory.getAndSetLong(at, PATTERN)).isEqualTo(-1);
          assertThat(memory.getLong(at)).isEqualTo(PATTERN);
        });
  }

  @Test
  void eachReadModifyWriteOfAnIntReturnsWhatWasThere() {
    withFrame(
        (memory, at) -> {
          memory.setInt(at, 0b1100);
          assertThat(memory.compareAndExchangeInt(at, 1, 7)).isEqualTo(0b1100);
          assertThat(memory.compareAndExchangeInt(at, 0b1100, 0b1010)).isEqualTo(0b1100);
          assertThat(memory.getAndAndInt(at, 0b0110)).isEqualTo(0b1010);
          assertThat(memory.getAndOrInt(at, 0b1000)).isEqualTo(0b0010);
          assertThat(memory.getAndAddInt(at, -11)).isEqualTo(0b1010);
          assertThat(memory.getAndSetInt(at, 7)).isEqualTo(-1);
          assertThat(memory.getInt(at)).isEqualTo(7);
        });
  }

  @Test
  void aReadModifyWriteOfAnIntLeavesItsNeighbours() {
    withFrame(
        (memory, at) -> {
          memory.setLong(at, -1);
          memory.setLong(at + 8, -1);
          memory.getAndAddInt(at + 4, 1);
          memory.getAndAndInt(at + 8, 0);
          assertThat(memory.getLong(at)).isEqualTo(0xFFFF_FFFFL);
          assertThat(memory.getLong(at + 8)).isEqualTo(0xFFFF_FFFF_0000_0000L);
        });
  }

  @Test
  void misalignedAccessesThrow() {
    withFrame(
        (memory, at) -> {
          rejects(memory, at + 1, PhysicalMemory::getShort);
          rejects(memory, at + 2, PhysicalMemory::getInt);
          rejects(memory, at + 4, PhysicalMemory::getLong);
          rejects(memory, at + 1, (m, a) -> m.setShort(a, (short) 1));
          rejects(memory, at + 2, (m, a) -> m.setInt(a, 1));
          rejects(memory, at + 4, (m, a) -> m.setLong(a, 1));
          rejectsReadModifyWrites(memory, at + 2, at + 4);
        });
  }

  @Test
  void addressesOutsideTheMemoryThrow() {
    withFrame(
        (memory, at) -> {
          for (long outside : new long[] {-8, 1L << 62, Long.MIN_VALUE}) {
            rejects(memory, outside, PhysicalMemory::getByte);
            rejects(memory, outside, PhysicalMemory::getShort);
            rejects(memory, outside, PhysicalMemory::getInt);
            rejects(memory, outside, PhysicalMemory::getLong);
            rejects(memory, outside, (m, a) -> m.setByte(a, (byte) 1));
            rejects(memory, outside, (m, a) -> m.setShort(a, (short) 1));
            rejects(memory, outside, (m, a) -> m.setInt(a, 1));
            rejects(memory, outside, (m, a) -> m.setLong(a, 1));
            rejectsReadModifyWrites(memory, outside, outside);
            rejects(memory, outside, (m, a) -> m.fill(PhysicalMemory.pfn(a), 1));
            rejects(
                memory, outside, (m, a) -> m.copy(PhysicalMemory.pfn(a), PhysicalMemory.pfn(at)));
            rejects(
                memory, outside, (m, a) -> m.copy(PhysicalMemory.pfn(at), PhysicalMemory.pfn(a)));
            rejects(memory, outside, (m, a) -> m.read(a, new byte[8], 0, 8));
            rejects(memory, outside, (m, a) -> m.write(a, new byte[8], 0, 8));
          }
        });
  }

  @Test
  void aFrameIsFilledWithOneValue() {
    withFrame(
        (memory, at) -> {
          for (long value : new long[] {PATTERN, 0}) {
            memory.fill(PhysicalMemory.pfn(at), value);
            assertThat(longs(memory, at)).containsOnly(value);
          }
        });
  }

  @Test
  void aFrameIsCopiedWhole() {
    backend.explore(
        1,
        execution -> {
          PhysicalMemory memory = execution.platform().memory();
          long from = frame(execution);
          long to = frame(execution);
          for (int i = 0; i < PhysicalMemory.FRAME_SIZE; i += 8) {
            memory.setLong(from + i, i * PATTERN);
          }
          memory.copy(PhysicalMemory.pfn(from), PhysicalMemory.pfn(to));
          assertThat(longs(memory, to)).isEqualTo(longs(memory, from));
        });
  }

  @Test
  void bytesAreCopiedOutAndIn() {
    withFrame(
        (memory, at) -> {
          memory.fill(PhysicalMemory.pfn(at), 0);
          memory.write(at + 3, new byte[] {9, 1, 2, 3, 9}, 1, 3);
          assertThat(memory.getLong(at)).isEqualTo(0x0000_0302_0100_0000L);
          byte[] bytes = {7, 7, 7, 7, 7};
          memory.read(at + 3, bytes, 1, 3);
          assertThat(bytes).containsExactly(7, 1, 2, 3, 7);
        });
  }

  @Test
  void bytesOfTwoFramesAreNotCopiedAtOnce() {
    withFrame(
        (memory, at) -> {
          long last = at + PhysicalMemory.FRAME_SIZE - 1;
          rejects(memory, last, (m, a) -> m.read(a, new byte[2], 0, 2));
          rejects(memory, last, (m, a) -> m.write(a, new byte[2], 0, 2));
        });
  }

  private static void rejectsReadModifyWrites(PhysicalMemory memory, long badInt, long badLong) {
    rejects(memory, badInt, (m, a) -> m.compareAndExchangeInt(a, 0, 1));
    rejects(memory, badInt, (m, a) -> m.getAndSetInt(a, 1));
    rejects(memory, badInt, (m, a) -> m.getAndAddInt(a, 1));
    rejects(memory, badInt, (m, a) -> m.getAndAndInt(a, 1));
    rejects(memory, badInt, (m, a) -> m.getAndOrInt(a, 1));
    rejects(memory, badLong, (m, a) -> m.compareAndExchangeLong(a, 0, 1));
    rejects(memory, badLong, (m, a) -> m.getAndSetLong(a, 1));
    rejects(memory, badLong, (m, a) -> m.getAndAddLong(a, 1));
    rejects(memory, badLong, (m, a) -> m.getAndAndLong(a, 1));
    rejects(memory, badLong, (m, a) -> m.getAndOrLong(a, 1));
  }

  private static void rejects(
      PhysicalMemory memory, long hpa, ObjLongConsumer<PhysicalMemory> use) {
    assertThatIllegalArgumentException().isThrownBy(() -> use.accept(memory, hpa));
  }

  private void withFrame(ObjLongConsumer<PhysicalMemory> test) {
    backend.explore(1, execution -> test.accept(execution.platform().memory(), frame(execution)));
  }

  /** The address of a new frame. */
  static long frame(Execution execution) {
    return PhysicalMemory.hpa(execution.platform().frames().allocate(execution.cpu(0)));
  }

  private static long[] longs(PhysicalMemory memory, long hpa) {
    long[] content = new long[PhysicalMemory.FRAME_SIZE / Long.BYTES];
    Arrays.setAll(content, i -> memory.getLong(hpa + (long) i * Long.BYTES));
    return content;
  }
}
