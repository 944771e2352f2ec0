package dev.gnomon.machine.thread;

import dev.gnomon.machine.memory.HostMemory;
import dev.gnomon.machine.port.Backend;
import dev.gnomon.machine.port.PlatformContract;
import java.util.function.Consumer;

/** The contract on real threads: chance decides how they meet, so they meet often. */
class ThreadPlatformTest extends PlatformContract {
  private static final int ACCESSES = 4_000_000;
  private static final int REPEATS = 400_000;
  private static final int MEETINGS = 3_000;

  @Override
  protected Backend backend() {
    return new Backend() {
      @Override
      public void explore(int cpus, Consumer<Execution> program) {
        try (HostMemory host = HostMemory.reserve(FRAMES)) {
          program.accept(new CpuThreads(new ThreadPlatform(host, cpus, true)));
        }
      }

      @Override
      public int accesses() {
        return ACCESSES;
      }

      @Override
      public int repeats() {
        return REPEATS;
      }

      @Override
      public int meetings() {
        return MEETINGS;
      }
    };
  }
}
