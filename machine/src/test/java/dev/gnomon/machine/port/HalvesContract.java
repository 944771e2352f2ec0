package dev.gnomon.machine.port;

import static dev.gnomon.machine.port.MemoryContract.frame;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.gnomon.machine.thread.Execution;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.PhysicalMemory;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** Memory as a 32-bit host reaches it, and what others see of it who read 8 bytes at once. */
abstract class HalvesContract {
  private static final long PATTERN = 0x8899AABBCCDDEEFFL;
  private static final int HALF = Integer.BYTES;

  private final Backend backend;

  HalvesContract(Backend backend) {
    this.backend = backend;
  }

  @Test
  void aHostOf32BitsReachesTheSameMemory() {
    backend.explore(
        1,
        execution -> {
          PhysicalMemory whole = execution.platform().memory();
          PhysicalMemory halved = whole.ofWords(32);
          long at = frame(execution);
          halved.setLong(at, PATTERN);
          assertThat(whole.getLong(at)).isEqualTo(PATTERN);
          assertThat(halved.getLong(at)).isEqualTo(PATTERN);
          assertThat(halved.getAndSetLong(at, -PATTERN)).isEqualTo(PATTERN);
          assertThat(halved.compareAndExchangeLong(at, -PATTERN, 7)).isEqualTo(-PATTERN);
          assertThat(halved.getAndOrLong(at, 1L << 40)).isEqualTo(7);
          assertThat(halved.getAndAndLong(at, 1L << 40 | 3)).isEqualTo(1L << 40 | 7);
          assertThat(halved.getAndAddLong(at, -4)).isEqualTo(1L << 40 | 3);
          assertThat(whole.getLong(at)).isEqualTo((1L << 40) - 1);
          assertThat(halved.getInt(at + HALF)).isEqualTo(0xff);
          assertThat(halved.getShort(at + HALF)).isEqualTo((short) 0xff);
          assertThat(halved.getByte(at + HALF + 1)).isZero();
        });
  }

  @Test
  void aHostOf64BitsReachesItAsItIs() {
    backend.explore(
        1,
        execution -> {
          PhysicalMemory memory = execution.platform().memory();
          assertThat(memory.ofWords(64)).isSameAs(memory);
          assertThatIllegalArgumentException().isThrownBy(() -> memory.ofWords(16));
        });
  }

  @Test
  void aMisalignedLongIsRefusedThereToo() {
    backend.explore(
        1,
        execution -> {
          PhysicalMemory halved = execution.platform().memory().ofWords(32);
          long at = frame(execution) + HALF;
          assertThatIllegalArgumentException().isThrownBy(() -> halved.getLong(at));
          assertThatIllegalArgumentException().isThrownBy(() -> halved.setLong(at, 1));
          assertThatIllegalArgumentException().isThrownBy(() -> halved.getAndSetLong(at, 1));
        });
  }

  @Test
  void whoLoadsALongSeesItsHalvesInTheOrderInWhichTheyWereStored() {
    beside(
        (memory, at) -> {
          for (int round = 1; round <= backend.accesses(); round++) {
            memory.setInt(at + HALF, round);
            memory.setInt(at, round);
          }
        },
        (memory, at) -> {
          long seen = memory.getLong(at);
          assertThat((int) (seen >>> Integer.SIZE)).isBetween((int) seen, (int) seen + 1);
        });
  }

  @Test
  void whoLoadsHalvesSeesThemInTheOrderInWhichTheyWereStored() {
    beside(
        (memory, at) -> {
          for (int round = 1; round <= backend.accesses(); round++) {
            memory.setInt(at + HALF, round);
            memory.setInt(at, round);
          }
        },
        (memory, at) -> {
          int low = memory.getInt(at);
          assertThat(memory.getInt(at + HALF)).isGreaterThanOrEqualTo(low);
        });
  }

  @Test
  void nothingComesBetweenTheHalvesOfAnExchange() {
    beside(
        (memory, at) -> {
          PhysicalMemory halved = memory.ofWords(32);
          for (long round = 1; round <= backend.accesses(); round++) {
            halved.getAndSetLong(at, round << Integer.SIZE | round);
          }
        },
        (memory, at) -> {
          long seen = memory.getLong(at);
          assertThat(seen >>> Integer.SIZE).isEqualTo((int) seen);
        });
  }

  /** One CPU writes while another looks again and again; both get the address of 8 zero bytes. */
  private void beside(
      BiConsumer<PhysicalMemory, Long> write, BiConsumer<PhysicalMemory, Long> look) {
    backend.explore(
        2,
        execution -> {
          PhysicalMemory memory = execution.platform().memory();
          long at = frame(execution);
          memory.setLong(at, 0);
          Meeting start = new Meeting(execution.platform(), 2);
          start(execution, 0, "writes", start, cpu -> write.accept(memory, at));
          start(
              execution,
              1,
              "looks",
              start,
              cpu -> {
                for (int round = 0; round < backend.accesses(); round++) {
                  look.accept(memory, at);
                }
              });
          execution.join();
        });
  }

  private static void start(
      Execution execution, int cpu, String name, Meeting start, Consumer<Cpu> body) {
    execution.start(
        cpu,
        name,
        each -> {
          start.meet(each);
          body.accept(each);
        });
  }
}
