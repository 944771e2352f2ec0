package dev.gnomon.machine.guest.script;

import dev.gnomon.machine.lockstep.LockstepPlatform;
import dev.gnomon.machine.lockstep.Schedule;
import dev.gnomon.machine.memory.HostMemory;
import dev.gnomon.machine.thread.CpuThreads;
import dev.gnomon.machine.thread.ThreadPlatform;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** Runs a script once, on a machine of its own. */
final class ScriptBackends {
  private static final int FINEST_GRAIN = 4;
  private static final int GRAINS = 7;
  private static final int LONG_TURN = 500;
  private static final long MOST_STEPS = 20_000_000;

  private ScriptBackends() {}

  static ScriptResult onThreads(Script script) {
    try (HostMemory host = HostMemory.reserve(script.frames())) {
      return ScriptRun.run(script, new CpuThreads(new ThreadPlatform(host, script.cpus(), true)));
    }
  }

  /** Under a schedule whose grain comes from the seed; every second one has long turns. */
  static ScriptResult inLockstep(Script script, long seed) {
    Schedule schedule =
        new Schedule(
            seed,
            FINEST_GRAIN << Math.floorMod(seed, GRAINS),
            seed % 2 == 0 ? 0 : LONG_TURN,
            MOST_STEPS);
    try (HostMemory host = HostMemory.reserve(script.frames())) {
      LockstepPlatform platform = new LockstepPlatform(host, script.cpus(), true, schedule);
      return ScriptRun.run(script, platform.execution());
    }
  }

  /** Runs a text whose outcome does not depend on a schedule. */
  static ScriptResult run(String... lines) {
    return onThreads(Script.parse("s", String.join("\n", lines)));
  }

  /** A script of the test resources: {@code safe/aging}. */
  static Script load(String name) {
    try (InputStream in = ScriptBackends.class.getResourceAsStream(name + ".script")) {
      if (in == null) {
        throw new IllegalArgumentException("there is no " + name + ".script");
      }
      return Script.parse(name, new String(in.readAllBytes(), StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
