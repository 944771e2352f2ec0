package dev.gnomon.machine.fuzz;

import dev.gnomon.machine.InputException;
import dev.gnomon.mmu.arch.PagingFeatures;
import java.util.ArrayList;
import java.util.List;

/**
 * A guest: what its processor offers, and all that it and its host do.
 *
 * @param config the configuration to run it under
 * @param features what CPUID offers
 * @param operations in order
 */
public record Script(FuzzConfig config, PagingFeatures features, List<Operation> operations) {
  public Script {
    operations = List.copyOf(operations);
  }

  Script with(List<Operation> others) {
    return new Script(config, features, others);
  }

  /** How many operations there are. */
  public int size() {
    return operations.size();
  }

  /** As lines that {@link #parse} reads. */
  public List<String> lines() {
    List<String> lines = new ArrayList<>();
    lines.add("config " + config.name());
    lines.add(
        "processor %d %s %s"
            .formatted(
                features.physicalAddressBits(),
                features.hasGiantPages() ? "giant" : "no-giant",
                features.hasPse36() ? "pse36" : "no-pse36"));
    operations.forEach(operation -> lines.add(operation.text()));
    return lines;
  }

  /**
   * Reads a script. Empty lines and those that begin with # count for nothing.
   *
   * @param file what to call it in messages
   * @throws InputException if a line means nothing
   */
  public static Script parse(String file, List<String> lines) {
    FuzzConfig config = null;
    PagingFeatures features = null;
    List<Operation> operations = new ArrayList<>();
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i).trim();
      String place = file + ":" + (i + 1);
      String[] words = line.split("\\s+");
      if (line.isEmpty() || line.startsWith("#")) {
        continue;
      }
      if (words[0].equals("config") && words.length == 2) {
        config =
            FuzzConfig.find(words[1])
                .orElseThrow(
                    () -> new InputException(place + ": no configuration '" + words[1] + "'"));
      } else if (words[0].equals("processor") && words.length == 4) {
        features = features(words, place);
      } else {
        operations.add(Operation.parse(line, place));
      }
    }
    if (config == null || features == null) {
      throw new InputException(file + ": no line 'config NAME', or no line 'processor ...'");
    }
    return new Script(config, features, operations);
  }

  private static PagingFeatures features(String[] words, String place) {
    try {
      return new PagingFeatures(
          Integer.parseInt(words[1]), words[2].equals("giant"), words[3].equals("pse36"));
    } catch (IllegalArgumentException e) {
      throw new InputException(place + ": no processor: " + e.getMessage(), e);
    }
  }
}
