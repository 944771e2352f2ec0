package dev.gnomon.checker.report;

import dev.gnomon.checker.schedule.Step;
import dev.gnomon.mmu.arch.PageLevel;
import dev.gnomon.mmu.spte.SpteFormat;
import dev.gnomon.mmu.spte.SpteText;
import java.util.ArrayList;
import java.util.List;

/** A step in words: {@code rmw spte gfn 0x100 level 1: W 0->1}. */
final class StepText {
  private StepText() {}

  /** A value: small ones as people say them, others in hex. */
  static String value(long value) {
    return value >= 0 && value < 10 ? Long.toString(value) : hex(value);
  }

  static String hex(long value) {
    return "0x" + Long.toHexString(value);
  }

  /** What was done, in a word. */
  static String verb(Step.Kind kind) {
    return switch (kind) {
      case LOAD -> "load";
      case STORE -> "store";
      case COMMIT -> "commit";
      case READ_MODIFY_WRITE -> "rmw";
      case FAILED_EXCHANGE -> "cmpxchg fails on";
      case FENCE -> "fence";
      case AWAIT -> "waited for";
      case LOCK -> "lock";
      case UNLOCK -> "unlock";
      case CHOICE -> "nature chooses";
      case FILL -> "fill";
      case COPY -> "copy";
      case FREE -> "free";
    };
  }

  /** Whether a step may have written a word. */
  static boolean writes(Step step) {
    return switch (step.kind()) {
      case STORE, COMMIT, READ_MODIFY_WRITE -> true;
      default -> false;
    };
  }

  /** A step on an entry of a page table. */
  static String spte(Step step, SpteFormat format, String name, int level) {
    String what =
        writes(step)
            ? SpteText.change(format, step.before(), step.after(), level)
            : SpteText.meaning(format, step.after(), level);
    // MMU-writable says host-writable too.
    String brief = what.replace(" host-writable MMU-writable", " MMU-writable");
    return verb(step.kind()) + " " + name + ": " + brief;
  }

  /** An access to the guest's memory, by the guest itself, by its walk, or by the host. */
  static String guestMemory(Step step, String name) {
    String place = step.place();
    String who =
        place.startsWith("Vcpu.")
            ? "guest"
            : place.startsWith("GuestWalker.") ? "guest walk" : "host";
    String value = value(step.after());
    String change = value(step.before()) + "->" + value;
    return switch (step.kind()) {
      case LOAD -> who + " reads " + name + ": " + value;
      case STORE -> who + " writes " + name + ": " + change;
      case READ_MODIFY_WRITE -> who + " updates " + name + ": " + change;
      case COMMIT -> "commit " + name + ": " + change;
      default -> verb(step.kind()) + " " + name + ": " + value;
    };
  }

  /** A step on a word of a dirty bitmap whose bit 0 is of {@code firstGfn}. */
  static String bitmap(Step step, String slot, long firstGfn) {
    String head = verb(step.kind()) + " dirty bitmap of " + slot + ": ";
    if (!writes(step)) {
      return head + (step.after() == 0 ? "none dirty" : gfns(firstGfn, step.after()) + " dirty");
    }
    List<String> changes = new ArrayList<>();
    long set = step.after() & ~step.before();
    long cleared = step.before() & ~step.after();
    if (set != 0) {
      changes.add(gfns(firstGfn, set) + " 0->1");
    }
    if (cleared != 0) {
      changes.add(gfns(firstGfn, cleared) + " 1->0");
    }
    return head + (changes.isEmpty() ? "no change" : String.join(", ", changes));
  }

  private static String gfns(long firstGfn, long bits) {
    StringBuilder text = new StringBuilder("gfn");
    for (long left = bits; left != 0; left &= left - 1) {
      long gfn = firstGfn + Long.numberOfTrailingZeros(left);
      text.append(text.length() > 3 ? ", " : " ").append(hex(gfn));
    }
    return text.toString();
  }

  /** A step on a vCPU's request word. */
  static String requests(Step step, int vcpu) {
    String head = verb(step.kind()) + " requests of vcpu " + vcpu + ": ";
    if (writes(step)) {
      String change = RequestNames.change(step.before(), step.after());
      return head + (change.isEmpty() ? "no change" : change);
    }
    return head + (step.after() == 0 ? "none" : RequestNames.of(step.after()));
  }

  /** A step on whatever else. */
  static String other(Step step) {
    String head = verb(step.kind()) + (step.target().isEmpty() ? "" : " " + step.target());
    return switch (step.kind()) {
      case STORE, COMMIT, READ_MODIFY_WRITE ->
          head + ": " + value(step.before()) + "->" + value(step.after());
      case LOAD, FAILED_EXCHANGE, AWAIT, CHOICE -> head + ": " + value(step.after());
      case FENCE, LOCK, UNLOCK, FILL, COPY, FREE -> head;
    };
  }

  /** The name of an entry: {@code spte gfn 0x100 level 1}. */
  static String spteName(long gfn, int level) {
    return "spte gfn " + hex(gfn) + " level " + level;
  }

  /** The first gfn that an entry of a table covers. */
  static long gfn(Landmarks.Table table, long hpa) {
    return table.gfn() + (hpa >>> 3 & PageLevel.ENTRIES - 1) * PageLevel.frames(table.level());
  }
}
