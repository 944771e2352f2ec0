package dev.gnomon.machine.fuzz;

import dev.gnomon.machine.processor.Vcpu;
import dev.gnomon.mmu.arch.AccessKind;
import dev.gnomon.mmu.arch.ControlBits;
import dev.gnomon.mmu.arch.ControlRegisters;
import dev.gnomon.mmu.arch.PagingMode;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Runs scripts of one configuration, one after the other, on a VM that it keeps. */
final class ScriptRunner implements AutoCloseable {
  /** A VM is not kept for ever, so that a script does not depend on too many others. */
  private static final int SCRIPTS_PER_VM = 2000;

  private static final int SWEPT_PAGES = 4;

  private final FuzzConfig config;
  private @Nullable FuzzVm vm;
  private Mirror mirror = new Mirror(FuzzVm.PAGES);
  private int scripts;
  private int swept;
  private long operations;

  ScriptRunner(FuzzConfig config) {
    this.config = config;
  }

  /** How many operations were done. */
  long operations() {
    return operations;
  }

  /** The VM is thrown away; the next script has a new one. */
  void renew() {
    close();
    mirror = new Mirror(FuzzVm.PAGES);
    scripts = 0;
  }

  /** Runs a script; returns what is wrong, or null. */
  @Nullable String run(Script script) {
    if (scripts++ == SCRIPTS_PER_VM) {
      renew();
    }
    FuzzVm mine = vm;
    if (mine == null) {
      mine = new FuzzVm(config);
      mine.fill();
      vm = mine;
    }
    int at = 0;
    Run run = new Run(mine, script);
    try {
      run.enter();
      for (Operation operation : script.operations()) {
        mine.begin();
        run.perform(operation);
        at++;
        operations++;
      }
      run.finish();
      return null;
    } catch (Divergence
        | IllegalStateException
        | IllegalArgumentException
        | IndexOutOfBoundsException
        | NullPointerException
        | AssertionError
        | ArithmeticException
        | ClassCastException e) {
      renew();
      String what = e instanceof Divergence ? "" : e.getClass().getSimpleName() + ": ";
      return String.format(Locale.ROOT, "operation %d: %s%s", at + 1, what, e.getMessage());
    }
  }

  @Override
  public void close() {
    FuzzVm old = vm;
    if (old != null) {
      old.close();
      vm = null;
    }
  }

  /** One script under way. */
  private final class Run {
    private final FuzzVm mine;
    private final HostSide hostSide;
    private final GuestTranslation[] guests = new GuestTranslation[FuzzVm.VCPUS];
    private final Accesses[] allAccesses = new Accesses[FuzzVm.VCPUS];
    private final GuestHypervisor[] hypervisors = new GuestHypervisor[FuzzVm.VCPUS];

    /** The vCPU that runs. */
    private int running;

    private Vcpu vcpu;

    /** Of L2, while it runs. */
    private GuestTranslation guest;

    private Accesses accesses;

    Run(FuzzVm mine, Script script) {
      this.mine = mine;
      hostSide = new HostSide(mine);
      mine.setHelper(this::help);
      for (int i = 0; i < FuzzVm.VCPUS; i++) {
        mine.vcpu(i).control().setPagingFeatures(script.features());
        guests[i] = new GuestTranslation(config, mine, mirror, script.features());
        allAccesses[i] = new GuestAccess(mine, i, mirror, guests[i], hostSide);
        hypervisors[i] = new GuestHypervisor(config, mine, i, mirror, script.features(), hostSide);
      }
      vcpu = mine.vcpu(0);
      guest = guests[0];
      accesses = allAccesses[0];
    }

    void enter() {
      vcpu.enterGuest();
    }

    /** What walks have marked, they have marked before the host does anything. */
    private void settle() {
      hypervisors[running].settle();
    }

    private void help() {
      settle();
      hostSide.help();
    }

    /** Another vCPU runs from here on. */
    private void switchTo(long number) {
      vcpu.leaveGuest();
      running = (int) Long.remainderUnsigned(number, FuzzVm.VCPUS);
      vcpu = mine.vcpu(running);
      vcpu.enterGuest();
      guest = guests[running];
      accesses = allAccesses[running];
      follow();
    }

    /** Goes on with L2, if it runs. */
    private void follow() {
      GuestHypervisor hypervisor = hypervisors[running];
      GuestTranslation l2 = hypervisor.l2();
      Accesses l2Accesses = hypervisor.accesses();
      if (hypervisor.isRunning() && l2 != null && l2Accesses != null) {
        guest = l2;
        accesses = l2Accesses;
      }
    }

    /** L2 was left, by itself or because it was refused something. */
    private void backInL1() {
      guest = guests[running];
      accesses = allAccesses[running];
      // The TLB has no tags, and PDPTEs are loaded again.
      guest.load(guest.registers());
    }

    private void exitL2() {
      if (hypervisors[running].isRunning()) {
        hypervisors[running].exit();
        backInL1();
      }
    }

    private void runL2(Operation operation) {
      exitL2();
      if (!config.mmu().nested()) {
        return;
      }
      switch (operation.kind()) {
        case L2_TABLES -> {
          ControlRegisters registers = guest.registers();
          load(ControlRegisters.RESET);
          hypervisors[running].writeTables(
              operation.a(), operation.b(), operation.c(), this::writeEntry);
          load(registers);
        }
        case L2_RUN -> hypervisors[running].run(operation.a(), operation.b(), operation.c());
        case L2_RESUME -> hypervisors[running].resume();
        default -> {
          // It is left.
        }
      }
      follow();
    }

    private void writeEntry(long gpa, int bytes, long value) {
      if (guest.value(gpa, bytes) != value) {
        accesses.access(AccessKind.WRITE, false, gpa, bytes, value);
        operations++;
      }
    }

    void perform(Operation operation) {
      GuestHypervisor hypervisor = hypervisors[running];
      boolean wasL2 = hypervisor.isRunning();
      doIt(operation);
      if (wasL2 && !hypervisor.isRunning() && guest == hypervisor.l2()) {
        // A violation: L1 has nothing to say to it, and goes on with L2.
        hypervisor.settle();
        backInL1();
        hypervisor.resume();
        follow();
      }
    }

    private void doIt(Operation operation) {
      switch (operation.kind()) {
        case L2_TABLES, L2_RUN, L2_EXIT, L2_RESUME -> runL2(operation);
        case VCPU -> switchTo(operation.a());
        case BOOT -> boot(operation.a(), operation.b());
        case MODES -> modes(operation.a(), operation.b());
        case CR3 -> loadCr3(operation.a());
        case INVLPG -> {
          long gva = linear(operation.a());
          vcpu.invlpg(gva);
          guest.invlpg(gva);
        }
        case INVPCID -> invpcid(operation);
        case PKRU -> {
          vcpu.control().setPkru((int) operation.a());
          guest.setPkru((int) operation.a());
        }
        case CPL -> {
          vcpu.setPrivilege((operation.a() & 1) != 0, (operation.b() & 1) != 0);
          guest.setPrivilege((operation.a() & 1) != 0, (operation.b() & 1) != 0);
        }
        case READ -> access(AccessKind.READ, operation);
        case WRITE -> access(AccessKind.WRITE, operation);
        case FETCH -> access(AccessKind.FETCH, operation);
        default -> {
          vcpu.leaveGuest();
          settle();
          hostSide.perform(operation);
          vcpu.enterGuest();
        }
      }
    }

    private void boot(long number, long flags) {
      exitL2();
      load(ControlRegisters.RESET);
      PagingMode mode = GuestLayout.mode(config, number);
      GuestLayout.writeWindow(mode, flags, 0, this::writeEntry);
      load(GuestLayout.registers(config, mode, flags, GuestLayout.root(flags), 0));
    }

    private void load(ControlRegisters registers) {
      vcpu.load(registers);
      guest.load(registers);
    }

    private void modes(long number, long asked) {
      if (accesses instanceof NestedAccess) {
        return;
      }
      PagingMode mode = GuestLayout.mode(config, number);
      ControlRegisters old = guest.registers();
      boolean mayHavePcids = guest.hasPcids() || (old.cr3() & 0xfff) == 0;
      long flags = mayHavePcids ? asked : asked & ~GuestLayout.PCIDE;
      ControlRegisters modes = GuestLayout.registers(config, mode, flags, old.cr3(), old.pkru());
      boolean isLoaded = guest.loadModes(modes);
      boolean isReallyLoaded = vcpu.control().loadModes(modes.cr0(), modes.cr4(), modes.efer());
      if (isLoaded != isReallyLoaded) {
        throw new Divergence("a change of modes is refused or not, against the PDPTEs");
      }
    }

    private void loadCr3(long asked) {
      long operand = guest.hasPcids() ? asked : asked & ~ControlBits.CR3_NO_FLUSH;
      operand = guest.registers().mode().isLong() ? operand : operand & 0xffff_ffffL;
      boolean isLoaded = guest.loadCr3(operand);
      if (isLoaded != vcpu.loadCr3(operand)) {
        throw new Divergence("MOV CR3 is refused or not, against the PDPTEs");
      }
      if (accesses instanceof NestedAccess nested) {
        nested.flushed();
      }
    }

    private void invpcid(Operation operation) {
      long gva = linear(operation.b());
      long pcid = guest.hasPcids() ? operation.c() & 0xfff : 0;
      switch ((int) (operation.a() & 3)) {
        case 0 -> {
          vcpu.control().invpcidAddress(pcid, gva);
          guest.invpcid(pcid, gva);
        }
        case 1 -> {
          vcpu.control().invpcidContext(pcid);
          guest.flushContext(pcid);
        }
        case 2 -> {
          vcpu.control().invpcidAll();
          guest.flushAll();
        }
        default -> {
          vcpu.control().invpcidAllButGlobal();
          guest.flushAllButGlobal();
        }
      }
    }

    /** An address that the guest's mode has: else it is #GP, before any walk. */
    private long linear(long gva) {
      PagingMode mode = guest.registers().mode();
      if (!mode.isLong()) {
        return gva & 0xffff_ffffL;
      }
      int unused = Long.SIZE - mode.shift(mode.levels() + 1);
      return gva << unused >> unused;
    }

    private void access(AccessKind kind, Operation operation) {
      int size = Math.clamp(operation.b() & 0xff, 1, 8);
      boolean isImplicit = kind != AccessKind.FETCH && (operation.b() & 0x100) != 0;
      boolean isWhole = Integer.bitCount(size) == 1 && (operation.a() & size - 1) == 0;
      boolean isLong = guest.registers().mode().isLong();
      // One that is whole may be at an address that is not canonical: there is no walk then.
      long gva = isWhole && isLong ? operation.a() : linear(operation.a());
      if (!isWhole && linear(gva + size - 1) != gva + size - 1) {
        gva &= -8L;
      }
      accesses.access(kind, isImplicit, gva, size, operation.c());
    }

    /** Compares all that was written, and a few more pages; cleans up. */
    void finish() {
      vcpu.leaveGuest();
      for (GuestHypervisor hypervisor : hypervisors) {
        hypervisor.exit();
      }
      hostSide.finish();
      hostSide.audit();
      for (int page = 0; page < FuzzVm.PAGES; page++) {
        if (mirror.isTouched(page)) {
          sweep(page);
        }
      }
      for (int i = 0; i < SWEPT_PAGES; i++) {
        sweep(swept++ % FuzzVm.PAGES);
      }
      mine.clear(mirror);
    }

    private void sweep(int page) {
      int word = mine.firstDifference(page, mirror);
      if (word >= 0) {
        throw new Divergence(
            "at the end page %x holds %x at %x, not %x"
                .formatted(page, mine.real(word), 8 * (word % Mirror.WORDS), mirror.get(word)));
      }
    }
  }
}
