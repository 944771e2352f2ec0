package dev.gnomon.checker.schedule;

import dev.gnomon.machine.port.Backend;
import dev.gnomon.machine.port.PlatformContract;
import dev.gnomon.machine.thread.Execution;
import java.util.function.Consumer;

/**
 * The explorer's back end keeps the contract of the port, with locks made of words. The programs of
 * the contract are too long to be explored wholly: some of their executions are tried at random.
 */
class ExploredPlatformTest extends PlatformContract {
  private static final int EXECUTIONS = 40;

  @Override
  protected Backend backend() {
    return new Backend() {
      @Override
      public void explore(int cpus, Consumer<Execution> program) {
        Result result =
            Exploration.of(
                    execution -> {
                      program.accept(execution);
                      return null;
                    })
                .cpus(cpus)
                .framesPerCpu((int) (FRAMES / cpus))
                .locksOfWords()
                .mode(Mode.RANDOM)
                .maxExecutions(EXECUTIONS)
                .explore();
        if (result.isViolated()) {
          throw new AssertionError(result.counterexample());
        }
      }

      @Override
      public int accesses() {
        return 8;
      }

      @Override
      public int repeats() {
        return 4;
      }

      @Override
      public int meetings() {
        return 2;
      }
    };
  }
}
