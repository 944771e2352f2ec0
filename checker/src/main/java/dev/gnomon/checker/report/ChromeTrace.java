package dev.gnomon.checker.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gnomon.checker.schedule.Step;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A counterexample in the trace-event format that chrome://tracing and Perfetto open.
 *
 * <p>A step takes a microsecond. The CPUs are threads of one process: a slice for each operation,
 * in it one for each of its steps. The locks are threads of a second process: a slice for each time
 * that one was held.
 *
 * <p>Source: "Trace Event Format", the Chromium project.
 */
public final class ChromeTrace {
  private static final int CPUS = 1;
  private static final int LOCKS = 2;

  /** The trace, as JSON. */
  public String print(Recording recording) {
    ObjectNode root = JsonNodeFactory.instance.objectNode();
    root.put("displayTimeUnit", "ns");
    ObjectNode about = root.putObject("otherData");
    about.put("scenario", recording.scenario().name());
    about.put("rules", recording.scenario().describeRules());
    about.put("found", recording.describe());
    about.put("violation", recording.violation().toString());
    new Events(root.putArray("traceEvents"), recording).add();
    try {
      return new ObjectMapper().writeValueAsString(root) + "\n";
    } catch (JsonProcessingException e) {
      throw new AssertionError("a tree of plain values", e);
    }
  }

  /** An operation of a CPU that goes on. */
  private record Open(String operation, int from, int to) {}

  private static final class Events {
    private final ArrayNode events;
    private final Recording recording;
    private final Map<String, Integer> lockThreads = new HashMap<>();

    Events(ArrayNode events, Recording recording) {
      this.events = events;
      this.recording = recording;
    }

    void add() {
      name("process_name", CPUS, 0, recording.scenario().name());
      List<Lane> lanes = recording.lanes();
      for (int i = 0; i < lanes.size(); i++) {
        name("thread_name", CPUS, i, lanes.get(i).name());
        sortIndex(i);
      }
      addOperations();
      for (int i = 0; i < recording.moments().size(); i++) {
        addStep(recording.moments().get(i), i);
      }
      addLocks();
      ObjectNode violation = event("i", CPUS, 0, recording.violation().property().label());
      violation.put("ts", recording.moments().size());
      violation.put("s", "g");
      violation.putObject("args").put("message", recording.violation().message());
    }

    private ObjectNode event(String phase, int process, int thread, String name) {
      ObjectNode event = events.addObject();
      event.put("ph", phase).put("pid", process).put("tid", thread).put("name", name);
      return event;
    }

    private void name(String what, int process, int thread, String name) {
      event("M", process, thread, what).putObject("args").put("name", name);
    }

    private void sortIndex(int thread) {
      event("M", CPUS, thread, "thread_sort_index").putObject("args").put("sort_index", thread);
    }

    private ObjectNode slice(int process, int thread, String name, int from, int to) {
      return event("X", process, thread, name).put("ts", from).put("dur", to - from);
    }

    // --- operations and steps ---

    private void addOperations() {
      @Nullable Open[] open = new Open[recording.lanes().size()];
      List<Moment> moments = recording.moments();
      for (int i = 0; i < moments.size(); i++) {
        int lane = recording.lane(moments.get(i).step().cpu());
        Open current = open[lane];
        String operation = moments.get(i).operation();
        if (current != null && current.operation().equals(operation)) {
          open[lane] = new Open(operation, current.from(), i + 1);
        } else {
          addOperation(lane, current);
          open[lane] = new Open(operation, i, i + 1);
        }
      }
      for (int lane = 0; lane < open.length; lane++) {
        addOperation(lane, open[lane]);
      }
    }

    private void addOperation(int lane, @Nullable Open open) {
      if (open != null && !open.operation().isEmpty()) {
        slice(CPUS, lane, open.operation(), open.from(), open.to()).put("cat", "operation");
      }
    }

    private void addStep(Moment moment, int from) {
      Step step = moment.step();
      int lane = recording.lane(step.cpu());
      ObjectNode slice = slice(CPUS, lane, moment.text(), from, from + 1);
      slice.put("cat", moment.subject().name().toLowerCase(Locale.ROOT));
      ObjectNode args = slice.putObject("args");
      args.put("step", step.number());
      args.put("kind", step.kind().name());
      args.put("target", step.target());
      args.put("before", StepText.hex(step.before()));
      args.put("after", StepText.hex(step.after()));
      args.put("place", step.place());
      args.put("caller", step.caller());
    }

    // --- locks ---

    private void addLocks() {
      Map<MachineState.Held, Integer> since = new HashMap<>();
      List<Moment> moments = recording.moments();
      for (MachineState.Held held : recording.start().locks()) {
        since.put(held, 0);
      }
      for (int i = 0; i < moments.size(); i++) {
        List<MachineState.Held> now = moments.get(i).after().locks();
        int end = i + 1;
        for (MachineState.Held held : new ArrayList<>(since.keySet())) {
          if (!now.contains(held)) {
            addHeld(held, since.remove(held), end);
          }
        }
        for (MachineState.Held held : now) {
          since.putIfAbsent(held, i);
        }
      }
      since.forEach((held, from) -> addHeld(held, from, moments.size()));
    }

    /** A lock that is shared has a thread for each who holds it: slices of one must nest. */
    private void addHeld(MachineState.Held held, int from, int to) {
      String holder = StateSections.name(held.cpu(), recording.lanes());
      String thread = held.lock() + " by " + holder;
      Integer number = lockThreads.get(thread);
      if (number == null) {
        if (lockThreads.isEmpty()) {
          name("process_name", LOCKS, 0, "locks");
        }
        number = lockThreads.size();
        lockThreads.put(thread, number);
        name("thread_name", LOCKS, number, thread);
      }
      slice(LOCKS, number, thread, from, to).put("cat", "held");
    }
  }
}
