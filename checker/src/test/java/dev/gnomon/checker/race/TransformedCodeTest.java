package dev.gnomon.checker.race;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gnomon.checker.race.seeded.Forbidden;
import dev.gnomon.checker.race.seeded.Instructions;
import dev.gnomon.checker.race.seeded.Shared;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What the transformer leaves as it is, and what it refuses. */
class TransformedCodeTest {
  /** Worked out by hand from the sources of {@link Instructions}, and by running them untouched. */
  private static final String RESULTS =
      "[7 7 15 1.0 20, 6 3 true b 4 0.25 [12, 4][12, true, 3],"
          + " 5long3shortPair[a=1, b=2]11ONE2,"
          + " a12[0, 1, 3]{x=[0, 1, 3, 9]}0+1+3x,"
          + " ArrayIndexOutOfBoundsException ArrayIndexOutOfBoundsException"
          + " NullPointerException NullPointerException ArrayStoreException"
          + " NullPointerException UnsupportedOperationException ]";

  @Test
  void codeComputesWhatItDidBefore() {
    assertThat(new Instructions().run()).isEqualTo(RESULTS);
  }

  @Test
  void itDoesSoWhileADetectorLooksOn() {
    List<String> results = new ArrayList<>();
    assertThat(Turns.of(1, turns -> turns.run(0, () -> results.add(new Instructions().run()))))
        .isEmpty();
    assertThat(results).containsExactly(RESULTS);
  }

  @Test
  void nothingIsLookedForOnOtherThreads() {
    Shared shared = new Shared();
    List<Race> races =
        Turns.of(
            2,
            turns -> {
              turns.run(0, shared::increment);
              Thread other = new Thread(shared::increment);
              other.start();
              try {
                other.join();
              } catch (InterruptedException e) {
                throw new AssertionError(e);
              }
              turns.run(0, shared::increment);
            });
    assertThat(races).isEmpty();
    assertThat(shared.readCount()).isEqualTo(3);
  }

  static List<Consumer<Forbidden>> forbidden() {
    return List.of(
        Forbidden::synchronizedMethod,
        Forbidden::synchronizedBlock,
        Forbidden::lock,
        Forbidden::threadLocal,
        Forbidden::yieldThread);
  }

  @ParameterizedTest
  @MethodSource("forbidden")
  void whatWouldHangACarrierIsRefusedThereAndNowhereElse(Consumer<Forbidden> action) {
    Forbidden object = new Forbidden();
    assertThatCode(() -> action.accept(object)).doesNotThrowAnyException();
    assertThatThrownBy(() -> Turns.of(1, turns -> turns.run(0, () -> action.accept(object))))
        .isInstanceOf(RefusedException.class)
        .hasMessageMatching("Forbidden\\.\\w+:\\d+ .*");
  }

  @Test
  void aMonitorIsNamedWithItsPlace() {
    assertThatThrownBy(() -> Turns.of(1, turns -> turns.run(0, new Forbidden()::synchronizedBlock)))
        .hasMessageMatching("Forbidden\\.synchronizedBlock:\\d+ enters a monitor: .*");
  }

  @Test
  void aClassInitialiserMayNotTouchThePort() {
    assertThatThrownBy(() -> Turns.of(1, turns -> turns.run(0, new Forbidden()::initializer)))
        .isInstanceOf(ExceptionInInitializerError.class)
        .hasRootCauseInstanceOf(RefusedException.class)
        .rootCause()
        .hasMessageContaining("SharedWords.get in a class initialiser");
  }
}
