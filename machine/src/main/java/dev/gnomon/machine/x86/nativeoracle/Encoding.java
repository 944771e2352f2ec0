package dev.gnomon.machine.x86.nativeoracle;

import dev.gnomon.machine.x86.decode.Mnemonic;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A line of the decoder's table, read the other way round: how an instruction is encoded. The file
 * says what its columns mean; it is parsed apart from the decoder, so that an error there does not
 * hide itself.
 *
 * @param text the line
 * @param prefix NP, 66, F3, F2, or null where nothing is said; of a VEX encoding too
 * @param vexMap 0; or of a VEX encoding 1, 2, 3: 0F, 0F 38, 0F 3A
 * @param opcode its bytes, the escape bytes included, those of VEX not
 * @param variants how many values the last byte may have, from that in opcode on
 * @param modrmReg what ModRM.reg must be, or -1
 * @param modrmByte what the whole ModRM byte must be, or -1
 * @param mod "mem", "reg" or "" for either
 * @param mnemonic what it is
 * @param operands in the notation of the file
 * @param rm the operand that ModRM.rm encodes; empty if there is none
 * @param reg the operand that ModRM.reg encodes; empty if there is none
 * @param kinds the first letters of the operands, a bit each from A on
 * @param isSized whether the operand size means anything to it
 * @param flags lock, rep, o64 ...
 */
record Encoding(
    String text,
    @Nullable String prefix,
    int vexMap,
    int[] opcode,
    int variants,
    int modrmReg,
    int modrmByte,
    String mod,
    Mnemonic mnemonic,
    List<String> operands,
    String rm,
    String reg,
    int kinds,
    boolean isSized,
    Set<String> flags) {

  private static final String TABLE = "/dev/gnomon/machine/x86/decode/instructions.txt";

  /** All that there are. */
  static List<Encoding> all() {
    try (InputStream in = Encoding.class.getResourceAsStream(TABLE)) {
      if (in == null) {
        throw new IllegalStateException("the decoder's table is missing");
      }
      return new String(in.readAllBytes(), StandardCharsets.US_ASCII)
          .lines()
          .filter(line -> !line.isBlank() && !line.startsWith("#"))
          .map(Encoding::parse)
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Encoding parse(String line) {
    String[] columns = line.trim().split(" {2,}");
    String prefix = null;
    int vexMap = 0;
    int reg = -1;
    int modrm = -1;
    int variants = 1;
    String mod = "";
    List<Integer> opcode = new ArrayList<>();
    for (String word : columns[0].split(" ")) {
      if (word.startsWith("VEX.")) {
        String[] parts = word.split("\\.");
        prefix = parts[1];
        vexMap = List.of("0F", "0F38", "0F3A").indexOf(parts[2]) + 1;
      } else if (word.endsWith(":")) {
        prefix = word.substring(0, word.length() - 1);
      } else if (word.startsWith("/")) {
        reg = Integer.parseInt(word.substring(1));
      } else if (word.startsWith("=")) {
        modrm = HexFormat.fromHexDigits(word.substring(1));
      } else if (word.equals("mem") || word.equals("reg")) {
        mod = word;
      } else if (word.contains("-")) {
        int first = HexFormat.fromHexDigits(word.substring(0, 2));
        variants = HexFormat.fromHexDigits(word.substring(3)) - first + 1;
        opcode.add(first);
      } else {
        opcode.add(HexFormat.fromHexDigits(word));
      }
    }
    Mnemonic mnemonic = Mnemonic.valueOf(columns[1]);
    List<String> operands = columns[2].equals("-") ? List.of() : List.of(columns[2].split(","));
    Set<String> flags = columns.length > 3 ? Set.of(columns[3].split(" ")) : Set.of();
    return new Encoding(
        line,
        prefix,
        vexMap,
        opcode.stream().mapToInt(Integer::intValue).toArray(),
        variants,
        reg,
        modrm,
        mod,
        mnemonic,
        operands,
        first(operands, "EMRWU"),
        first(operands, "GV"),
        operands.stream().mapToInt(o -> kind(o.charAt(0))).reduce(0, (x, y) -> x | y),
        isSized(mnemonic, operands, flags),
        flags);
  }

  private static String first(List<String> operands, String kinds) {
    return operands.stream().filter(o -> kinds.indexOf(o.charAt(0)) >= 0).findFirst().orElse("");
  }

  private static int kind(char letter) {
    return letter >= 'A' && letter <= 'Z' ? 1 << letter - 'A' : 0;
  }

  private static boolean isSized(Mnemonic mnemonic, List<String> operands, Set<String> flags) {
    if (flags.contains("f64") || flags.contains("d64")) {
      return false;
    }
    return mnemonic == Mnemonic.CBW
        || mnemonic == Mnemonic.CWD
        || operands.stream()
            .anyMatch(o -> o.equals("rAX") || "vyczm".indexOf(o.charAt(o.length() - 1)) >= 0);
  }

  /** Whether code of 64 or of 32 bits has it. */
  boolean isValid(boolean in64) {
    return !flags.contains(in64 ? "i64" : "o64");
  }

  boolean is(String flag) {
    return flags.contains(flag);
  }

  boolean hasModrm() {
    return modrmReg >= 0 || modrmByte >= 0 || !mod.isEmpty() || !rm.isEmpty();
  }

  /** Whether an operand's letters after the first are these. */
  boolean hasSize(String size) {
    return operands.stream().anyMatch(o -> o.substring(1).equals(size));
  }

  /** Whether it has an operand of that kind. */
  boolean hasKind(char kind) {
    return (kinds & kind(kind)) != 0;
  }
}
