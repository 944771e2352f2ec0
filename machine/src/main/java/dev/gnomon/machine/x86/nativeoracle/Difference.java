package dev.gnomon.machine.x86.nativeoracle;

import dev.gnomon.machine.x86.decode.Mnemonic;
import java.util.Locale;
import java.util.stream.Collectors;

/** A program that ended otherwise by our engine than on the machine's own processor. */
public final class Difference {
  private static final String[] NAMES = {
    "rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi",
    "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15"
  };

  private final long seed;
  private final Program program;
  private final RegisterState ours;
  private final RegisterState theirs;
  private final String stopped;

  Difference(long seed, Program program, RegisterState ours, RegisterState theirs, String stopped) {
    this.seed = seed;
    this.program = program;
    this.ours = ours;
    this.theirs = theirs;
    this.stopped = stopped;
  }

  /** The seed that makes the program again. */
  public long seed() {
    return seed;
  }

  /** The last of its instructions. */
  public Mnemonic last() {
    return program.encodings.getLast().mnemonic();
  }

  /** Its instructions, by the lines of the decoder's table. */
  public String instructions() {
    return program.encodings.stream()
        .map(e -> e.mnemonic() + " " + String.join(",", e.operands()))
        .collect(Collectors.joining("; "));
  }

  /** All about it, in lines: what ran, and all that differs or was there before. */
  public String describe() {
    StringBuilder text = new StringBuilder();
    text.append("seed ")
        .append(seed)
        .append(program.is64 ? ": " : ", 32-bit code: ")
        .append(instructions())
        .append('\n');
    text.append("  bytes  ").append(program.bytes());
    text.append(" at ").append(hex(program.arena.program() + Program.BEGIN)).append('\n');
    if (!stopped.isEmpty()) {
      text.append("  ours   ").append(stopped).append('\n');
    }
    text.append("         %-18s %-18s %-18s%n".formatted("before", "ours", "native"));
    RegisterState before = program.before;
    for (int i = 0; i < NAMES.length; i++) {
      line(text, NAMES[i], before.gpr[i], ours.gpr[i], theirs.gpr[i], true);
    }
    line(text, "rip", before.rip, ours.rip, theirs.rip, true);
    long compared = program.comparedFlags;
    line(
        text,
        "flags",
        before.rflags & compared,
        ours.rflags & compared,
        theirs.rflags & compared,
        true);
    line(text, "mxcsr", before.mxcsr, ours.mxcsr, theirs.mxcsr, false);
    for (int i = 0; i < before.xmm.length; i++) {
      String name = "xmm" + i / 2 + (i % 2 == 0 ? " low" : " high");
      boolean isUsed = program.encodings.stream().anyMatch(e -> e.hasKind('V') || e.hasKind('U'));
      line(text, name, before.xmm[i], ours.xmm[i], theirs.xmm[i], isUsed);
    }
    for (int i = 0; i < before.data.length; i++) {
      String name = Long.toHexString(program.arena.data() + 8L * i);
      line(text, name, before.data[i], ours.data[i], theirs.data[i], false);
    }
    return text.toString();
  }

  private static void line(
      StringBuilder text, String name, long before, long ours, long theirs, boolean isAlwaysShown) {
    if (ours != theirs || before != theirs || isAlwaysShown) {
      text.append(
          String.format(
              Locale.ROOT,
              "%s %-9s%-18s %-18s %-18s%n",
              ours != theirs ? "*" : " ",
              name,
              hex(before),
              hex(ours),
              hex(theirs)));
    }
  }

  private static String hex(long value) {
    return "%016x".formatted(value);
  }
}
