package dev.gnomon.machine.recorder;

import dev.gnomon.machine.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The list of runs beside a collection of recordings: a line each, of a name, a mode, a CPL, a
 * guest, and the recorder's options.
 *
 * <pre>
 * mmio.long.0 long 0 mmio -s 0x800000,0x10000
 * </pre>
 */
public final class RunList {
  private static final int FIXED_WORDS = 4;
  private static final long PAGE = 4096;
  private static final long LARGEST_MEMORY = 1L << 30;

  /** Slot 0 must hold the guest's tables, its program and its stacks. */
  private static final long SMALLEST_MEMORY = 2L << 20;

  private final Map<String, RecordedRun> runs = new LinkedHashMap<>();

  private RunList() {}

  /**
   * Reads a list.
   *
   * @throws InputException naming the line that is wrong
   */
  public static RunList read(Path file) {
    List<String> lines;
    try {
      lines = Files.readAllLines(file);
    } catch (IOException e) {
      throw new InputException("cannot read the list of runs " + file + ": " + e.getMessage());
    }
    return parse(file.toString(), lines);
  }

  static RunList parse(String where, List<String> lines) {
    RunList list = new RunList();
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i).strip();
      if (!line.isEmpty() && !line.startsWith("#")) {
        RecordedRun run = new Line(where + ":" + (i + 1), line.split("\\s+")).parse();
        list.runs.put(run.name(), run);
      }
    }
    return list;
  }

  /** The run of a name, or null. */
  public @Nullable RecordedRun find(String name) {
    return runs.get(name);
  }

  /** All of them, in the order of the list. */
  public List<RecordedRun> all() {
    return List.copyOf(runs.values());
  }

  /** One line, and where in it the parser is. */
  private static final class Line {
    private final String where;
    private final String[] words;
    private int next = FIXED_WORDS;

    private long memoryBytes = RecordedRun.DEFAULT_MEMORY;
    private final List<RecordedRun.Slot> slots = new ArrayList<>();
    private boolean isLogged;
    private boolean hasGuestLargePages;
    private boolean hasHostLargePages;
    private int ringEntries;
    private int vcpus = 1;

    Line(String where, String[] words) {
      this.where = where;
      this.words = words;
    }

    RecordedRun parse() {
      if (words.length < FIXED_WORDS) {
        throw wrong("a run has a name, a mode, a CPL and a guest");
      }
      GuestMode mode = GuestMode.of(words[1]);
      if (mode == null) {
        throw wrong("no mode: " + words[1] + " (real, flat32, p32, pae, long, long5)");
      }
      if (!words[2].equals("0") && !words[2].equals("3")) {
        throw wrong("no CPL: " + words[2] + " (0 or 3)");
      }
      while (next < words.length) {
        option(words[next++]);
      }
      return new RecordedRun(
          words[0],
          mode,
          Integer.parseInt(words[2]),
          words[3],
          memoryBytes,
          slots,
          isLogged,
          hasGuestLargePages,
          hasHostLargePages,
          ringEntries,
          vcpus);
    }

    private void option(String option) {
      switch (option) {
        case "-d" -> isLogged = true;
        case "-G" -> hasGuestLargePages = true;
        case "-H" -> hasHostLargePages = true;
        case "-M" -> memoryBytes = pages(value(option), SMALLEST_MEMORY);
        case "-R" -> ringEntries = (int) number(value(option), 1024, 65536);
        case "-n" -> vcpus = (int) number(value(option), 1, RecordedRun.MOST_VCPUS);
        case "-s" -> slots.add(slot(value(option)));
        default -> throw wrong("unknown option " + option + " (-d -G -H -M -R -n -s)");
      }
    }

    private RecordedRun.Slot slot(String value) {
      String[] parts = value.split(",");
      if (parts.length < 2 || parts.length > 3) {
        throw wrong("a slot is gpa,size or gpa,size,flags: " + value);
      }
      long gpa = number(parts[0], 0, 1L << 46);
      if (gpa % PAGE != 0) {
        throw wrong("a slot begins at a page: " + value);
      }
      long flags = parts.length == 3 ? number(parts[2], 0, 3) : 0;
      return new RecordedRun.Slot(gpa, pages(parts[1], PAGE), flags);
    }

    private String value(String option) {
      if (next == words.length) {
        throw wrong(option + " wants a value");
      }
      return words[next++];
    }

    private long pages(String text, long least) {
      long bytes = number(text, least, LARGEST_MEMORY);
      if (bytes % PAGE != 0) {
        throw wrong("not a number of pages: " + text);
      }
      return bytes;
    }

    private long number(String text, long least, long most) {
      try {
        long value = Long.decode(text);
        if (value >= least && value <= most) {
          return value;
        }
      } catch (NumberFormatException e) {
        throw wrong("not a number: " + text);
      }
      throw wrong("out of range, %s: 0x%x to 0x%x".formatted(text, least, most));
    }

    private InputException wrong(String message) {
      return new InputException(where + ": " + message);
    }
  }
}
