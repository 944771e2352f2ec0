package dev.gnomon.checker.report;

import dev.gnomon.checker.schedule.Step;
import dev.gnomon.machine.memory.HostAddressSpace;
import dev.gnomon.machine.memory.HostFrames;
import dev.gnomon.mmu.arch.PageLevel;
import dev.gnomon.mmu.spte.SpteFormat;
import dev.gnomon.mmu.spte.SpteText;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongFunction;

/** A step in words: {@code rmw spte gfn 0x100 level 1: W 0->1}. */
final class StepText {
  private StepText() {}

  /** A value: small ones as people say them, others in hex. */
  static String value(long value) {
    return value > -10 && value < 10 ? Long.toString(value) : hex(value);
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
      case READ_MODIFY_WRITE, FAILED_EXCHANGE -> "rmw";
      case FENCE -> "fence";
      case AWAIT -> "waited for";
      case LOCK -> "lock";
      case UNLOCK -> "unlock";
      case CHOICE -> "nature chooses";
      case FILL -> "fill";
      case COPY -> "copy";
      case FREE -> "free";
      case REFUSED -> "uses";
    };
  }

  /** Whether a step may have written a word. */
  static boolean writes(Step step) {
    return switch (step.kind()) {
      case STORE, COMMIT, READ_MODIFY_WRITE -> true;
      default -> false;
    };
  }

  /** A step on a word of which {@code meaning} says what a value is. */
  private static String described(Step step, String name, LongFunction<String> meaning) {
    String head = verb(step.kind()) + " " + name + ": ";
    String now = meaning.apply(step.after());
    if (!writes(step)) {
      return head + (step.kind() == Step.Kind.FAILED_EXCHANGE ? "no change, " : "") + now;
    }
    String old = meaning.apply(step.before());
    if (old.equals(now)) {
      return head + "no change, " + now;
    }
    boolean isShort = old.indexOf(' ') < 0 && now.indexOf(' ') < 0;
    return head + old + (isShort ? "->" : " -> ") + now;
  }

  // --- entries of page tables ---

  /** A step on an entry of a page table. */
  static String spte(Step step, SpteFormat format, String name, int level) {
    if (step.kind() == Step.Kind.REFUSED) {
      return refused(name);
    }
    String what =
        writes(step)
            ? SpteText.change(format, step.before(), step.after(), level)
            : (step.kind() == Step.Kind.FAILED_EXCHANGE ? "no change, " : "")
                + SpteText.meaning(format, step.after(), level);
    String brief = brief(what);
    // All that level 1 has are leaves.
    return verb(step.kind())
        + " "
        + name
        + ": "
        + (level == 1 ? brief.replace("leaf pfn", "pfn") : brief);
  }

  /** The meaning of an entry without what it says twice: MMU-writable means host-writable too. */
  static String brief(String meaning) {
    return meaning.replace(" host-writable MMU-writable", " MMU-writable");
  }

  /** The name of an entry: {@code spte gfn 0x100 level 1}, {@code spte gva 0x100000 level 1}. */
  static String spteName(Landmarks.Table table, long hpa) {
    return "spte " + covered(table, gfn(table, hpa)) + " level " + table.level();
  }

  /** What a table of gfns, or of gvas, has at a page. */
  static String covered(Landmarks.Table table, long page) {
    return table.isVirtual() ? "gva " + hex(page << 12) : "gfn " + hex(page);
  }

  /** The first gfn that an entry of a table covers. */
  static long gfn(Landmarks.Table table, long hpa) {
    return table.gfn() + (hpa >>> 3 & PageLevel.ENTRIES - 1) * PageLevel.frames(table.level());
  }

  private static String refused(String name) {
    return "uses " + name + ": its frame was freed";
  }

  // --- memory ---

  /** An access to the guest's memory, by the guest itself, by its walk, or by the host. */
  static String guestMemory(Step step, String name) {
    String place = step.place();
    String who =
        place.startsWith("Vcpu.") || place.startsWith("PieceAccess.")
            ? "guest"
            : place.startsWith("GuestWalker.")
                ? "guest walk"
                : place.startsWith("GuestTables.") ? "MMU" : "host";
    if (step.kind() == Step.Kind.REFUSED) {
      return who + " " + refused(name);
    }
    String verb =
        switch (step.kind()) {
          case LOAD -> who + " reads";
          case STORE -> who + " writes";
          case READ_MODIFY_WRITE, FAILED_EXCHANGE -> who + " updates";
          default -> verb(step.kind());
        };
    String described = described(step, name, StepText::value);
    return verb + described.substring(verb(step.kind()).length());
  }

  /** A step on the entry of the host's page table for a gfn. */
  static String hostEntry(Step step, long gfn) {
    return described(step, "host pte of gfn " + hex(gfn), HostAddressSpace::describeEntry);
  }

  /** A step on the marks of a frame. */
  static String marks(Step step, String name) {
    return described(step, "marks of " + name, StepText::marks);
  }

  /** The marks of a frame by name. */
  static String marks(long marks) {
    boolean isDirty = (marks & HostFrames.DIRTY) != 0;
    boolean isAccessed = (marks & HostFrames.ACCESSED) != 0;
    return (isDirty ? "dirty" : "clean") + (isAccessed ? ", accessed" : "");
  }

  // --- words outside memory ---

  /** A step on a word of a dirty bitmap whose bit 0 is of {@code firstGfn}. */
  static String bitmap(Step step, String slot, long firstGfn) {
    String head = verb(step.kind()) + " dirty bitmap of " + slot + ": ";
    if (!writes(step)) {
      return head
          + (step.after() == 0
              ? "none dirty"
              : "gfn " + GfnText.of(firstGfn, step.after()) + " dirty");
    }
    List<String> changes = new ArrayList<>();
    long set = step.after() & ~step.before();
    long cleared = step.before() & ~step.after();
    if (set != 0) {
      changes.add("gfn " + GfnText.of(firstGfn, set) + " 0->1");
    }
    if (cleared != 0) {
      changes.add("gfn " + GfnText.of(firstGfn, cleared) + " 1->0");
    }
    return head + (changes.isEmpty() ? "no change" : String.join(", ", changes));
  }

  /** A step on a vCPU's request word. */
  static String requests(Step step, int vcpu) {
    String head = verb(step.kind()) + " requests of vcpu " + vcpu + ": ";
    if (writes(step)) {
      String change = RequestNames.change(step.before(), step.after());
      return head + (change.isEmpty() ? "no change" : change);
    }
    String now = RequestNames.of(step.after());
    return head + (now.isEmpty() ? "none" : now);
  }

  /** A step on whatever else. */
  static String other(Step step) {
    return other(step, step.target());
  }

  /** A step on whatever else, by another name than its target's. */
  static String other(Step step, String name) {
    return switch (step.kind()) {
      case REFUSED -> refused(name);
      case FENCE, LOCK, UNLOCK, FILL, COPY, FREE ->
          verb(step.kind()) + (name.isEmpty() ? "" : " " + name);
      case CHOICE -> verb(step.kind()) + " " + name;
      case AWAIT ->
          name.isEmpty()
              ? "tries again: a word that it read has changed"
              : described(step, name, StepText::value);
      default -> described(step, name, StepText::value);
    };
  }
}
