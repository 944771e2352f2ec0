package dev.gnomon.machine.guest.script;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Scripts that hold whatever the schedule, and scripts that some schedule breaks. */
class ScriptRunTest {
  private static final int THREAD_RUNS = 3;
  private static final int SAFE_SEEDS = 3;
  private static final int UNSAFE_SEEDS = 200;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "aging",
        "dirty-bitmap",
        "dirty-manual",
        "dirty-pml",
        "dirty-ring",
        "eviction",
        "fast-faults",
        "faults",
        "guest-tables",
        "large-pages",
        "locked",
        "mmio",
        "nx-huge-pages",
        "slot-moves",
        "slots",
        "write-tracking",
        "zap-all"
      })
  void aSafeScriptHoldsOnThreadsAndInLockstep(String name) {
    Script script = ScriptBackends.load("safe/" + name);
    for (int run = 0; run < THREAD_RUNS; run++) {
      assertThat(ScriptBackends.onThreads(script).describe()).as("threads").isEmpty();
    }
    for (long seed = 0; seed < SAFE_SEEDS; seed++) {
      assertThat(ScriptBackends.inLockstep(script, seed).describe()).as("seed " + seed).isEmpty();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "dirty-flush-if-changed",
        "dirty-flush-never",
        "fast-fault-large",
        "invalidate-retry",
        "tracking-flush",
        "zap-order"
      })
  void anUnsafeScriptIsViolatedUnderSomeSeed(String name) {
    Script script = ScriptBackends.load("unsafe/" + name);
    boolean isFound = false;
    for (long seed = 0; seed < UNSAFE_SEEDS && !isFound; seed++) {
      isFound = !ScriptBackends.inLockstep(script, seed).isClean();
    }
    assertThat(isFound).isTrue();
  }
}
