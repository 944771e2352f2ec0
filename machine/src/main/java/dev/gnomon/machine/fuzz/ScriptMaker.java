package dev.gnomon.machine.fuzz;

import dev.gnomon.machine.fuzz.Operation.Kind;
import dev.gnomon.mmu.arch.GuestEntry;
import dev.gnomon.mmu.arch.PagingFeatures;
import dev.gnomon.mmu.arch.PagingMode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/** Makes random scripts: hostile, but not so much that nothing works. */
final class ScriptMaker {
  private static final int[] INDICES = {0, 1, 2, 511};
  private static final int OPERATIONS = 600;
  private static final int FORMAT_FLAGS = GuestLayout.PSE | GuestLayout.NXE;

  private final FuzzConfig config;
  private final SplittableRandom random;
  private final List<Operation> operations = new ArrayList<>(OPERATIONS);
  private PagingMode mode = PagingMode.NONE;
  private final PagingMode[] modes = new PagingMode[FuzzVm.VCPUS];
  private int vcpu;
  private final boolean isDual;
  private final boolean isHostBusy;
  private final boolean isHostile;

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
    isDual = random.nextBoolean();
    isHostBusy = random.nextBoolean();
    isHostile = random.nextBoolean();
    boolean isBound = isDual && config.isShadow();
    PagingMode[] families = {PagingMode.BITS_32, PagingMode.PAE, PagingMode.LEVEL_4};
    family = isBound ? families[random.nextInt(families.length)] : PagingMode.NONE;
    familyFlags = random.nextInt() & FORMAT_FLAGS;
  }

  /** The script of a seed. */
  static Script make(FuzzConfig config, long seed) {
    ScriptMaker maker = new ScriptMaker(config, seed);
    int bits = config.guestAddressBits(maker.oneIn(2));
    PagingFeatures features =
        new PagingFeatures(bits, maker.random.nextBoolean(), maker.random.nextBoolean());
    maker.boot();
    while (maker.operations.size() < OPERATIONS) {
      maker.next();
    }
    return new Script(config, features, maker.operations);
  }

  private boolean oneIn(int n) {
    return random.nextInt(n) == 0;
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
    mode = anyMode();
    for (int i = 0; i < 4 && mode == PagingMode.NONE; i++) {
      mode = anyMode();
    }
    add(Kind.BOOT, mode.ordinal(), flags(), 0);
    int fills = random.nextInt(12);
    for (int i = 0; i < fills; i++) {
      writeEntry();
    }
  }

  private void switchVcpu() {
    modes[vcpu] = mode;
    vcpu = (vcpu + 1) % FuzzVm.VCPUS;
    mode = modes[vcpu];
    add(Kind.VCPU, vcpu, 0, 0);
    if (mode == PagingMode.NONE && !oneIn(4)) {
      boot();
    }
  }

  private long flags() {
    long flags = random.nextInt(1 << 13) & ~GuestLayout.USER;
    if (family != PagingMode.NONE) {
      flags = flags & ~FORMAT_FLAGS | familyFlags;
    }
    return oneIn(4) ? flags : flags & ~GuestLayout.SMAP;
  }

  private void next() {
    if (isDual && oneIn(24)) {
      switchVcpu();
      return;
    }
    int choice = random.nextInt(100);
    if (choice < 22) {
      writeEntry();
    } else if (choice < 70) {
      access(linear());
    } else if (choice < 74) {
      access(window() + random.nextInt(GuestLayout.WINDOW_FRAMES) * 0x1000L + offset());
    } else if (choice < 80) {
      add(Kind.INVLPG, oneIn(6) ? window() + random.nextInt(16) * 0x1000L : linear(), 0, 0);
    } else if (choice < 84) {
      add(Kind.CR3, cr3(), 0, 0);
    } else if (choice < 88) {
      add(Kind.CPL, random.nextInt(2), random.nextInt(2), 0);
    } else if (choice < 90) {
      add(Kind.PKRU, random.nextInt() & random.nextInt(), 0, 0);
    } else if (choice < 91) {
      add(Kind.INVPCID, random.nextInt(4), linear(), random.nextInt(3));
    } else if (choice < 93) {
      modes();
    } else if (isHostBusy || oneIn(4)) {
      host();
    }
  }

  private void modes() {
    if (oneIn(3)) {
      boot();
      return;
    }
    if (oneIn(5)) {
      mode = anyMode();
    }
    add(Kind.MODES, mode.ordinal(), flags(), 0);
  }

  private long window() {
    return GuestLayout.window(mode);
  }

  private long cr3() {
    long root = (long) (GuestLayout.ROOT + random.nextInt(GuestLayout.ROOTS)) << 12;
    if (isHostile && oneIn(12)) {
      root = random.nextInt(0x410) * 0x1000L;
    }
    if (!mode.isLong()) {
      return root | (mode == PagingMode.PAE && isHostile && oneIn(10) ? 0xfe0 : 0);
    }
    return root | random.nextInt(3) | (oneIn(3) ? 1L << 63 : 0);
  }

  private int offset() {
    return oneIn(5) ? random.nextInt(0x1000) : 0x800 + 8 * random.nextInt(8);
  }

  /** An address by way of a few indices. */
  private long linear() {
    if (mode == PagingMode.NONE) {
      return page() * 0x1000L + offset();
    }
    long linear = offset();
    for (int level = 1; level <= mode.levels(); level++) {
      int index = INDICES[random.nextInt(INDICES.length)];
      if (level == mode.levels() && oneIn(2)) {
        index = 0;
      }
      linear |=
          (long) (mode == PagingMode.PAE && level == 3 ? index & 3 : index) << mode.shift(level);
    }
    if (!mode.isLong()) {
      return linear & 0xffff_ffffL;
    }
    int unused = Long.SIZE - mode.shift(mode.levels() + 1);
    return oneIn(200) ? linear | 1L << 62 : linear << unused >> unused;
  }

  /** The number of a frame, mostly one of the first. */
  private long page() {
    return switch (random.nextInt(8)) {
      case 0, 1, 2 -> random.nextInt(GuestLayout.WINDOW_FRAMES);
      case 3, 4 -> GuestLayout.WINDOW_FRAMES + random.nextInt(8);
      case 5 -> random.nextInt(512);
      case 6 -> 0x400 + random.nextInt(4);
      default -> (oneIn(4) ? 0x600 : 0x500) + random.nextInt(4);
    };
  }

  private void access(long gva) {
    int size = oneIn(3) ? 1 + random.nextInt(8) : 8;
    long address = size == 8 && !oneIn(4) ? gva & -8L : gva;
    if (oneIn(20)) {
      address = (address | 0xfff) - random.nextInt(7);
    }
    boolean isImplicit = oneIn(8);
    switch (random.nextInt(8)) {
      case 0, 1, 2 -> add(Kind.READ, address, size | (isImplicit ? 0x100 : 0), 0);
      case 3 -> add(Kind.FETCH, address, size, 0);
      default -> add(Kind.WRITE, address, size | (isImplicit ? 0x100 : 0), random.nextLong());
    }
  }

  private void writeEntry() {
    int bytes = mode == PagingMode.BITS_32 ? 4 : 8;
    int table = GuestLayout.FIRST_TABLE + random.nextInt(GuestLayout.TABLES);
    // The window's own tables are left alone more often than not.
    if (table < GuestLayout.ROOT && !(isHostile && oneIn(8))) {
      table = GuestLayout.ROOT + random.nextInt(GuestLayout.TABLES - 4);
    }
    int index = oneIn(8) ? random.nextInt(8) : INDICES[random.nextInt(INDICES.length)];
    boolean isRoot = table < GuestLayout.ROOT + GuestLayout.ROOTS;
    if (isRoot && index == 1 && !(isHostile && oneIn(8))) {
      index = 0;
    }
    if (mode == PagingMode.PAE && isRoot) {
      index &= 3;
    }
    long gva = window() + (long) table * 0x1000 + (long) index * bytes;
    long entry = entry();
    if (mode == PagingMode.PAE && isRoot) {
      entry &= oneIn(20) ? -1L : ~0x1e6L & (1L << 36) - 1;
    }
    int size = oneIn(20) ? 1 << random.nextInt(4) : bytes;
    add(Kind.WRITE, gva, size | (oneIn(2) ? 0x100 : 0), entry);
  }

  private long entry() {
    long bits = oneIn(12) ? 0 : GuestEntry.PRESENT;
    bits |= oneIn(5) ? 0 : GuestEntry.WRITABLE;
    bits |= oneIn(4) ? 0 : GuestEntry.USER;
    bits |= random.nextBoolean() ? GuestEntry.ACCESSED : 0;
    bits |= random.nextBoolean() ? GuestEntry.DIRTY : 0;
    bits |= oneIn(3) ? GuestEntry.GLOBAL : 0;
    boolean isLarge = oneIn(7);
    bits |= isLarge ? GuestEntry.LARGE : 0;
    bits |= (long) random.nextInt(4) << 3 | (long) random.nextInt(8) << 9;
    if (mode != PagingMode.BITS_32) {
      bits |= oneIn(7) ? GuestEntry.NO_EXECUTE : 0;
      bits |= mode == PagingMode.PAE ? 0 : (long) random.nextInt(128) << 52;
      bits |= isHostile && oneIn(25) ? 1L << 32 + random.nextInt(31) : 0;
    }
    if (isLarge && !oneIn(4)) {
      return bits | (long) random.nextInt(4) << 21 | (oneIn(6) ? 1L << 12 + random.nextInt(9) : 0);
    }
    boolean isTable = random.nextInt(3) != 0;
    return bits
        | (isTable ? GuestLayout.FIRST_TABLE + random.nextInt(GuestLayout.TABLES) : page()) << 12;
  }

  private void host() {
    long page = page() % 576;
    int slot = oneIn(3) ? 1 : 0;
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
      case 17 -> add(Kind.SLOT_PLACE, random.nextInt(2) | (oneIn(3) ? 2 : 0), 0, 0);
      case 18 -> add(oneIn(3) ? Kind.ZAP : Kind.LOG_GET, 0, 0, 0);
      default -> add(oneIn(3) ? Kind.AUDIT : Kind.LOG_GET, 0, 0, 0);
    }
  }

  private void clearLog(int slot) {
    if (!config.mmu().manualProtect()) {
      add(Kind.LOG_GET, slot, 0, 0);
      return;
    }
    add(Kind.LOG_GET, slot, 0, 0);
    int words = oneIn(2) ? 1 : 1 + random.nextInt(8);
    for (int word = 0; word < words; word++) {
      add(Kind.LOG_CLEAR, slot, word, oneIn(2) ? -1L : random.nextLong());
    }
  }
}
