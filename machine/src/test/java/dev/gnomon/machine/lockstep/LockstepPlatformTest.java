package dev.gnomon.machine.lockstep;

import dev.gnomon.machine.memory.HostMemory;
import dev.gnomon.machine.port.Backend;
import dev.gnomon.machine.port.PlatformContract;
import dev.gnomon.machine.thread.Execution;
import java.util.function.Consumer;

/** The contract in lockstep, under schedules from fine to coarse. */
class LockstepPlatformTest extends PlatformContract {
  private static final int SEEDS = 100;
  private static final int REPEATS = 8;

  @Override
  protected Backend backend() {
    return new Backend() {
      @Override
      public void explore(int cpus, Consumer<Execution> program) {
        int schedules = cpus == 1 ? 1 : SEEDS;
        for (long seed = 0; seed < schedules; seed++) {
          explore(cpus, program, Schedule.of(seed));
        }
      }

      private void explore(int cpus, Consumer<Execution> program, Schedule schedule) {
        try (HostMemory host = HostMemory.reserve(FRAMES)) {
          program.accept(new LockstepPlatform(host, cpus, true, schedule).execution());
        } catch (AssertionError e) {
          throw new AssertionError("with " + schedule, e);
        }
      }

      @Override
      public int accesses() {
        return REPEATS;
      }

      @Override
      public int repeats() {
        return REPEATS;
      }

      @Override
      public int meetings() {
        return REPEATS;
      }
    };
  }
}
