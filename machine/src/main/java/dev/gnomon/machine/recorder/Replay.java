package dev.gnomon.machine.recorder;

import dev.gnomon.machine.InputException;
import dev.gnomon.mmu.Rules;
import java.util.List;

/**
 * What happened when a recorded guest ran here.
 *
 * @param trace its events, in canonical form
 * @param output what the machine printed
 */
public record Replay(List<String> trace, List<String> output) {

  /**
   * Says whether a recording's host can be had.
   *
   * @throws InputException if not
   */
  public static void requireSupported(Recording recording) {
    RecordedHost host = recording.host();
    String missing =
        switch (host.mmu()) {
          case NPT, EPT_NOAD -> host.bits() == 32 ? "a 32-bit host's" : "";
          case NPT_LEGACY, SHADOW -> "the shadow";
        };
    if (!missing.isEmpty()) {
      throw new InputException(
          "%s/%s needs %s MMU, which is not built yet"
              .formatted(host.label(), recording.run().name(), missing));
    }
  }

  /**
   * Runs the guest of a recording under its host's configuration, to its end.
   *
   * @throws InputException if that configuration cannot be had
   */
  public static Replay of(Recording recording) {
    ReplayConfig config = ReplayConfig.of(recording.host(), Rules.DEFAULTS);
    try (RecorderMachine machine =
        new RecorderMachine(recording.run(), recording.program(), config, recording.trace())) {
      return machine.run();
    }
  }

  /** How many events there were. */
  public long events() {
    return trace.stream().filter(line -> !line.startsWith("#")).count();
  }
}
