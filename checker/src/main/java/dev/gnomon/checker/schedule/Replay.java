package dev.gnomon.checker.schedule;

import dev.gnomon.checker.property.Violation;
import dev.gnomon.mmu.platform.PhysicalMemory;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** An execution once more, for a reader. */
final class Replay {
  private final Explorer explorer;
  private final int cpus;

  Replay(Program program, Setup setup) {
    cpus = setup.cpus();
    explorer = new Explorer(program, setup);
  }

  @Nullable Violation run(Schedule schedule, ReplayListener listener) {
    explorer.stage().onlooker().setListener(new Teller(listener));
    return explorer.run(new ReplayDirector(schedule, cpus), false);
  }

  private final class Teller implements StepListener {
    private final ReplayListener listener;
    private int number;

    Teller(ReplayListener listener) {
      this.listener = listener;
    }

    @Override
    public void stepped(
        Mover mover,
        Operation operation,
        @Nullable Location location,
        boolean writes,
        long before,
        long after) {
      if (operation == Operation.BEGIN || operation == Operation.TAKE_AGAIN) {
        return;
      }
      tell(mover, kind(operation, writes), location, target(operation, location), before, after);
    }

    @Override
    public void chose(Mover mover, int outcomes, int chosen) {
      tell(mover, Step.Kind.CHOICE, null, chosen + " of " + outcomes, 0, chosen);
    }

    @Override
    public void refused(Mover mover, Location location) {
      tell(mover, Step.Kind.REFUSED, location, String.valueOf(location), 0, 0);
    }

    private static String target(Operation operation, @Nullable Location location) {
      return location
          + switch (operation) {
            case LOCK_SHARED, UNLOCK_SHARED -> " (shared)";
            default -> "";
          };
    }

    private void tell(
        Mover mover,
        Step.Kind kind,
        @Nullable Location location,
        String target,
        long before,
        long after) {
      List<String> callers = Places.callers();
      ExploredWords words =
          location != null && location.words instanceof ExploredWords explored ? explored : null;
      listener.stepped(
          new Step(
              ++number,
              mover.cpu,
              mover.name,
              kind,
              location == null && kind != Step.Kind.CHOICE ? "" : target,
              hpa(location),
              words,
              words == null ? 0 : location.index,
              before,
              after,
              callers.isEmpty() ? "" : callers.get(0),
              callers.size() < 2 ? "" : callers.get(1)),
          explorer.execution()::peek);
    }
  }

  private static long hpa(@Nullable Location location) {
    if (location == null || location.frame == null) {
      return -1;
    }
    long start = PhysicalMemory.hpa(location.frame.pfn);
    return location.isWholeFrame ? start : start + 8L * location.index;
  }

  private static Step.Kind kind(Operation operation, boolean writes) {
    return switch (operation) {
      case LOAD, BEGIN -> Step.Kind.LOAD;
      case CHOOSE -> Step.Kind.CHOICE;
      case STORE -> Step.Kind.STORE;
      case READ_MODIFY_WRITE -> writes ? Step.Kind.READ_MODIFY_WRITE : Step.Kind.FAILED_EXCHANGE;
      case COMMIT -> Step.Kind.COMMIT;
      case FENCE -> Step.Kind.FENCE;
      case AWAIT, RETRY -> Step.Kind.AWAIT;
      case LOCK_SHARED, LOCK_EXCLUSIVE -> Step.Kind.LOCK;
      case UNLOCK_SHARED, UNLOCK_EXCLUSIVE -> Step.Kind.UNLOCK;
      case READ_FRAME -> Step.Kind.COPY;
      case WRITE_FRAME -> Step.Kind.FILL;
      case FREE, TAKE_AGAIN -> Step.Kind.FREE;
    };
  }
}
