package dev.gnomon.machine.fuzz;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Runs random guests, each under every configuration, until one diverges. Guest {@code i} of seed
 * {@code s} is the guest of seed {@code s + i}.
 */
public final class Fuzzer implements AutoCloseable {
  /**
   * A guest that does not see what its tables say.
   *
   * @param seed of the guest
   * @param script what it does
   * @param what is wrong
   */
  public record Finding(long seed, Script script, String what) {}

  private final Map<String, ScriptRunner> runners = new LinkedHashMap<>();
  private final List<FuzzConfig> configs;
  private long guests;

  /** Makes one for some configurations. */
  public Fuzzer(List<FuzzConfig> configs) {
    this.configs = List.copyOf(configs);
    configs.forEach(config -> runners.put(config.name(), new ScriptRunner(config)));
  }

  /** Runs the guest of a seed under every configuration; null if all is well. */
  public @Nullable Finding run(long seed) {
    guests++;
    for (FuzzConfig config : configs) {
      Finding finding = run(config, seed);
      if (finding != null) {
        return finding;
      }
    }
    return null;
  }

  private @Nullable Finding run(FuzzConfig config, long seed) {
    Script script = ScriptMaker.make(config, seed);
    String what = runner(config).run(script);
    return what == null ? null : new Finding(seed, script, what);
  }

  private ScriptRunner runner(FuzzConfig config) {
    return runners.computeIfAbsent(config.name(), name -> new ScriptRunner(config));
  }

  /** Runs a script on a new VM; what is wrong, or null. */
  public static @Nullable String replay(Script script) {
    try (ScriptRunner runner = new ScriptRunner(script.config())) {
      return runner.run(script);
    }
  }

  /**
   * Drops operations as long as the script still diverges.
   *
   * @param isOver says that this has taken long enough
   * @return the finding itself, if it does not show on a new VM
   */
  public static Finding shrink(Finding finding, BooleanSupplier isOver) {
    Finding best = finding;
    try (ScriptRunner runner = new ScriptRunner(finding.script.config())) {
      int piece = Math.max(1, finding.script.size() / 2);
      while (piece > 0 && !isOver.getAsBoolean()) {
        boolean isShorter = false;
        int at = best.script.size() - piece;
        while (at >= 0 && !isOver.getAsBoolean()) {
          List<Operation> fewer = new ArrayList<>(best.script.operations());
          fewer.subList(at, at + piece).clear();
          Script shorter = best.script.with(fewer);
          String what = runner.run(shorter);
          if (what != null) {
            best = new Finding(finding.seed, shorter, what);
            isShorter = true;
          }
          at = Math.min(at - piece, best.script.size() - piece);
        }
        if (!isShorter || piece > 1) {
          piece /= 2;
        }
      }
    }
    return best;
  }

  /** How many guests were run, each under every configuration. */
  public long guests() {
    return guests;
  }

  /** How many operations were done. */
  public long operations() {
    return runners.values().stream().mapToLong(ScriptRunner::operations).sum();
  }

  /** How many of them under one of the configurations. */
  public long operations(FuzzConfig config) {
    ScriptRunner runner = runners.get(config.name());
    return runner == null ? 0 : runner.operations();
  }

  @Override
  public void close() {
    runners.values().forEach(ScriptRunner::close);
  }
}
