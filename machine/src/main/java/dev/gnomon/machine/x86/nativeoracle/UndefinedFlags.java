package dev.gnomon.machine.x86.nativeoracle;

import dev.gnomon.machine.x86.Flags;
import dev.gnomon.machine.x86.decode.Mnemonic;
import java.util.EnumMap;
import java.util.Map;

/**
 * Which flags an instruction leaves undefined: Intel SDM volume 2, "Flags Affected" of each. What
 * is not in the table defines all flags or leaves them alone.
 */
final class UndefinedFlags {

  /**
   * Mnemonics; flags that are always undefined; with "count" instead: of a shift, whose count is
   * masked to 5 or 6 bits. A count of 0 leaves all flags alone; then come the flags that are
   * undefined after any other, those after any but 1, those after one that is not less than the
   * operand's width.
   */
  private static final String TABLE =
      """
      AND OR XOR TEST         | always | AF
      MUL IMUL                | always | SF ZF AF PF
      DIV IDIV                | always | CF OF SF ZF AF PF
      AAA AAS                 | always | OF SF ZF PF
      AAD AAM                 | always | CF OF AF
      DAA DAS                 | always | OF
      BT BTS BTR BTC          | always | OF SF AF PF
      BSF BSR                 | always | CF OF SF AF PF
      TZCNT LZCNT             | always | OF SF AF PF
      ANDN BLSI BLSR BLSMSK   | always | AF PF
      BZHI                    | always | AF PF
      BEXTR                   | always | AF SF PF
      SHL SHR SAR             | count  | AF | OF | CF
      ROL ROR RCL RCR         | count  |    | OF |
      SHLD SHRD               | count  | AF | OF | CF
      """;

  private record Row(boolean isCounted, long any, long notOne, long beyond) {}

  private static final Map<Mnemonic, Row> ROWS = parse();

  private UndefinedFlags() {}

  private static Map<Mnemonic, Row> parse() {
    Map<Mnemonic, Row> rows = new EnumMap<>(Mnemonic.class);
    for (String line : TABLE.lines().toList()) {
      String[] columns = line.split("\\|", -1);
      boolean isCounted = columns[1].trim().equals("count");
      Row row =
          new Row(
              isCounted,
              flags(columns[2]),
              isCounted ? flags(columns[3]) : 0,
              isCounted ? flags(columns[4]) : 0);
      for (String name : columns[0].trim().split(" +")) {
        rows.put(Mnemonic.valueOf(name), row);
      }
    }
    return rows;
  }

  private static long flags(String names) {
    long flags = 0;
    for (String name : names.trim().split(" +")) {
      flags |=
          switch (name) {
            case "" -> 0;
            case "CF" -> Flags.CF;
            case "PF" -> Flags.PF;
            case "AF" -> Flags.AF;
            case "ZF" -> Flags.ZF;
            case "SF" -> Flags.SF;
            case "OF" -> Flags.OF;
            default -> throw new IllegalStateException("no flag " + name);
          };
    }
    return flags;
  }

  /** Whether there is a case in which the instruction leaves a flag undefined. */
  static boolean any(Mnemonic mnemonic) {
    return ROWS.containsKey(mnemonic);
  }

  /** Whether what is undefined depends on the count of a shift. */
  static boolean dependsOnCount(Mnemonic mnemonic) {
    Row row = ROWS.get(mnemonic);
    return row != null && row.isCounted;
  }

  /**
   * The flags that it leaves undefined.
   *
   * @param count of a shift, masked as the instruction masks it; -1 if it is not known
   * @param width of the operand in bits
   */
  static long of(Mnemonic mnemonic, int count, int width) {
    Row row = ROWS.get(mnemonic);
    if (row == null || row.isCounted && count == 0) {
      return 0;
    }
    if (!row.isCounted || count < 0) {
      return row.any | row.notOne | row.beyond;
    }
    return row.any | (count == 1 ? 0 : row.notOne) | (count >= width ? row.beyond : 0);
  }
}
