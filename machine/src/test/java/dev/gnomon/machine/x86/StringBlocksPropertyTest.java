package dev.gnomon.machine.x86;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Objects;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.lifecycle.AfterProperty;
import net.jqwik.api.lifecycle.BeforeProperty;
import org.jspecify.annotations.Nullable;

/** REP MOVS and REP STOS over several pages are what they are element by element. */
class StringBlocksPropertyTest {
  private static final long CODE = 0x1000;
  private static final int BASE = 0x4000;
  private static final int BYTES = 0x6000;
  private static final int MOST = 0x2000;

  private @Nullable X86Rig rig;

  @BeforeProperty
  void open() {
    rig = new X86Rig(2);
  }

  @AfterProperty
  void close() {
    if (rig != null) {
      rig.close();
    }
  }

  @Property(tries = 150)
  void movesAndStoresAreElementByElement(
      @ForAll boolean isMove,
      @ForAll boolean isBackward,
      @ForAll @IntRange(max = 2) int log2Size,
      @ForAll @IntRange(max = MOST) int source,
      @ForAll @IntRange(min = -40, max = 5000) int distance,
      @ForAll @IntRange(max = MOST) int bytes,
      @ForAll long seed) {
    X86Rig used = Objects.requireNonNull(rig);
    int size = 1 << log2Size;
    int count = bytes / size;
    byte[] memory = new byte[BYTES];
    new Random(seed).nextBytes(memory);
    used.load(BASE, memory);
    int from = 64 + source + (isBackward ? count * size : 0);
    int to = from + distance;
    model(memory, isMove, from, to, count, isBackward ? -size : size, size, (int) seed);

    CpuState state = used.state;
    used.startFlat(CODE);
    state.gpr[CpuState.RAX] = seed & 0xffff_ffffL;
    state.gpr[CpuState.RCX] = count;
    state.gpr[CpuState.RSI] = BASE + from;
    state.gpr[CpuState.RDI] = BASE + to;
    state.setRflags(isBackward ? Flags.DF : 0);
    String opcode = isMove ? (size == 1 ? "a4" : "a5") : size == 1 ? "aa" : "ab";
    used.load(CODE, (size == 2 ? "66" : "") + "f3" + opcode);
    assertThat(used.run(1)).isEqualTo(StopReason.COUNT);

    assertThat(state.gpr[CpuState.RCX]).isZero();
    int moved = isBackward ? -count * size : count * size;
    assertThat(state.gpr[CpuState.RDI]).isEqualTo(BASE + to + moved);
    for (int at = 0; at + 8 <= BYTES; at += 8) {
      long expected = 0;
      for (int i = 0; i < 8; i++) {
        expected |= (memory[at + i] & 0xffL) << 8 * i;
      }
      if (used.word(BASE + at) != expected) {
        assertThat(used.word(BASE + at)).as("at offset %x", at).isEqualTo(expected);
      }
    }
  }

  private static void model(
      byte[] memory, boolean isMove, int from, int to, int count, int step, int size, int value) {
    byte[] element = new byte[size];
    for (int i = 0; i < count; i++) {
      for (int b = 0; b < size; b++) {
        element[b] = isMove ? memory[from + i * step + b] : (byte) (value >> 8 * b);
      }
      System.arraycopy(element, 0, memory, to + i * step, size);
    }
  }
}
