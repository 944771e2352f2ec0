package dev.gnomon.machine.guest;

import dev.gnomon.machine.InputException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A guest that is a list of single operations for each vCPU, with operations of the host beside;
 * see {@code docs/scripts.md} for the format. Addresses are guest-physical.
 *
 * @param threads by what it is called ({@code vcpu 0}, {@code host}, {@code finally}): its
 *     operations
 */
public record Script(Map<String, List<Operation>> threads) {
  /** The section of what the host does. */
  public static final String HOST = "host";

  /** The section that runs after all others, on the first vCPU. */
  public static final String FINALLY = "finally";

  private static final String VCPU = "vcpu ";

  /** What an operation does; {@code operands} is how many numbers follow the word. */
  public enum Verb {
    READ("read", true, 1),
    WRITE("write", true, 2),
    ADD("add", true, 2),
    EVICT("evict", false, 1),
    WRITE_BACK("writeback", false, 1),
    MIGRATE("migrate", false, 1),
    AGE("age", false, 1),
    TRACK("track", false, 1),
    UNTRACK("untrack", false, 1),
    LOG_ON("log-on", false, 0),
    LOG_OFF("log-off", false, 0),
    LOG_GET("log-get", false, 0),
    ZAP_ALL("zap-all", false, 0);

    private final String word;
    private final boolean isGuest;
    private final int operands;

    Verb(String word, boolean isGuest, int operands) {
      this.word = word;
      this.isGuest = isGuest;
      this.operands = operands;
    }
  }

  /**
   * One operation.
   *
   * @param line where it stands
   * @param address the gpa, aligned to 8; 0 if it has none
   * @param value what is written or added
   * @param expected what a read must find, or null if anything
   */
  public record Operation(Verb verb, int line, long address, long value, @Nullable Long expected) {}

  /**
   * Reads a script.
   *
   * @param name for messages
   * @throws InputException with name, line, column, and what was expected
   */
  public static Script parse(String name, String text) {
    Map<String, List<Operation>> threads = new TreeMap<>();
    @Nullable List<Operation> section = null;
    String sectionName = "";
    int number = 0;
    for (String line : text.split("\n", -1)) {
      number++;
      String content = line.replaceFirst("#.*", "").strip();
      if (content.isEmpty()) {
        continue;
      }
      if (content.matches("vcpu \\d{1,2}|host|finally")) {
        sectionName = content;
        section = threads.computeIfAbsent(content, each -> new ArrayList<>());
      } else if (section == null) {
        throw error(name, number, line, content, "'vcpu N', 'host' or 'finally'");
      } else {
        section.add(operation(name, number, line, content, sectionName));
      }
    }
    for (int i = 0; i < vcpus(threads); i++) {
      threads.computeIfAbsent(VCPU + i, each -> new ArrayList<>());
    }
    return new Script(threads);
  }

  private static Operation operation(
      String name, int number, String line, String content, String section) {
    String[] words = content.split("\\s+");
    boolean isHost = section.equals(HOST);
    for (Verb verb : Verb.values()) {
      if (verb.word.equals(words[0]) && verb.isGuest != isHost) {
        boolean hasExpectation = verb == Verb.READ && words.length == 4 && words[2].equals("=");
        if (words.length != verb.operands + 1 && !hasExpectation) {
          throw error(
              name, number, line, words[0], verb.operands + " number(s) after '" + verb.word + "'");
        }
        long address = verb.operands > 0 ? number(name, number, line, words[1]) : 0;
        if ((address & 7) != 0) {
          throw error(name, number, line, words[1], "an address that is a multiple of 8");
        }
        long value = verb.operands > 1 ? number(name, number, line, words[2]) : 0;
        Long expected = hasExpectation ? number(name, number, line, words[3]) : null;
        return new Operation(verb, number, address, value, expected);
      }
    }
    throw error(name, number, line, words[0], "an operation of a " + (isHost ? "host" : "vCPU"));
  }

  private static long number(String name, int number, String line, String word) {
    try {
      return Long.decode(word);
    } catch (NumberFormatException e) {
      throw error(name, number, line, word, "a number");
    }
  }

  private static InputException error(
      String name, int number, String line, String found, String expected) {
    int column = line.indexOf(found) + 1;
    return new InputException(
        "%s:%d:%d: expected %s, found '%s'".formatted(name, number, column, expected, found));
  }

  private static int vcpus(Map<String, ?> threads) {
    return threads.keySet().stream()
        .filter(each -> each.startsWith(VCPU))
        .mapToInt(each -> Integer.parseInt(each.substring(VCPU.length())) + 1)
        .max()
        .orElse(1);
  }

  /** How many vCPUs it needs. */
  public int vcpus() {
    return vcpus(threads);
  }

  /** The operations of a vCPU. */
  public List<Operation> ofVcpu(int index) {
    return section(VCPU + index);
  }

  /** The operations of a section; none if there is no such section. */
  public List<Operation> section(String section) {
    return threads.getOrDefault(section, List.of());
  }
}
