package dev.gnomon.machine.x86.nativeoracle;

import dev.gnomon.machine.x86.decode.Mnemonic;
import java.util.EnumMap;
import java.util.Map;

/** How often each mnemonic was run, and in how many cases that differed it was the last. */
public final class Tally {
  private final Map<Mnemonic, Long> runs = new EnumMap<>(Mnemonic.class);
  private final Map<Mnemonic, Long> differences = new EnumMap<>(Mnemonic.class);
  private long cases;

  void count(Program program, boolean differs) {
    cases++;
    for (Encoding encoding : program.encodings) {
      runs.merge(encoding.mnemonic(), 1L, Long::sum);
    }
    if (differs) {
      differences.merge(program.encodings.getLast().mnemonic(), 1L, Long::sum);
    }
  }

  /** How many programs were run. */
  public long cases() {
    return cases;
  }

  /** How many instructions of each mnemonic were run. */
  public Map<Mnemonic, Long> runs() {
    return runs;
  }

  /** How many programs that end with a mnemonic ended otherwise on the two processors. */
  public Map<Mnemonic, Long> differences() {
    return differences;
  }
}
