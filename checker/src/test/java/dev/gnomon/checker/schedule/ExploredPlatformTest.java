package dev.gnomon.checker.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gnomon.machine.port.Backend;
import dev.gnomon.machine.port.PlatformContract;
import dev.gnomon.machine.thread.Execution;
import java.util.function.Consumer;
import org.junit.jupiter.api.Nested;

/**
 * The contract under the explorer. Its programs are too long to be explored wholly: of each the
 * first executions of a search, and some by chance.
 */
class ExploredPlatformTest {

  @Nested
  class WithAbstractLocks extends PlatformContract {
    @Override
    protected Backend backend() {
      return new Explored(MemoryModel.SC, true);
    }
  }

  @Nested
  class WithLocksOfWords extends PlatformContract {
    @Override
    protected Backend backend() {
      return new Explored(MemoryModel.SC, false);
    }
  }

  @Nested
  class WithAbstractLocksUnderTso extends PlatformContract {
    @Override
    protected Backend backend() {
      return new Explored(MemoryModel.TSO, true);
    }
  }

  @Nested
  class WithLocksOfWordsUnderTso extends PlatformContract {
    @Override
    protected Backend backend() {
      return new Explored(MemoryModel.TSO, false);
    }
  }

  private static final class Explored implements Backend {
    private static final int SEARCHED = 100;
    private static final int BY_CHANCE = 30;
    private static final int FEW = 2;
    private static final int MANY = 5;

    /** So few that no two CPUs have frames of the same number modulo {@link #FRAMES}. */
    private static final int FRAMES_OF_SEVERAL = 512;

    private final MemoryModel model;
    private final boolean hasAbstractLocks;
    private int repeats;

    Explored(MemoryModel model, boolean hasAbstractLocks) {
      this.model = model;
      this.hasAbstractLocks = hasAbstractLocks;
    }

    @Override
    public void explore(int cpus, Consumer<Execution> program) {
      repeats = FEW;
      explore(exploration(cpus, program).maxExecutions(SEARCHED));
      if (cpus > 1) {
        explore(exploration(cpus, program).mode(Mode.PCT).maxExecutions(BY_CHANCE));
        exploreFairly(cpus, program);
      }
    }

    @Override
    public void exploreFairly(int cpus, Consumer<Execution> program) {
      repeats = MANY;
      explore(exploration(cpus, program).mode(Mode.RANDOM).maxExecutions(BY_CHANCE));
    }

    private Exploration exploration(int cpus, Consumer<Execution> program) {
      Exploration exploration =
          Exploration.of(
                  execution -> {
                    program.accept(execution);
                    return null;
                  })
              .cpus(cpus)
              .framesPerCpu(cpus == 1 ? (int) FRAMES : FRAMES_OF_SEVERAL)
              .memoryModel(model);
      return hasAbstractLocks ? exploration : exploration.locksOfWords();
    }

    private static void explore(Exploration exploration) {
      assertThat(exploration.explore().counterexample()).isNull();
    }

    @Override
    public boolean saysThatOthersWait() {
      return !hasAbstractLocks;
    }

    @Override
    public int accesses() {
      return repeats;
    }

    @Override
    public int repeats() {
      return repeats;
    }

    @Override
    public int meetings() {
      return repeats;
    }
  }
}
