package dev.gnomon.machine.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gnomon.machine.InputException;
import java.security.SecureRandom;
import java.util.List;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.Test;

/** Random guests for a few seconds; {@code gnomon fuzz} runs them for as long as one likes. */
class FuzzTest {
  private static final long FIXED_SEED = 20_251_121;
  private static final long NANOS = 2_500_000_000L;

  /** Shadow paging is young: fresh guests for it are left to the command, these few are known. */
  private static final int SHADOW_GUESTS = 4;

  private static final List<FuzzConfig> CONFIGS =
      FuzzConfig.all().stream().filter(config -> !config.isShadow()).toList();

  @Test
  void guestsOfAFixedSeedSeeWhatTheirTablesSay() {
    run(FIXED_SEED);
  }

  @Test
  void guestsOfAFreshSeedSeeWhatTheirTablesSay() {
    run(new SecureRandom().nextInt(1_000_000_000));
  }

  @Test
  void guestsUnderShadowPagingSeeWhatTheirTablesSay() {
    List<FuzzConfig> shadow = FuzzConfig.all().stream().filter(FuzzConfig::isShadow).toList();
    try (Fuzzer fuzzer = new Fuzzer(shadow)) {
      for (int i = 0; i < SHADOW_GUESTS; i++) {
        assertThat(fuzzer.run(1000 + i)).as("guest %d", i).isNull();
      }
    }
  }

  @Test
  void aPageOf4MiBIsATableOnceThereAreNone() {
    replay(
        "config shadow-32",
        "processor 36 giant no-pse36",
        "boot 1 330",
        "write 406000 8 8ab",
        "write 2838 8 b8c8221b37296d31",
        "modes 1 10b0",
        "read 1810 2");
  }

  @Test
  void pdptesAreLoadedOnlyByTheChangesThatLoadThem() {
    replay(
        "config shadow",
        "processor 36 no-giant no-pse36",
        "boot 2 431",
        "write 40007018 8 13e7f",
        "boot 2 d21",
        "modes 2 19ba");
  }

  private static void replay(String... lines) {
    try (Fuzzer fuzzer = new Fuzzer(List.of())) {
      assertThat(fuzzer.replay(Script.parse("script", List.of(lines)))).isNull();
    }
  }

  private static void run(long first) {
    System.out.println("fuzz: seed " + first);
    long end = System.nanoTime() + NANOS;
    try (Fuzzer fuzzer = new Fuzzer(CONFIGS)) {
      for (long seed = first; System.nanoTime() - end < 0; seed++) {
        assertThat(fuzzer.run(seed)).as("guest of seed %d", seed).isNull();
      }
      assertThat(fuzzer.operations()).isPositive();
    }
  }

  @Test
  void aScriptReadsAsItWasWritten() {
    Script script = ScriptMaker.make(CONFIGS.getFirst(), 1);
    assertThat(Script.parse("script", script.lines())).isEqualTo(script);
  }

  @Test
  void theSameSeedGivesTheSameGuest() {
    FuzzConfig config = CONFIGS.getFirst();
    assertThat(ScriptMaker.make(config, 7)).isEqualTo(ScriptMaker.make(config, 7));
    assertThat(ScriptMaker.make(config, 7)).isNotEqualTo(ScriptMaker.make(config, 8));
  }

  @Test
  void aLineThatMeansNothingIsNamed() {
    Assertions.assertThatThrownBy(() -> Script.parse("script", List.of("config npt", "dance 1")))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith("script:2: ");
  }
}
