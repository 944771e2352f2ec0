package dev.gnomon.machine.guest.script;

import dev.gnomon.machine.InputException;
import dev.gnomon.mmu.arch.ControlRegisters;
import dev.gnomon.mmu.arch.GuestEntry;
import dev.gnomon.mmu.arch.PagingMode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The lines at a script's head that say how its guest pages: {@code paging} and {@code
 * guest-levels} for tables that are made for it, or {@code guest-paging}, {@code cr3} and {@code
 * entry} for tables that the script states.
 */
final class PagingLines {
  static final Set<String> KEYS = Set.of("paging", "guest-levels", "guest-paging", "cr3", "entry");

  private static final Map<String, PagingMode> MODES =
      Map.of(
          "32", PagingMode.BITS_32,
          "pae", PagingMode.PAE,
          "4", PagingMode.LEVEL_4,
          "5", PagingMode.LEVEL_5);

  private static final long USED = GuestEntry.PRESENT | GuestEntry.USER | GuestEntry.ACCESSED;

  /** Numbers that a script which states entries has names for. */
  private static final Map<String, Long> BITS =
      Map.of(
          "P", GuestEntry.PRESENT,
          "W", GuestEntry.WRITABLE,
          "U", GuestEntry.USER,
          "A", GuestEntry.ACCESSED,
          "D", GuestEntry.DIRTY,
          "PS", GuestEntry.LARGE,
          "G", GuestEntry.GLOBAL,
          "NX", GuestEntry.NO_EXECUTE,
          "ro", USED | GuestEntry.DIRTY,
          "rw", USED | GuestEntry.DIRTY | GuestEntry.WRITABLE);

  private final Tokens tokens;
  private final Map<String, Expression> names;
  private final List<StatedTables.Entry> entries = new ArrayList<>();
  private int identityLevel;
  private int guestLevels = 4;
  private @Nullable PagingMode mode;
  private @Nullable Token firstStated;
  private long cr3;

  PagingLines(Tokens tokens, Map<String, Expression> names) {
    this.tokens = tokens;
    this.names = names;
  }

  /** Reads the rest of a line. */
  void read(Token key) {
    switch (key.text()) {
      case "paging" -> identityLevel = paging();
      case "guest-levels" -> guestLevels = (int) tokens.number("a number of levels", 4, 5);
      case "guest-paging" -> stated(key);
      case "cr3" -> cr3(key);
      default -> entry(key);
    }
  }

  private int paging() {
    return switch (tokens.oneOf(Set.of("off", "4k", "2m"))) {
      case "off" -> 0;
      case "4k" -> 1;
      default -> 2;
    };
  }

  private void stated(Token key) {
    if (mode != null) {
      throw tokens.error(key, "'guest-paging' was said before");
    }
    mode = MODES.get(tokens.oneOf(MODES.keySet()));
    firstStated = key;
    BITS.forEach(
        (name, bits) -> {
          if (names.putIfAbsent(name, new Expression.Constant(bits)) != null) {
            throw tokens.error(key, "after it '" + name + "' has a meaning already");
          }
        });
  }

  private PagingMode requireMode(Token key) {
    PagingMode known = mode;
    if (known == null) {
      throw tokens.error(key, key.describe() + " needs 'guest-paging' before it");
    }
    return known;
  }

  private void cr3(Token key) {
    requireMode(key);
    Token at = tokens.peek();
    cr3 = number("an address");
    try {
      ControlRegisters.requirePage(cr3);
    } catch (IllegalArgumentException e) {
      throw tokens.error(at, String.valueOf(e.getMessage()));
    }
  }

  private void entry(Token key) {
    PagingMode known = requireMode(key);
    Token at = tokens.peek();
    long gpa = number("an address");
    if (gpa < 0 || gpa % known.entryBytes() != 0) {
      throw tokens.error(at, "an entry stands at a multiple of " + known.entryBytes());
    }
    tokens.expect("=");
    entries.add(new StatedTables.Entry(gpa, number("an entry")));
  }

  private long number(String what) {
    return new ExpressionParser(tokens, names, null).parse(what).value(new long[0]);
  }

  /**
   * The tables, or null if the guest does not page.
   *
   * @throws InputException if what was said does not go together
   */
  @Nullable InitialTables tables(long memoryBytes) {
    Token stated = firstStated;
    PagingMode known = mode;
    if (known == null || stated == null) {
      return identityLevel == 0
          ? null
          : new IdentityTables(memoryBytes, guestLevels, identityLevel);
    }
    if (identityLevel > 0) {
      throw tokens.error(stated, "the guest's tables are either stated or made by 'paging'");
    }
    for (StatedTables.Entry entry : entries) {
      if (entry.gpa() >= memoryBytes) {
        throw tokens.error(
            stated, "an entry at 0x" + Long.toHexString(entry.gpa()) + " lies outside memory");
      }
    }
    return new StatedTables(known, cr3, entries);
  }
}
