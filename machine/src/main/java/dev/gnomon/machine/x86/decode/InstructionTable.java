package dev.gnomon.machine.x86.decode;

import dev.gnomon.machine.x86.decode.TableEntry.OpcodeMap;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** The table of instructions, read from {@code instructions.txt}; immutable. */
final class InstructionTable {
  private static final String RESOURCE = "instructions.txt";
  private static final InstructionTable ALL = read();

  /** By map and opcode, the strictest first. */
  private final TableEntry[][][] entries;

  private InstructionTable(List<TableEntry> lines) {
    entries = new TableEntry[OpcodeMap.values().length][256][];
    for (OpcodeMap map : OpcodeMap.values()) {
      for (int opcode = 0; opcode < 256; opcode++) {
        int wanted = opcode;
        entries[map.ordinal()][opcode] =
            lines.stream()
                .filter(e -> e.map() == map && e.first() <= wanted && wanted <= e.last())
                .sorted(Comparator.comparingInt(TableEntry::strictness).reversed())
                .toArray(TableEntry[]::new);
      }
    }
  }

  /** The table. */
  static InstructionTable all() {
    return ALL;
  }

  /** The entries of an opcode, those that ask for more before those that ask for less. */
  TableEntry[] entries(OpcodeMap map, int opcode) {
    return entries[map.ordinal()][opcode];
  }

  private static InstructionTable read() {
    List<TableEntry> lines = new ArrayList<>();
    try (InputStream in = InstructionTable.class.getResourceAsStream(RESOURCE)) {
      if (in == null) {
        throw new IllegalStateException(RESOURCE + " is missing");
      }
      BufferedReader reader =
          new BufferedReader(new InputStreamReader(in, StandardCharsets.US_ASCII));
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        if (!line.isBlank() && !line.startsWith("#")) {
          lines.add(TableEntry.parse(line));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(RESOURCE, e);
    }
    return new InstructionTable(lines);
  }
}
