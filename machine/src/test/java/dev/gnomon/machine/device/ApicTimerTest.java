package dev.gnomon.machine.device;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ApicTimerTest {
  private static final int PERIODIC = 1 << 17;
  private static final int DEADLINE = 2 << 17;
  private static final int BY_ONE = 0b1011;

  private final ApicTimer timer = new ApicTimer(true);

  @ParameterizedTest
  @CsvSource({"0,2", "1,4", "2,8", "3,16", "8,32", "9,64", "10,128", "11,1"})
  void clockIsDividedAsConfigured(int configuration, int divisor) {
    timer.setVector(0x40);
    timer.setDivideConfiguration(configuration, 0);
    timer.setInitialCount(1000, 0);
    assertThat(timer.nextExpiration(0)).isEqualTo(1000L * divisor);
    assertThat(timer.currentCount(10L * divisor)).isEqualTo(990);
  }

  @Test
  void oneShotExpiresOnceAndStaysAtZero() {
    timer.setVector(0x40);
    timer.setDivideConfiguration(BY_ONE, 0);
    timer.setInitialCount(5000, 100);
    assertThat(timer.hasExpired(5099, 0)).isFalse();
    assertThat(timer.hasExpired(5100, 0)).isTrue();
    assertThat(timer.hasExpired(99_999, 0)).isFalse();
    assertThat(timer.currentCount(99_999)).isZero();
    assertThat(timer.nextExpiration(0)).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void periodicExpiresAgainAndMissesCountOnce() {
    timer.setVector(PERIODIC | 0x40);
    timer.setDivideConfiguration(BY_ONE, 0);
    timer.setInitialCount(5000, 0);
    assertThat(timer.hasExpired(17_000, 0)).isTrue();
    assertThat(timer.hasExpired(19_999, 0)).isFalse();
    assertThat(timer.nextExpiration(0)).isEqualTo(20_000);
    assertThat(timer.currentCount(17_000)).isEqualTo(3000);
  }

  @Test
  void maskedTimerCountsButDoesNotInterrupt() {
    timer.setVector(ApicTimer.MASKED | 0x40);
    timer.setInitialCount(100, 0);
    assertThat(timer.hasExpired(1_000, 0)).isFalse();
  }

  @Test
  void deadlineIsComparedWithTheTimestampCounter() {
    timer.setVector(DEADLINE | 0x40);
    timer.setDeadline(10_000);
    assertThat(timer.nextExpiration(4_000)).isEqualTo(6_000);
    assertThat(timer.hasExpired(5_999, 4_000)).isFalse();
    assertThat(timer.hasExpired(6_000, 4_000)).isTrue();
    assertThat(timer.deadline()).isZero();
  }

  @Test
  void changeBetweenCountAndDeadlineDisarms() {
    timer.setVector(0x40);
    timer.setInitialCount(100, 0);
    timer.setVector(DEADLINE | 0x40);
    assertThat(timer.nextExpiration(0)).isEqualTo(Long.MAX_VALUE);
    timer.setDeadline(500);
    timer.setVector(0x40);
    assertThat(timer.nextExpiration(0)).isEqualTo(Long.MAX_VALUE);
    assertThat(timer.deadline()).isZero();
  }

  @Test
  void countGoesOnWhenItIsDividedOtherwise() {
    timer.setVector(0x40);
    timer.setDivideConfiguration(BY_ONE, 0);
    timer.setInitialCount(1000, 0);
    timer.setDivideConfiguration(0, 400);
    assertThat(timer.currentCount(400)).isEqualTo(600);
    assertThat(timer.nextExpiration(0)).isEqualTo(1600);
  }
}
