package dev.gnomon.checker.report;

import dev.gnomon.checker.property.Violation;
import dev.gnomon.checker.schedule.MemoryModel;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * An execution that broke a property, as it was seen step by step when it was replayed. Immutable.
 *
 * @param scenario what was explored
 * @param search how it was found
 * @param violation what broke
 * @param lanes the CPUs that took part, by index
 * @param start the machine before the first step
 * @param moments the steps, in order
 */
public record Recording(
    Scenario scenario,
    Search search,
    Violation violation,
    List<Lane> lanes,
    MachineState start,
    List<Moment> moments) {

  public Recording {
    lanes = List.copyOf(lanes);
    moments = List.copyOf(moments);
  }

  /**
   * What was explored.
   *
   * @param name of the scenario
   * @param prose what it is about, as its author put it; may be empty, may have several paragraphs
   * @param rules the rules by name, as far as they are not at their defaults, in order
   */
  public record Scenario(String name, String prose, Map<String, String> rules) {
    public Scenario {
      rules = Collections.unmodifiableMap(new LinkedHashMap<>(rules));
    }

    /** The rules as they are given to the command: {@code tdp-write=plain pfn-dirty=on-clear}. */
    public String describeRules() {
      return rules.isEmpty()
          ? "all at their defaults"
          : String.join(
              " ",
              rules.entrySet().stream()
                  .map(rule -> rule.getKey() + "=" + rule.getValue())
                  .toList());
    }
  }

  /**
   * How it was found.
   *
   * @param seed of a random search; 0 if there was no chance in it
   * @param preemptions how often a CPU that could have gone on had to wait for another
   * @param isShortest whether none has fewer preemptions, or as many and fewer steps
   */
  public record Search(MemoryModel memoryModel, long seed, int preemptions, boolean isShortest) {}

  /** The place among the lanes of a CPU. */
  public int lane(int cpu) {
    for (int i = 0; i < lanes.size(); i++) {
      if (lanes.get(i).cpu() == cpu) {
        return i;
      }
    }
    throw new IllegalArgumentException("CPU " + cpu + " took no part");
  }

  /** The facts about it in a line: {@code 41 steps, 1 preemption, proven shortest; ...}. */
  public String describe() {
    int preemptions = search.preemptions();
    return moments.size()
        + (moments.size() == 1 ? " step, " : " steps, ")
        + preemptions
        + (preemptions == 1 ? " preemption, " : " preemptions, ")
        + (search.isShortest() ? "proven shortest" : "not proven shortest")
        + "; memory model "
        + label(search.memoryModel())
        + (search.seed() == 0 ? "" : "; seed " + search.seed());
  }

  static String label(MemoryModel model) {
    return switch (model) {
      case SC -> "sc";
      case TSO -> "tso";
    };
  }
}
