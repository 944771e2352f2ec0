package dev.gnomon.machine.fuzz;

import dev.gnomon.machine.fuzz.Operation.Kind;
import dev.gnomon.mmu.arch.GuestEntry;
import dev.gnomon.mmu.arch.NestedTables;
import dev.gnomon.mmu.arch.PagingFeatures;
import dev.gnomon.mmu.arch.PagingMode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/** Makes random scripts: hostile, but not so much that nothing works. */
final class ScriptMaker {
  private static final int OPERATIONS = 600;
  private static final int HIGH_ENTRIES = 12;
  private static final int FORMAT_FLAGS = GuestLayout.PSE | GuestLayout.NXE;

  private final FuzzConfig config;
  private final SplittableRandom random;
  private final List<Operation> operations = new ArrayList<>(OPERATIONS);
  private final PagingMode[] modes = new PagingMode[FuzzVm.VCPUS];
  private int vcpu;

  private PagingMode l1Mode = PagingMode.NONE;
  private PagingMode l2Mode = PagingMode.NONE;
  private @Nullable NestedTables format;
  private final boolean isDual;
  private final boolean isHostBusy;
  private final ScriptNumbers numbers;

  /**
   * The one in whose format both vCPUs page. Where tables are shadowed they share shadow pages, and
   * a page's role says little of the format, in KVM neither: with PAE beside long mode, or CR4.PSE
   * or EFER.NXE on one vCPU only, each would go by what the other made of an entry.
   */
  private final PagingMode family;

  private final int familyFlags;

  private ScriptMaker(FuzzConfig config, long seed) {
    this.config = config;
    random = new SplittableRandom(seed);
    Arrays.fill(modes, PagingMode.NONE);
    isDual = random.nextBoolean() && !config.mmu().nested();
    isHostBusy = random.nextBoolean();
    numbers = new ScriptNumbers(random, random.nextBoolean());
    boolean isBound = isDual && config.isShadow();
    PagingMode[] families = {PagingMode.BITS_32, PagingMode.PAE, PagingMode.LEVEL_4};
    family = isBound ? families[random.nextInt(families.length)] : PagingMode.NONE;
    familyFlags = random.nextInt() & FORMAT_FLAGS;
  }

  /** The script of a seed. */
  static Script make(FuzzConfig config, long seed) {
    ScriptMaker maker = new ScriptMaker(config, seed);
    int bits = config.guestAddressBits(maker.numbers.oneIn(2));
    PagingFeatures features =
        new PagingFeatures(bits, maker.random.nextBoolean(), maker.random.nextBoolean());
    maker.fillHighTables();
    maker.boot();
    while (maker.operations.size() < OPERATIONS) {
      maker.next();
    }
    return new Script(config, features, maker.operations);
  }

  private void add(Kind kind, long a, long b, long c) {
    operations.add(new Operation(kind, a, b, c));
  }

  /** A mode that this guest may have. */
  private PagingMode anyMode() {
    PagingMode any = GuestLayout.mode(config, random.nextInt(PagingMode.values().length));
    if (family == PagingMode.NONE || any == PagingMode.NONE) {
      return any;
    }
    return family.isLong() && any.isLong() ? any : GuestLayout.mode(config, family.ordinal());
  }

  private void boot() {
    numbers.mode = anyMode();
    for (int i = 0; i < 4 && numbers.mode == PagingMode.NONE; i++) {
      numbers.mode = anyMode();
    }
    numbers.shift = 0;
    add(Kind.BOOT, numbers.mode.ordinal(), flags(), 0);
    int fills = random.nextInt(12);
    for (int i = 0; i < fills; i++) {
      writeEntry();
    }
  }

  /** Tables in the second slot, which goes, comes, and may be read-only. Without paging. */
  private void fillHighTables() {
    if (numbers.oneIn(2)) {
      return;
    }
    numbers.mode = anyMode();
    int bytes = numbers.mode == PagingMode.BITS_32 ? 4 : 8;
    for (int i = 0; i < HIGH_ENTRIES; i++) {
      long table = ScriptNumbers.HIGH_TABLES + random.nextInt(ScriptNumbers.HIGH_TABLE_COUNT);
      long index = ScriptNumbers.INDICES[random.nextInt(ScriptNumbers.INDICES.length)];
      add(Kind.WRITE, table << 12 | index * bytes, bytes, numbers.entry());
    }
  }

  private void switchVcpu() {
    modes[vcpu] = numbers.mode;
    vcpu = (vcpu + 1) % FuzzVm.VCPUS;
    numbers.mode = modes[vcpu];
    add(Kind.VCPU, vcpu, 0, 0);
    if (numbers.mode == PagingMode.NONE && !numbers.oneIn(4)) {
      boot();
    }
  }

  // --- a guest of the guest's ---

  private void toL1() {
    if (numbers.shift != 0) {
      numbers.shift = 0;
      numbers.mode = l1Mode;
      add(Kind.L2_EXIT, 0, 0, 0);
    }
  }

  private void toL2(PagingMode next) {
    l1Mode = numbers.mode;
    numbers.mode = next;
    numbers.shift = NestedLayout.L2_SHIFT;
  }

  private void nested() {
    switch (random.nextInt(6)) {
      case 0 -> toL1();
      case 1, 2 -> runL2();
      default -> {
        toL1();
        int edits = 1 + random.nextInt(4);
        for (int i = 0; i < edits && format != null; i++) {
          writeNestedEntry(format);
        }
        if (l2Mode != PagingMode.NONE) {
          add(Kind.L2_RESUME, 0, 0, 0);
          toL2(l2Mode);
        }
      }
    }
  }

  private void runL2() {
    toL1();
    l2Mode = anyMode();
    for (int i = 0; i < 4 && l2Mode == PagingMode.NONE; i++) {
      l2Mode = anyMode();
    }
    long flags = flags();
    long number = random.nextInt(16);
    format = NestedLayout.format(config, number);
    if (!numbers.oneIn(4)) {
      add(Kind.L2_TABLES, l2Mode.ordinal(), flags, number);
    }
    add(Kind.L2_RUN, l2Mode.ordinal(), flags, number);
    if (l2Mode == PagingMode.PAE && format != null) {
      l2Mode = PagingMode.BITS_32;
    }
    toL2(l2Mode);
    int fills = random.nextInt(12);
    for (int i = 0; i < fills; i++) {
      writeEntry();
    }
  }

  /** L1 changes an entry of its nested tables, through its window. */
  private void writeNestedEntry(NestedTables tables) {
    int levels = tables.mode().levels();
    int bytes = NestedLayout.entryBytes(tables);
    boolean isEpt = tables instanceof NestedTables.Ept;
    int level = numbers.oneIn(5) ? 1 + random.nextInt(levels) : 1;
    int index = level > 1 ? random.nextInt(2) : random.nextInt(NestedLayout.PAGES);
    long entry = numbers.oneIn(3) ? random.nextInt(8) : 7;
    long target;
    if (level == 1) {
      target = numbers.page();
    } else if (level <= 3 && numbers.oneIn(4)) {
      // Not the first 2 MiB: the tables themselves are there.
      target = numbers.oneIn(2) ? 0x400 : 0x200 * random.nextInt(1, 4);
      entry |= GuestEntry.LARGE;
    } else {
      int below = numbers.oneIn(6) ? 1 + random.nextInt(levels) : level - 1;
      target = NestedLayout.frame(levels, below);
    }
    boolean isOwn = target >= NestedLayout.TOP && target < NestedLayout.TOP + NestedLayout.FRAMES;
    if (level == 1 && isOwn && !numbers.oneIn(20)) {
      target = index;
    }
    boolean isLeaf = level == 1 || (entry & GuestEntry.LARGE) != 0;
    if (isEpt) {
      entry |= isLeaf ? 6 << 3 | (long) random.nextInt(4) << 8 : 0;
    } else {
      entry |= (long) random.nextInt(4) << 5;
      entry |= bytes == 8 && numbers.oneIn(8) ? GuestEntry.NO_EXECUTE : 0;
    }
    entry |= bytes == 8 && numbers.oneIn(30) ? 1L << 40 + random.nextInt(20) : 0;
    if (tables.mode() == PagingMode.PAE && level == 3) {
      entry &= 1;
    }
    long at = NestedLayout.frame(levels, level) * 0x1000 + (long) index * bytes;
    add(Kind.WRITE, numbers.window() + at, bytes | 0x100, target << 12 | entry);
  }

  private long flags() {
    long flags = random.nextInt(1 << 13) & ~GuestLayout.USER;
    if (family != PagingMode.NONE) {
      flags = flags & ~FORMAT_FLAGS | familyFlags;
    }
    return numbers.oneIn(4) ? flags : flags & ~GuestLayout.SMAP;
  }

  private void next() {
    if (isDual && numbers.oneIn(24)) {
      switchVcpu();
      return;
    }
    if (config.mmu().nested() && numbers.oneIn(20)) {
      nested();
      return;
    }
    int choice = random.nextInt(100);
    if (choice < 22) {
      writeEntry();
      if (numbers.shift != 0 && numbers.oneIn(2)) {
        add(Kind.CR3, numbers.cr3(), 0, 0);
      }
    } else if (choice < 70) {
      access(numbers.linear());
    } else if (choice < 74) {
      access(
          numbers.window()
              + random.nextInt(GuestLayout.WINDOW_FRAMES) * 0x1000L
              + numbers.offset());
    } else if (choice < 80) {
      add(
          Kind.INVLPG,
          numbers.oneIn(6) ? numbers.window() + random.nextInt(16) * 0x1000L : numbers.linear(),
          0,
          0);
    } else if (choice < 84) {
      add(Kind.CR3, numbers.cr3(), 0, 0);
    } else if (choice < 88) {
      add(Kind.CPL, random.nextInt(2), random.nextInt(2), 0);
    } else if (choice < 90) {
      add(Kind.PKRU, random.nextInt() & random.nextInt(), 0, 0);
    } else if (choice < 91) {
      add(Kind.INVPCID, random.nextInt(4), numbers.linear(), random.nextInt(3));
    } else if (choice < 93) {
      modes();
    } else if (isHostBusy || numbers.oneIn(4)) {
      host();
    }
  }

  private void modes() {
    if (numbers.oneIn(3)) {
      boot();
      return;
    }
    if (numbers.oneIn(5)) {
      numbers.mode = anyMode();
    }
    add(Kind.MODES, numbers.mode.ordinal(), flags(), 0);
  }

  private void access(long gva) {
    int size = numbers.oneIn(3) ? 1 + random.nextInt(8) : 8;
    long address = size == 8 && !numbers.oneIn(4) ? gva & -8L : gva;
    if (numbers.oneIn(20)) {
      address = (address | 0xfff) - random.nextInt(7);
    }
    boolean isImplicit = numbers.oneIn(8);
    switch (random.nextInt(8)) {
      case 0, 1, 2 -> add(Kind.READ, address, size | (isImplicit ? 0x100 : 0), 0);
      case 3 -> add(Kind.FETCH, address, size, 0);
      default -> add(Kind.WRITE, address, size | (isImplicit ? 0x100 : 0), random.nextLong());
    }
  }

  private void writeEntry() {
    int bytes = numbers.mode == PagingMode.BITS_32 ? 4 : 8;
    int table = GuestLayout.FIRST_TABLE + random.nextInt(GuestLayout.TABLES);
    // The window's own tables are left alone more often than not.
    if (table < GuestLayout.ROOT && !(numbers.isHostile && numbers.oneIn(8))) {
      table = GuestLayout.ROOT + random.nextInt(GuestLayout.TABLES - 4);
    }
    int index =
        numbers.oneIn(8)
            ? random.nextInt(8)
            : ScriptNumbers.INDICES[random.nextInt(ScriptNumbers.INDICES.length)];
    boolean isRoot = table < GuestLayout.ROOT + GuestLayout.ROOTS;
    if (isRoot && index == 1 && !(numbers.isHostile && numbers.oneIn(8))) {
      index = 0;
    }
    if (numbers.mode == PagingMode.PAE && isRoot) {
      index &= 3;
    }
    long gva = numbers.window() + (long) (table + numbers.shift) * 0x1000 + (long) index * bytes;
    long entry = numbers.entry();
    if (numbers.mode == PagingMode.PAE && isRoot) {
      entry &= numbers.oneIn(20) ? -1L : ~0x1e6L & (1L << 36) - 1;
    }
    int size = numbers.oneIn(20) ? 1 << random.nextInt(4) : bytes;
    add(Kind.WRITE, gva, size | (numbers.oneIn(2) ? 0x100 : 0), entry);
  }

  private void host() {
    long page = numbers.page() % 576;
    int slot = numbers.oneIn(3) ? 1 : 0;
    switch (random.nextInt(20)) {
      case 0, 1 -> add(Kind.EVICT, page, 0, 0);
      case 2, 3 -> add(Kind.MIGRATE, page, 0, 0);
      case 4 -> add(Kind.PROTECT, page, 0, 0);
      case 5 -> add(Kind.AGE, page, 1 + random.nextInt(32), 0);
      case 6 -> add(Kind.TEST, page, 1 + random.nextInt(32), 0);
      case 7, 8 -> add(Kind.LOG_ON, slot, 0, 0);
      case 9, 10 -> add(Kind.LOG_GET, slot, 0, 0);
      case 11, 12 -> clearLog(slot);
      case 13 -> add(Kind.LOG_OFF, slot, 0, 0);
      case 14 -> add(Kind.TRACK, page, 0, 0);
      case 15 -> add(Kind.UNTRACK, page, 0, 0);
      case 16 -> add(Kind.SLOT_DELETE, 0, 0, 0);
      case 17 -> add(Kind.SLOT_PLACE, random.nextInt(2) | (numbers.oneIn(3) ? 2 : 0), 0, 0);
      case 18 -> add(numbers.oneIn(3) ? Kind.ZAP : Kind.LOG_GET, 0, 0, 0);
      default -> add(numbers.oneIn(3) ? Kind.AUDIT : Kind.LOG_GET, 0, 0, 0);
    }
  }

  private void clearLog(int slot) {
    if (!config.mmu().manualProtect()) {
      add(Kind.LOG_GET, slot, 0, 0);
      return;
    }
    add(Kind.LOG_GET, slot, 0, 0);
    int words = numbers.oneIn(2) ? 1 : 1 + random.nextInt(8);
    for (int word = 0; word < words; word++) {
      add(Kind.LOG_CLEAR, slot, word, numbers.oneIn(2) ? -1L : random.nextLong());
    }
  }
}
