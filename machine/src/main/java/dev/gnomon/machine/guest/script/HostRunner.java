package dev.gnomon.machine.guest.script;

import dev.gnomon.machine.VirtualMachine;
import dev.gnomon.mmu.Mmu;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.PhysicalMemory;
import dev.gnomon.mmu.slot.SlotRegion;
import java.util.Set;
import java.util.function.BooleanSupplier;

/** A CPU of the host that runs operations. */
final class HostRunner extends Runner {
  private final VirtualMachine vm;
  private final LogConsumer log;
  private final TrackedPages tracked;
  private final Signals signals;
  private final BooleanSupplier areVcpusRunning;

  HostRunner(
      Script script,
      String who,
      long[] counters,
      VirtualMachine vm,
      LogConsumer log,
      TrackedPages tracked,
      Signals signals,
      BooleanSupplier areVcpusRunning) {
    super(script, who, counters);
    this.vm = vm;
    this.log = log;
    this.tracked = tracked;
    this.signals = signals;
    this.areVcpusRunning = areVcpusRunning;
  }

  @Override
  boolean areVcpusRunning() {
    return areVcpusRunning.getAsBoolean();
  }

  @Override
  void operate(Cpu cpu, Statement statement) {
    try {
      perform(cpu, statement);
    } catch (IllegalArgumentException e) {
      // What the MMU and the host's memory manager refuse is the script's mistake.
      throw script().error(statement.line(), String.valueOf(e.getMessage()));
    }
  }

  private void perform(Cpu cpu, Statement statement) {
    Mmu mmu = vm.mmu();
    switch (statement) {
      case Statement.ToPage toPage -> toPage(cpu, toPage);
      case Statement.Age age -> age(cpu, age);
      case Statement.Peek peek -> peek(cpu, peek);
      case Statement.SwitchLog on when on.isOn() -> log.start(cpu, on.slot());
      case Statement.SwitchLog off -> log.stop(cpu, off.slot());
      case Statement.TakeLog take -> takeLog(cpu, take);
      case Statement.ClearLog clear -> log.clear(cpu, clear.slot());
      case Statement.CheckLog check -> log.check(cpu, check.line(), findings());
      case Statement.DeleteSlot delete -> mmu.slotChanges().delete(cpu, delete.slot());
      case Statement.AddSlot add -> mmu.slotChanges().add(cpu, region(add));
      case Statement.MoveSlot move ->
          mmu.slotChanges()
              .move(cpu, move.slot(), pages(move.line(), value(move.line(), move.gpa())));
      case Statement.Flush flush -> mmu.notifier().flush(cpu);
      case Statement.ZapAll zap -> mmu.slotChanges().zapAllFast(cpu);
      case Statement.Signal signal -> signals.give(signal.number());
      case Statement.Await await -> signals.await(cpu, await.number());
      case Statement.LimitPages limit -> {
        long pages = value(limit.line(), limit.limit());
        mmu.limitShadowPages(cpu, Math.clamp(pages, 1, Integer.MAX_VALUE));
      }
      case Statement.RecoverNx recover -> {
        long limit = value(recover.line(), recover.limit());
        mmu.recoverNxHugePages(cpu, Math.clamp(limit, 0, Integer.MAX_VALUE));
      }
      case Statement.CheckStat check -> checkStat(check);
      default -> throw new IllegalStateException("not of the host: " + statement);
    }
  }

  private void toPage(Cpu cpu, Statement.ToPage toPage) {
    long address = value(toPage.line(), toPage.address());
    switch (toPage.action()) {
      case EVICT -> vm.hostSpace().evict(cpu, hvn(toPage.line(), address));
      case WRITEBACK -> vm.hostSpace().writeBack(cpu, hvn(toPage.line(), address));
      case START_WRITEBACK -> vm.hostSpace().startWriteBack(cpu, hvn(toPage.line(), address));
      case FINISH_WRITEBACK -> vm.hostSpace().finishWriteBack(cpu, hvn(toPage.line(), address));
      case MIGRATE -> vm.hostSpace().migratePage(cpu, hvn(toPage.line(), address));
      case TRACK -> tracked.track(cpu, PhysicalMemory.pfn(address));
      case UNTRACK -> tracked.untrack(cpu, PhysicalMemory.pfn(address), toPage.line(), findings());
    }
  }

  private void age(Cpu cpu, Statement.Age age) {
    long hvn = hvn(age.line(), value(age.line(), age.address()));
    boolean isYoung =
        age.clears()
            ? vm.mmu().notifier().clearYoung(cpu, hvn, hvn + 1)
            : vm.mmu().notifier().testYoung(cpu, hvn, hvn + 1);
    Boolean expected = age.expected();
    if (expected != null && expected != isYoung) {
      findings()
          .violated(
              Concern.EXPECTATION,
              age.line(),
              expected ? "young" : "old",
              isYoung ? "young" : "old");
    }
  }

  private void peek(Cpu cpu, Statement.Peek peek) {
    long address = value(peek.line(), peek.address());
    if (address % Long.BYTES != 0) {
      throw new IllegalArgumentException("0x%x: 8 aligned bytes are read".formatted(address));
    }
    long hvn = hvn(peek.line(), address);
    byte[] bytes = new byte[Long.BYTES];
    long offset = address % PhysicalMemory.FRAME_SIZE;
    vm.hostSpace().read(cpu, PhysicalMemory.hpa(hvn) + offset, bytes, 0, bytes.length);
    long found = 0;
    for (int i = 0; i < bytes.length; i++) {
      found |= (bytes[i] & 0xffL) << 8 * i;
    }
    check(peek.line(), peek.expectation(), found, -1);
  }

  private void takeLog(Cpu cpu, Statement.TakeLog take) {
    Set<Long> reported = log.take(cpu, take.slot());
    for (Expression page : take.contains()) {
      long address = value(take.line(), page);
      if (!reported.contains(hvn(take.line(), address))) {
        findings()
            .violated(
                Concern.NO_WRITE_LOST,
                take.line(),
                "a report of the page at 0x" + Long.toHexString(address),
                "one of " + reported.size() + " others");
      }
    }
  }

  private SlotRegion region(Statement.AddSlot add) {
    int line = add.line();
    long pages = pages(line, value(line, add.size()));
    long first = hvn(line, value(line, add.offset()));
    if (pages > vm.baseHvn() + vm.memoryMap().frames() - first) {
      throw new IllegalArgumentException("the slot is larger than the memory behind it");
    }
    long gfn = pages(line, value(line, add.gpa()));
    return new SlotRegion(add.slot(), gfn, pages, first, add.isReadOnly());
  }

  private void checkStat(Statement.CheckStat check) {
    long found = vm.mmu().statistics().sum(check.stat());
    long number = value(check.line(), check.number());
    if (!check.comparison().holds(found, number)) {
      findings()
          .violated(
              Concern.EXPECTATION,
              check.line(),
              check.stat().label() + " " + check.comparison().symbol() + " " + number,
              String.valueOf(found));
    }
  }

  private long pages(int line, long bytes) {
    if (bytes < 0 || bytes % PhysicalMemory.FRAME_SIZE != 0) {
      throw script().error(line, "0x%x is no multiple of 4K".formatted(bytes));
    }
    return PhysicalMemory.pfn(bytes);
  }

  /** The host-virtual frame behind an offset in the VM's memory. */
  private long hvn(int line, long offset) {
    if (offset < 0 || offset >= vm.config().memoryBytes()) {
      throw script()
          .error(
              line,
              "0x%x lies outside the VM's 0x%x bytes of memory"
                  .formatted(offset, vm.config().memoryBytes()));
    }
    return vm.baseHvn() + PhysicalMemory.pfn(offset);
  }
}
