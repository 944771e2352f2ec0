package dev.gnomon.machine.x86;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * What a guest of the test resources wrote to port 0x13, by section: a value 0x5ec000xx begins
 * section xx.
 */
final class GuestSections {
  private static final long MARK = 0x5e_c000;

  private final Map<Integer, List<Long>> sections = new HashMap<>();

  GuestSections(X86Rig rig) {
    List<Long> section = new ArrayList<>();
    for (long value : rig.values) {
      if (value >>> 8 == MARK) {
        section = new ArrayList<>();
        sections.put((int) value & 0xff, section);
      } else {
        section.add(value);
      }
    }
  }

  /** The values of a section, in hexadecimal. */
  String get(int section) {
    return sections.getOrDefault(section, List.of()).stream()
        .map(Long::toHexString)
        .collect(Collectors.joining(" "));
  }
}
