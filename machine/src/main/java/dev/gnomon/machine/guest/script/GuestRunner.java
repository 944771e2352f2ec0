package dev.gnomon.machine.guest.script;

import dev.gnomon.machine.processor.PageFaultHandler;
import dev.gnomon.machine.processor.Vcpu;
import dev.gnomon.mmu.arch.ControlBits;
import dev.gnomon.mmu.arch.ControlRegisters;
import dev.gnomon.mmu.platform.Cpu;

/** A vCPU that runs operations, in guest mode. */
final class GuestRunner extends Runner {
  /** How many bits a guest-physical address of a guest that does not page has. */
  private static final int PHYSICAL_BITS = 46;

  private static final int WORD = 8;

  /** An access that faults ends there. */
  static final PageFaultHandler FAULTS =
      (vcpu, gva, code) -> {
        throw new GuestFaultException(gva, code);
      };

  private final Vcpu vcpu;
  private final Signals signals;
  private final boolean isPaging;

  GuestRunner(Script script, Vcpu vcpu, Signals signals, long[] counters) {
    super(script, "vcpu " + vcpu.index(), counters);
    this.vcpu = vcpu;
    this.signals = signals;
    isPaging = script.tables() != null;
  }

  @Override
  void operate(Cpu cpu, Statement statement) {
    switch (statement) {
      case Statement.Read read -> read(read);
      case Statement.Write write -> write(write);
      case Statement.Add add -> add(add);
      case Statement.Exchange exchange -> exchange(exchange);
      case Statement.LoadCr3 load -> loadCr3(load);
      case Statement.Invlpg invlpg -> vcpu.invlpg(value(invlpg.line(), invlpg.address()));
      case Statement.SetPrivilege privilege -> vcpu.setUser(privilege.isUser());
      case Statement.SetWriteProtect protect -> setWriteProtect(protect.isOn());
      case Statement.Signal signal -> signals.give(signal.number());
      case Statement.Await await -> await(cpu, await.number());
      default -> throw new IllegalArgumentException("not of a vCPU: " + statement);
    }
  }

  private void read(Statement.Read read) {
    long gva = address(read.line(), read.address(), read.size());
    try {
      long found = read.isFetch() ? vcpu.fetch(gva, read.size()) : vcpu.read(gva, read.size());
      check(read.line(), read.expectation(), found, mask(read.size()));
    } catch (GuestFaultException e) {
      faulted(read.line(), read.expectation(), mask(read.size()), e);
    }
  }

  private void write(Statement.Write write) {
    long gva = address(write.line(), write.address(), write.size());
    long value = value(write.line(), write.value());
    try {
      vcpu.write(gva, write.size(), value);
      if (write.expectation().mayFault()) {
        findings().violated(write.expectation().concern(), write.line(), "fault", "a write");
      }
    } catch (GuestFaultException e) {
      faulted(write.line(), write.expectation(), -1, e);
    }
  }

  private void add(Statement.Add add) {
    long gva = aligned(add.line(), add.address());
    long delta = value(add.line(), add.delta());
    try {
      check(add.line(), add.expectation(), vcpu.locked().fetchAndAdd(gva, WORD, delta), -1);
    } catch (GuestFaultException e) {
      faulted(add.line(), add.expectation(), -1, e);
    }
  }

  private void exchange(Statement.Exchange exchange) {
    int line = exchange.line();
    long gva = aligned(line, exchange.address());
    long expected = value(line, exchange.expected());
    long value = value(line, exchange.value());
    try {
      check(
          line,
          exchange.expectation(),
          vcpu.locked().compareAndExchange(gva, WORD, expected, value),
          -1);
    } catch (GuestFaultException e) {
      faulted(line, exchange.expectation(), -1, e);
    }
  }

  private void loadCr3(Statement.LoadCr3 load) {
    Expression value = load.value();
    long cr3 = value == null ? vcpu.registers().cr3() : value(load.line(), value);
    try {
      ControlRegisters.requirePage(cr3);
      vcpu.loadCr3(cr3);
    } catch (IllegalArgumentException e) {
      throw script().error(load.line(), String.valueOf(e.getMessage()));
    }
  }

  private void setWriteProtect(boolean isOn) {
    ControlRegisters now = vcpu.registers();
    long cr0 = isOn ? now.cr0() | ControlBits.CR0_WP : now.cr0() & ~ControlBits.CR0_WP;
    vcpu.control().loadModes(cr0, now.cr4(), now.efer());
  }

  private void await(Cpu cpu, int signal) {
    vcpu.leaveGuest();
    signals.await(cpu, signal);
    vcpu.enterGuest();
  }

  private void faulted(int line, Expectation expectation, long mask, GuestFaultException e) {
    if (!expectation.mayFault()) {
      findings()
          .violated(
              expectation.concern(),
              line,
              expectation.describe(mask, counters()),
              String.valueOf(e.getMessage()));
    }
  }

  private long address(int line, Expression expression, int size) {
    long gva = value(line, expression);
    if (!isPaging && (gva < 0 || gva > (1L << PHYSICAL_BITS) - size)) {
      throw script()
          .error(
              line,
              "0x%x is no address of a guest with %d bits of physical address"
                  .formatted(gva, PHYSICAL_BITS));
    }
    return gva;
  }

  private long aligned(int line, Expression expression) {
    long gva = address(line, expression, WORD);
    if (gva % WORD != 0) {
      throw script().error(line, "0x%x: a locked access is to 8 aligned bytes".formatted(gva));
    }
    return gva;
  }

  private static long mask(int size) {
    return size == WORD ? -1L : (1L << 8 * size) - 1;
  }
}
