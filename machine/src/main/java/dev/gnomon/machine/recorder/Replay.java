package dev.gnomon.machine.recorder;

import java.util.List;

/**
 * What happened when a recorded guest ran here.
 *
 * @param trace its events, in canonical form
 * @param output what the machine printed
 * @param end what the machine held at the end
 */
public record Replay(List<String> trace, List<String> output, FinalState end) {
  /** An event that the recorder did not switch on. */
  private static final String NOT_RECORDED = "kvm_dirty_ring_reset ";

  public Replay {
    trace =
        trace.stream()
            .filter(line -> !line.startsWith(NOT_RECORDED))
            .map(TraceNormaliser::comparable)
            .toList();
    output = List.copyOf(output);
  }

  /**
   * Says whether a recording's host can be had.
   *
   * @throws dev.gnomon.machine.InputException if not
   */
  public static void requireSupported(Recording recording) {
    ReplayConfig.of(recording.host());
  }

  /**
   * Runs the guest of a recording under its host's configuration, to its end.
   *
   * @param opener of the log that keeps the events
   * @throws dev.gnomon.machine.InputException if that configuration cannot be had
   */
  public static Replay of(Recording recording, EventLog.Opener opener) {
    ReplayConfig config = ReplayConfig.of(recording.host());
    try (RecorderMachine machine =
        new RecorderMachine(
            recording.run(), recording.program(), config, recording.trace(), opener)) {
      return machine.run();
    }
  }

  /** Runs a guest that nobody has recorded, to its end. */
  public static Replay of(
      RecordedRun run, byte[] program, ReplayConfig config, EventLog.Opener opener) {
    try (RecorderMachine machine = new RecorderMachine(run, program, config, List.of(), opener)) {
      return machine.run();
    }
  }

  /** How many events there were. */
  public long events() {
    return trace.stream().filter(line -> !line.startsWith("#")).count();
  }
}
