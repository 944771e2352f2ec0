package dev.gnomon.machine.x86.nativeoracle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.gnomon.machine.x86.decode.Mnemonic;
import java.util.EnumSet;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Our engine against the machine's own processor. To see a failure again: {@code ./gnomon
 * instructions --cases 1 --seed} the seed that it names.
 */
class NativeOracleTest {
  private static final int CASES = 20_000;
  private static final int SEED = 20_000_000;

  @BeforeEach
  void isSupported() {
    assumeTrue(NativeProcessor.obstacle().isEmpty(), NativeProcessor::obstacle);
  }

  @Test
  void ourEngineEndsAsTheMachinesProcessorDoes() {
    try (NativeOracle oracle = new NativeOracle(List.of())) {
      for (long seed = SEED; seed < SEED + CASES; seed++) {
        Difference difference = oracle.run(seed);
        if (difference != null) {
          throw new AssertionError(difference.describe());
        }
      }
      assertThat(oracle.tally().cases()).isEqualTo(CASES);
      EnumSet<Mnemonic> untried = EnumSet.allOf(Mnemonic.class);
      untried.removeAll(oracle.tally().runs().keySet());
      untried.removeAll(oracle.lacking());
      untried.removeAll(NativeOracle.untried());
      assertThat(untried).isEmpty();
    }
  }

  @Test
  void aSeedAlwaysMakesTheSameProgram() {
    try (NativeProcessor processor = NativeProcessor.open()) {
      HostFeatures host = new HostFeatures(processor);
      ProgramGenerator generator = new ProgramGenerator(new Selection(host, List.of()), host);
      Program first = new Program(processor.arena());
      generator.generate(7, first);
      Program second = new Program(processor.arena());
      generator.generate(8, second);
      generator.generate(7, second);
      assertThat(second.bytes()).isEqualTo(first.bytes());
      assertThat(second.before.equals(first.before, -1L)).isTrue();
    }
  }

  @Test
  void whatCannotBeTriedIsRefused() {
    assertThatThrownBy(() -> new NativeOracle(List.of(Mnemonic.HLT)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("HLT");
  }

  @Test
  void aDifferenceIsSeenInEachPartOfTheState() {
    RegisterState state = new RegisterState();
    RegisterState other = new RegisterState();
    assertThat(state.equals(other, -1L)).isTrue();
    other.rflags = 0x10;
    assertThat(state.equals(other, -1L)).isFalse();
    assertThat(state.equals(other, ~0x10L)).isTrue();
    other.data[127] = 1;
    assertThat(state.equals(other, 0)).isFalse();
    other.set(state);
    other.xmm[31] = 1;
    assertThat(state.equals(other, 0)).isFalse();
    other.set(state);
    other.gpr[15] = 1;
    assertThat(state.equals(other, 0)).isFalse();
    other.set(state);
    other.mxcsr = 1;
    assertThat(state.equals(other, 0)).isFalse();
    other.set(state);
    other.rip = 1;
    assertThat(state.equals(other, 0)).isFalse();
  }
}
