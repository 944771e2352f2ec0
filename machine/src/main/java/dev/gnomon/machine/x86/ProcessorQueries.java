package dev.gnomon.machine.x86;

import dev.gnomon.machine.x86.decode.Mnemonic;
import dev.gnomon.mmu.arch.ControlBits;
import java.util.function.BiConsumer;

/** CPUID, RDTSC and its kin, XCR0, PKRU, and what this processor has none of. Intel SDM vol. 2. */
final class ProcessorQueries {
  private static final long XCR0_X87 = 1;
  private static final long LOW = 0xffff_ffffL;

  private ProcessorQueries() {}

  static void register(BiConsumer<Mnemonic, OperationMaker> into) {
    into.accept(Mnemonic.CPUID, SimpleOperation.of(ProcessorQueries::cpuid));
    into.accept(Mnemonic.RDTSC, SimpleOperation.of(ProcessorQueries::readTimestamp));
    into.accept(
        Mnemonic.RDTSCP,
        SimpleOperation.of(
            cpu -> {
              readTimestamp(cpu);
              cpu.state().gpr[CpuState.RCX] = cpu.state().tscAux & LOW;
            }));
    into.accept(Mnemonic.RDPMC, SimpleOperation.of(ProcessorQueries::readCounter));
    into.accept(Mnemonic.XGETBV, SimpleOperation.of(ProcessorQueries::readXcr));
    into.accept(Mnemonic.XSETBV, SimpleOperation.of(ProcessorQueries::writeXcr));
    into.accept(Mnemonic.RDPKRU, SimpleOperation.of(ProcessorQueries::readKeys));
    into.accept(Mnemonic.WRPKRU, SimpleOperation.of(ProcessorQueries::writeKeys));
  }

  /** Puts a value into EDX:EAX. */
  static void setPair(CpuState state, long value) {
    state.gpr[CpuState.RAX] = value & LOW;
    state.gpr[CpuState.RDX] = value >>> 32;
  }

  /** What EDX:EAX hold. */
  static long pair(CpuState state) {
    return state.gpr[CpuState.RAX] & LOW | state.gpr[CpuState.RDX] << 32;
  }

  private static int selector(CpuState state) {
    return (int) state.gpr[CpuState.RCX];
  }

  private static void cpuid(X86Cpu cpu) {
    Exits.always(cpu);
    cpu.vcpu().fence();
    CpuState state = cpu.state();
    long[] gpr = state.gpr;
    Cpuid.Answer answer = cpu.cpuid().answer((int) gpr[CpuState.RAX], selector(state), state);
    gpr[CpuState.RAX] = answer.eax() & LOW;
    gpr[CpuState.RBX] = answer.ebx() & LOW;
    gpr[CpuState.RCX] = answer.ecx() & LOW;
    gpr[CpuState.RDX] = answer.edx() & LOW;
  }

  private static void readTimestamp(X86Cpu cpu) {
    CpuState state = cpu.state();
    if (state.cpl != 0 && (state.cr4 & ControlBits.CR4_TSD) != 0) {
      throw cpu.raise(GuestException.GP, 0);
    }
    setPair(state, cpu.board().timestampCounter(cpu));
  }

  /** There are no performance counters. */
  private static void readCounter(X86Cpu cpu) {
    throw cpu.raise(GuestException.GP, 0);
  }

  private static void readXcr(X86Cpu cpu) {
    Privileges.requireCr4(cpu, ControlBits.CR4_OSXSAVE);
    if (selector(cpu.state()) != 0) {
      throw cpu.raise(GuestException.GP, 0);
    }
    setPair(cpu.state(), cpu.state().xcr0);
  }

  private static void writeXcr(X86Cpu cpu) {
    Privileges.requireCr4(cpu, ControlBits.CR4_OSXSAVE);
    Privileges.requireKernel(cpu);
    long value = pair(cpu.state());
    boolean isAllowed = (value & XCR0_X87) != 0 && (value & ~cpu.features().xcr0Bits()) == 0;
    if (selector(cpu.state()) != 0 || !isAllowed) {
      throw cpu.raise(GuestException.GP, 0);
    }
    Exits.always(cpu);
    cpu.state().xcr0 = value;
  }

  private static void readKeys(X86Cpu cpu) {
    Privileges.requireCr4(cpu, ControlBits.CR4_PKE);
    if (selector(cpu.state()) != 0) {
      throw cpu.raise(GuestException.GP, 0);
    }
    setPair(cpu.state(), cpu.state().pkru & LOW);
  }

  private static void writeKeys(X86Cpu cpu) {
    CpuState state = cpu.state();
    Privileges.requireCr4(cpu, ControlBits.CR4_PKE);
    if (selector(state) != 0 || (int) state.gpr[CpuState.RDX] != 0) {
      throw cpu.raise(GuestException.GP, 0);
    }
    state.pkru = (int) state.gpr[CpuState.RAX];
    cpu.vcpu().control().setPkru(state.pkru);
  }
}
