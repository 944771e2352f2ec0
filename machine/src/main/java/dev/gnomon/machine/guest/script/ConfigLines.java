package dev.gnomon.machine.guest.script;

import dev.gnomon.machine.GuestMemoryMap;
import dev.gnomon.machine.InputException;
import dev.gnomon.machine.VmConfig;
import dev.gnomon.machine.processor.TlbConfig;
import dev.gnomon.mmu.Rules;
import dev.gnomon.mmu.config.DirtyLogKind;
import dev.gnomon.mmu.config.MmuConfig;
import dev.gnomon.mmu.config.MmuKind;
import dev.gnomon.mmu.config.RuleSwitch;
import dev.gnomon.mmu.config.SpteLayout;
import dev.gnomon.mmu.config.TdpKind;
import dev.gnomon.mmu.platform.PhysicalMemory;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The lines at a script's head that say what machine it runs on. */
final class ConfigLines {
  private static final long DEFAULT_MEMORY = 4L << 20;
  private static final int MOST_VCPUS = 64;
  private static final int FEWEST_ENTRIES = 8;

  /** So small that hardly an access finds its translation. */
  private static final TlbConfig TINY_TLB = new TlbConfig(1, 1, 1, 1, 1, 1, 1);

  private static final Set<String> SWITCH = Set.of("on", "off");
  private static final Set<String> SIZES = Set.of("4k", "2m", "1g");

  private static final Map<String, MmuKind> KINDS =
      Map.of("tdp", MmuKind.TDP, "legacy-tdp", MmuKind.LEGACY_TDP, "shadow", MmuKind.SHADOW);

  private static final Set<String> KEYS =
      Set.of(
          "memory",
          "vcpus",
          "cpu",
          "ad",
          "execute-only",
          "levels",
          "largest-page",
          "host-pages",
          "dirty-log",
          "manual-protect",
          "ring-entries",
          "eager-split",
          "nx-huge-pages",
          "table-entries",
          "tlb",
          "mmu",
          "host-bits",
          "shadow-pages",
          "rule",
          "let");

  private final Tokens tokens;
  private final String name;
  private final Dialect dialect;

  private long memoryBytes = DEFAULT_MEMORY;
  private @Nullable Token memorySize;
  private int vcpus;
  private MmuConfig mmu = MmuConfig.of(TdpKind.EPT, 1);
  private boolean hasAccessedDirty = true;
  private boolean hasExecuteOnly = true;
  private String manualProtect = "off";
  private DirtyLogKind dirtyLog = DirtyLogKind.BITMAP;
  private TdpKind tdp = TdpKind.EPT;
  private int hostPageLevel = 1;
  private TlbConfig tlb = TlbConfig.DEFAULT;
  private Rules rules = Rules.DEFAULTS;
  private MmuKind kind = MmuKind.TDP;
  private int hostBits = 64;
  private final Map<String, Expression> names = new HashMap<>();
  private final PagingLines paging;

  ConfigLines(Tokens tokens, Dialect dialect) {
    this.tokens = tokens;
    this.dialect = dialect;
    name = tokens.name();
    paging = new PagingLines(tokens, names);
  }

  /** Whether a word begins such a line. */
  boolean isKey(Token token) {
    return token.kind() == Token.Kind.WORD
        && (KEYS.contains(token.text())
            || PagingLines.KEYS.contains(token.text())
            || dialect.settings().contains(token.text()));
  }

  /** Reads one line. */
  void read() {
    Token key = tokens.word("a setting");
    switch (key.text()) {
      case "memory" -> memoryBytes = memory();
      case "vcpus" -> vcpus = (int) tokens.number("a number of vCPUs", 1, MOST_VCPUS);
      case "cpu" ->
          tdp = tokens.oneOf(Set.of("intel", "amd")).equals("amd") ? TdpKind.NPT : TdpKind.EPT;
      case "ad" -> hasAccessedDirty = isOn();
      case "execute-only" -> hasExecuteOnly = isOn();
      case "levels" -> mmu = mmu.withLevels(levels());
      case "largest-page" -> mmu = mmu.withLargestLevel(pageLevel());
      case "host-pages" -> hostPageLevel = pageLevel();
      case "dirty-log" ->
          dirtyLog =
              DirtyLogKind.valueOf(
                  tokens.oneOf(Set.of("bitmap", "ring", "pml")).toUpperCase(Locale.ROOT));
      case "manual-protect" -> manualProtect = tokens.oneOf(Set.of("on", "off", "initially-set"));
      case "ring-entries" -> mmu = mmu.withRingEntries(ringEntries());
      case "eager-split" -> mmu = mmu.withEagerSplit(isOn());
      case "nx-huge-pages" -> mmu = mmu.withNxHugePages(isOn());
      case "table-entries" -> mmu = mmu.withTableEntries(tableEntries());
      case "tlb" ->
          tlb =
              tokens.oneOf(Set.of("tiny", "default")).equals("tiny") ? TINY_TLB : TlbConfig.DEFAULT;
      case "mmu" -> kind = KINDS.get(tokens.oneOf(KINDS.keySet()));
      case "host-bits" -> hostBits = tokens.oneOf(Set.of("32", "64")).equals("32") ? 32 : 64;
      case "shadow-pages" ->
          mmu = mmu.withShadowPages((int) tokens.number("a number of pages", 1, 1 << 20));
      case "rule" -> rule();
      case "let" -> let();
      default -> {
        if (PagingLines.KEYS.contains(key.text())) {
          paging.read(key);
        } else {
          dialect.readSetting(key, tokens);
        }
      }
    }
    tokens.endStatement();
  }

  private boolean isOn() {
    return tokens.oneOf(SWITCH).equals("on");
  }

  private int levels() {
    return (int) tokens.number("a number of levels", 4, 5);
  }

  private int pageLevel() {
    return switch (tokens.oneOf(SIZES)) {
      case "4k" -> 1;
      case "2m" -> 2;
      default -> 3;
    };
  }

  private long memory() {
    memorySize = tokens.peek();
    return tokens.number("a size", PhysicalMemory.FRAME_SIZE, GuestMemoryMap.HOLE);
  }

  /** Whole tables' worth, or pages, if not all of each table is used. */
  private void checkMemory() {
    boolean isCut = mmu.tableEntries() < MmuConfig.TABLE_ENTRIES;
    long unit = isCut ? PhysicalMemory.FRAME_SIZE : VmConfig.MINIMUM_MEMORY;
    Token size = memorySize;
    if (size != null && memoryBytes % unit != 0) {
      throw tokens.error(
          size, "expected a multiple of " + (isCut ? "4K" : "2M") + ", found " + size.describe());
    }
  }

  private int tableEntries() {
    Token entries = tokens.peek();
    long count = tokens.number("a number", FEWEST_ENTRIES, MmuConfig.TABLE_ENTRIES);
    if (Long.bitCount(count) != 1) {
      throw tokens.error(entries, "expected a power of two, found " + entries.describe());
    }
    return (int) count;
  }

  private int ringEntries() {
    Token entries = tokens.peek();
    long count = tokens.number("a number", MmuConfig.MINIMUM_RING_ENTRIES, 1 << 16);
    if (Long.bitCount(count) != 1) {
      throw tokens.error(entries, "expected a power of two, found " + entries.describe());
    }
    return (int) count;
  }

  private void rule() {
    RuleSwitch<?> rule = RuleNames.rule(tokens);
    tokens.expect("=");
    rules = rules.with(rule, RuleNames.value(tokens, rule)).orElseThrow();
  }

  private void let() {
    Token word = tokens.word("a name");
    if (names.containsKey(word.text()) || ExpressionParser.isReserved(word.text())) {
      throw tokens.error(word, word.describe() + " has a meaning already");
    }
    tokens.expect("=");
    names.put(word.text(), new ExpressionParser(tokens, names, null).parse("a number"));
  }

  // --- what they said ---

  /** What words stand for numbers. */
  Map<String, Expression> names() {
    return names;
  }

  DirtyLogKind dirtyLog() {
    return dirtyLog;
  }

  boolean hasManualProtect() {
    return !manualProtect.equals("off");
  }

  Rules rules() {
    return rules;
  }

  /** The guest's page tables, or null if it does not page. */
  @Nullable InitialTables tables() {
    return paging.tables(memoryBytes);
  }

  /**
   * The VM.
   *
   * @param leastVcpus how many vCPUs the script names
   * @throws InputException if the settings do not go together
   */
  VmConfig vmConfig(int leastVcpus, boolean hasWriteTracking) {
    int count = vcpus == 0 ? leastVcpus : vcpus;
    if (count < leastVcpus) {
      throw new InputException(
          name + ": names vcpu " + (leastVcpus - 1) + ", and has " + count + " by 'vcpus'");
    }
    checkMemory();
    if (tables() instanceof IdentityTables && memoryBytes > IdentityTables.LARGEST_MEMORY) {
      throw new InputException(name + ": a guest that pages has at most 1G of memory");
    }
    // Tables that are shadowed are AMD's and Intel's alike: the legacy layout, which is NPT's.
    TdpKind walked = kind == MmuKind.SHADOW ? TdpKind.NPT : tdp;
    try {
      MmuConfig config =
          new MmuConfig(
              walked,
              SpteLayout.of(walked),
              walked == TdpKind.EPT,
              hasAccessedDirty,
              hasExecuteOnly,
              hostBits == 32 ? 3 : mmu.levels(),
              mmu.physicalAddressBits(),
              hostBits == 32 ? Math.min(2, mmu.largestLevel()) : mmu.largestLevel(),
              dirtyLog,
              hasManualProtect(),
              manualProtect.equals("initially-set"),
              mmu.ringEntries(),
              mmu.eagerSplit(),
              mmu.nxHugePages(),
              hasWriteTracking,
              mmu.tableEntries(),
              count,
              kind,
              hostBits,
              mmu.shadowPages());
      return new VmConfig(config, memoryBytes, hostPageLevel, tlb);
    } catch (IllegalArgumentException e) {
      throw new InputException(name + ": " + e.getMessage(), e);
    }
  }
}
