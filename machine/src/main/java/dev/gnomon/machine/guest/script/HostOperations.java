package dev.gnomon.machine.guest.script;

import dev.gnomon.machine.guest.script.Statement.PageAction;
import dev.gnomon.mmu.config.DirtyLogKind;
import dev.gnomon.mmu.config.Stat;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** Reads the operations of the host. */
final class HostOperations {
  static final String NAMES =
      "evict, writeback, start-writeback, finish-writeback, migrate, age, test-young, peek, track,"
          + " untrack, dirty-log, harvest, slot, flush, zap-all, recover-nx, shadow-pages, signal"
          + " or await";

  /** For the parts that run alone. */
  static final String SEQUENTIAL_NAMES = NAMES.replace(" or ", ", ") + " or stat";

  private static final Map<String, PageAction> PAGE_ACTIONS =
      Map.of(
          "evict", PageAction.EVICT,
          "writeback", PageAction.WRITEBACK,
          "start-writeback", PageAction.START_WRITEBACK,
          "finish-writeback", PageAction.FINISH_WRITEBACK,
          "migrate", PageAction.MIGRATE,
          "track", PageAction.TRACK,
          "untrack", PageAction.UNTRACK);

  private static final Set<String> OTHERS =
      Set.of(
          "age",
          "test-young",
          "peek",
          "dirty-log",
          "harvest",
          "slot",
          "flush",
          "zap-all",
          "recover-nx",
          "shadow-pages",
          "signal",
          "await");

  private static final long MOST_SLOTS = 32;

  private final Tokens tokens;
  private final ExpressionParser numbers;
  private final ExpectationParser expectations;
  private final DirtyLogKind dirtyLog;
  private final boolean hasManualProtect;
  private boolean tracksWrites;

  HostOperations(
      Tokens tokens, ExpressionParser numbers, ExpectationParser expectations, ConfigLines config) {
    this.tokens = tokens;
    this.numbers = numbers;
    this.expectations = expectations;
    dirtyLog = config.dirtyLog();
    hasManualProtect = config.hasManualProtect();
  }

  /** Whether any was read that needs write tracking. */
  boolean tracksWrites() {
    return tracksWrites;
  }

  /** Whether a word begins one. */
  static boolean isOne(Token token) {
    return token.kind() == Token.Kind.WORD
        && (PAGE_ACTIONS.containsKey(token.text()) || OTHERS.contains(token.text()));
  }

  /** Reads one. */
  Statement parse() {
    Token word = tokens.word("an operation: " + NAMES);
    int line = word.line();
    PageAction action = PAGE_ACTIONS.get(word.text());
    if (action != null) {
      tracksWrites |= action == PageAction.TRACK;
      return new Statement.ToPage(line, action, address());
    }
    return switch (word.text()) {
      case "age" -> age(line, true);
      case "test-young" -> age(line, false);
      case "peek" -> new Statement.Peek(line, address(), expectations.values());
      case "dirty-log" -> dirtyLog(line);
      case "harvest" -> harvest(word);
      case "slot" -> slot(line);
      case "flush" -> new Statement.Flush(line);
      case "zap-all" -> new Statement.ZapAll(line);
      case "shadow-pages" -> new Statement.LimitPages(line, numbers.parse("how many"));
      case "signal" -> new Statement.Signal(line, GuestOperations.signal(tokens));
      case "await" -> new Statement.Await(line, GuestOperations.signal(tokens));
      case "recover-nx" ->
          new Statement.RecoverNx(
              line,
              numbers.isNext()
                  ? numbers.parse("how many")
                  : new Expression.Constant(Integer.MAX_VALUE));
      default -> throw tokens.error(word, "expected " + NAMES + ", found " + word.describe());
    };
  }

  private Expression address() {
    return numbers.parse("an address");
  }

  private Statement age(int line, boolean clears) {
    Expression address = address();
    if (!tokens.takeIf("=")) {
      return new Statement.Age(line, address, clears, null);
    }
    boolean isYoung = tokens.oneOf(Set.of("young", "old")).equals("young");
    return new Statement.Age(line, address, clears, isYoung);
  }

  // --- the dirty log ---

  private Statement dirtyLog(int line) {
    Token what = tokens.peek();
    return switch (tokens.oneOf(Set.of("on", "off", "get", "clear", "check"))) {
      case "on" -> new Statement.SwitchLog(line, true, slotOrFirst());
      case "off" -> new Statement.SwitchLog(line, false, slotOrFirst());
      case "get" -> {
        require(what, dirtyLog != DirtyLogKind.RING, "the log is kept in rings: 'harvest' them");
        int slot = slotOrFirst();
        yield new Statement.TakeLog(line, slot, contained());
      }
      case "clear" -> {
        require(what, hasManualProtect, "'clear' needs 'manual-protect on'");
        yield new Statement.ClearLog(line, slotOrFirst());
      }
      default -> new Statement.CheckLog(line);
    };
  }

  private Statement harvest(Token word) {
    require(word, dirtyLog == DirtyLogKind.RING, "'harvest' needs 'dirty-log ring'");
    return new Statement.TakeLog(word.line(), 0, contained());
  }

  private void require(Token token, boolean condition, String message) {
    if (!condition) {
      throw tokens.error(token, message);
    }
  }

  private int slotOrFirst() {
    return tokens.takeIf("slot") ? slotNumber() : 0;
  }

  private List<Expression> contained() {
    List<Expression> addresses = new ArrayList<>();
    if (tokens.takeIf("contains")) {
      do {
        addresses.add(address());
      } while (numbers.isNext());
    }
    return addresses;
  }

  // --- slots ---

  private Statement slot(int line) {
    return switch (tokens.oneOf(Set.of("add", "delete", "move"))) {
      case "delete" -> new Statement.DeleteSlot(line, slotNumber());
      case "move" -> {
        int slot = slotNumber();
        tokens.expect("to");
        yield new Statement.MoveSlot(line, slot, address());
      }
      default -> addSlot(line);
    };
  }

  private Statement addSlot(int line) {
    int slot = slotNumber();
    tokens.expect("at");
    Expression gpa = address();
    tokens.expect("size");
    Expression size = numbers.parse("a size");
    tokens.expect("from");
    Expression offset = address();
    return new Statement.AddSlot(line, slot, gpa, size, offset, tokens.takeIf("read-only"));
  }

  private int slotNumber() {
    return (int) tokens.number("a slot", 0, MOST_SLOTS - 1);
  }

  // --- counters ---

  /** Reads {@code stat NAME >= NUMBER}. */
  Statement stat() {
    int line = tokens.word("'stat'").line();
    Token name = tokens.word("the name of a counter");
    Stat stat = null;
    for (Stat each : Stat.values()) {
      stat = each.label().equals(name.text()) ? each : stat;
    }
    if (stat == null) {
      throw tokens.error(
          name,
          "expected a counter, as "
              + Stat.PF_FAST.name().toLowerCase(Locale.ROOT)
              + ", found "
              + name.describe());
    }
    for (Comparison comparison : Comparison.values()) {
      if (tokens.takeIf(comparison.symbol())) {
        return new Statement.CheckStat(line, stat, comparison, numbers.parse("a number"));
      }
    }
    throw tokens.expected("'=', '>=' or '<='");
  }
}
