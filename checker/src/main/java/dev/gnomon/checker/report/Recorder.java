package dev.gnomon.checker.report;

import dev.gnomon.checker.property.Violation;
import dev.gnomon.checker.report.MachineState.Buffered;
import dev.gnomon.checker.report.MachineState.Held;
import dev.gnomon.checker.report.MachineState.Processor;
import dev.gnomon.checker.schedule.MemoryModel;
import dev.gnomon.checker.schedule.ReplayListener;
import dev.gnomon.checker.schedule.Step;
import dev.gnomon.machine.VirtualMachine;
import dev.gnomon.machine.processor.Vcpu;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.function.LongUnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Records a counterexample while it is replayed: it is the listener of the replay, called after
 * each step, while nothing runs and accesses are no steps; the program that is replayed says by
 * {@link #watch} what machine it has built. A program without a machine gets a report of its steps
 * alone.
 *
 * <p>For one replay, by one thread.
 */
public final class Recorder implements ReplayListener {
  private final MemoryModel memoryModel;
  private final Landmarks landmarks = new Landmarks();
  private final TreeMap<Integer, String> names = new TreeMap<>();
  private final List<Moment> moments = new ArrayList<>();
  private final List<Held> locks = new ArrayList<>();
  private final List<Buffered> buffers = new ArrayList<>();
  private @Nullable MachineStateReader reader;
  private @Nullable StepReader steps;
  private MachineState start = MachineState.UNKNOWN;
  private MachineState last = MachineState.UNKNOWN;

  public Recorder(MemoryModel memoryModel) {
    this.memoryModel = memoryModel;
  }

  /**
   * Says what machine the steps are taken on. To be called outside bodies, when it is prepared,
   * right before the bodies start whose steps matter.
   */
  public void watch(VirtualMachine vm, List<Vcpu> vcpus) {
    reader = new MachineStateReader(vm, vcpus, landmarks);
    steps = new StepReader(vm, landmarks);
    last = reader.read(vm.execution().platform().memory()::getLong, true);
    if (moments.isEmpty()) {
      start = last;
    }
  }

  @Override
  public void stepped(Step step, LongUnaryOperator memory) {
    if (step.kind() != Step.Kind.COMMIT) {
      names.put(step.cpu(), step.name());
    }
    MachineState before = last;
    MachineState machine =
        reader == null ? MachineState.UNKNOWN : reader.read(memory, writesMemory(step));
    StepReader.Meaning meaning = steps == null ? StepReader.withoutMachine(step) : steps.read(step);
    meaning = withMode(meaning, step, before, machine);
    follow(step, meaning.text());
    last = with(machine);
    moments.add(new Moment(step, meaning.subject(), meaning.text(), meaning.isMinor(), last));
  }

  private static boolean writesMemory(Step step) {
    return step.hpa() >= 0
        && switch (step.kind()) {
          case STORE, COMMIT, READ_MODIFY_WRITE, FILL, COPY, FREE -> true;
          default -> false;
        };
  }

  /** The recording, when the last step was taken. */
  public Recording finish(
      Recording.Scenario scenario, Recording.Search search, Violation violation) {
    List<Lane> lanes =
        names.entrySet().stream().map(name -> new Lane(name.getKey(), name.getValue())).toList();
    List<Moment> told = Relevance.judge(moments, violation.property());
    return new Recording(scenario, search, violation, lanes, start, told);
  }

  /** The state itself if nothing is new about locks and buffers either. */
  private MachineState with(MachineState machine) {
    MachineState now = machine.with(locks, buffers);
    return now.equals(last) ? last : now;
  }

  /** Who holds what follows from the steps; so do store buffers, where there are any. */
  private void follow(Step step, String text) {
    switch (step.kind()) {
      case LOCK -> locks.add(new Held(step.target(), step.cpu()));
      case UNLOCK -> locks.remove(new Held(step.target(), step.cpu()));
      case STORE -> {
        if (memoryModel == MemoryModel.TSO) {
          buffers.add(new Buffered(step.cpu(), text));
        }
      }
      case COMMIT -> {
        for (int i = 0; i < buffers.size(); i++) {
          if (buffers.get(i).cpu() == step.cpu()) {
            buffers.remove(i);
            return;
          }
        }
      }
      default -> {}
    }
  }

  /** Says by name what a step did to a vCPU's mode; the word of that may hold requests too. */
  private static StepReader.Meaning withMode(
      StepReader.Meaning meaning, Step step, MachineState before, MachineState after) {
    if (meaning.subject() != Subject.GUEST_MODE && meaning.subject() != Subject.REQUEST) {
      return meaning;
    }
    for (int i = 0; i < after.processors().size(); i++) {
      Processor now = after.processors().get(i);
      if (i < before.processors().size()
          && before.processors().get(i).isInGuest() != now.isInGuest()) {
        String verb = step.kind() == Step.Kind.COMMIT ? "commit: " : "";
        String text = "vcpu " + now.index() + (now.isInGuest() ? " enters" : " leaves");
        return new StepReader.Meaning(Subject.GUEST_MODE, verb + text + " guest mode", false);
      }
    }
    return meaning;
  }
}
