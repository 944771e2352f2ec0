package dev.gnomon.cli.instructions;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.gnomon.cli.Gnomon;
import dev.gnomon.cli.usage.ExitStatus;
import dev.gnomon.machine.x86.nativeoracle.NativeProcessor;
import org.junit.jupiter.api.Test;

class InstructionsCommandTest {
  private final Gnomon gnomon = new Gnomon();

  @Test
  void aRunThatFindsNothingSaysWhatItTried() {
    assumeTrue(NativeProcessor.obstacle().isEmpty(), NativeProcessor::obstacle);
    assertThat(gnomon.runLine("instructions --cases 50 --seed 3 --only shld,PADDB"))
        .isEqualTo(ExitStatus.OK);
    assertThat(gnomon.out())
        .startsWith("seed 3; ")
        .contains("50 programs, ", "instructions of 2 mnemonics", "no difference")
        .containsPattern("PADDB +\\d+ +SHLD +\\d+");
  }

  @Test
  void whatThereIsCanBeListed() {
    assertThat(gnomon.runLine("instructions --only ?")).isEqualTo(ExitStatus.OK);
    assertThat(gnomon.out()).contains(" CMPXCHG8B ").doesNotContain("HLT", "INVALID");
  }

  @Test
  void anUnknownInstructionIsAnErrorOfOneLine() {
    assertThat(gnomon.runLine("instructions --only PADDX")).isEqualTo(ExitStatus.USAGE);
    assertThat(gnomon.err())
        .containsExactly("gnomon: no instruction 'PADDX'; the nearest known is 'PADDB'");
  }

  @Test
  void anInstructionThatCannotBeTriedIsAnErrorOfOneLine() {
    assumeTrue(NativeProcessor.obstacle().isEmpty(), NativeProcessor::obstacle);
    assertThat(gnomon.runLine("instructions --only HLT")).isEqualTo(ExitStatus.USAGE);
    assertThat(gnomon.err())
        .containsExactly("gnomon: none of these instructions can be tried: [HLT]");
  }
}
