package dev.gnomon.machine.x86;

import dev.gnomon.machine.x86.decode.Instruction;
import dev.gnomon.machine.x86.decode.Mnemonic;
import dev.gnomon.machine.x86.decode.Operand;
import java.util.function.BiConsumer;

/** XCHG, XADD, CMPXCHG, CMPXCHG8B and CMPXCHG16B. XCHG with memory is locked without a prefix. */
final class Exchanges {
  private Exchanges() {}

  static void register(BiConsumer<Mnemonic, OperationMaker> into) {
    into.accept(Mnemonic.XCHG, Exchanges::exchange);
    into.accept(Mnemonic.XADD, ExchangeAdd::new);
    into.accept(Mnemonic.CMPXCHG, CompareExchange::new);
    into.accept(
        Mnemonic.CMPXCHG8B,
        i -> i.operand(0).size() == 16 ? new CompareExchange16(i) : new CompareExchange8(i));
  }

  private static Operation exchange(Instruction i) {
    if (Place.of(i, 0) instanceof Place.InMemory memory) {
      return new ExchangeMemory(memory, Place.of(i, 1));
    }
    return new ExchangePlaces(Place.of(i, 0), Place.of(i, 1));
  }

  private static final class ExchangePlaces extends Operation {
    private final Place left;
    private final Place right;

    ExchangePlaces(Place left, Place right) {
      this.left = left;
      this.right = right;
    }

    @Override
    void execute(X86Cpu cpu) {
      long a = left.read(cpu);
      long b = right.read(cpu);
      left.write(cpu, b);
      right.write(cpu, a);
    }
  }

  private static final class ExchangeMemory extends Operation {
    private final Place.InMemory memory;
    private final Place register;

    ExchangeMemory(Place.InMemory memory, Place register) {
      this.memory = memory;
      this.register = register;
    }

    @Override
    void execute(X86Cpu cpu) {
      int size = memory.size;
      long linear = memory.linearForUpdate(cpu);
      long value = register.read(cpu);
      while (true) {
        long seen = cpu.readLinearForUpdate(linear, size);
        if (cpu.compareAndExchange(linear, size, seen, value) == seen) {
          register.write(cpu, seen);
          return;
        }
      }
    }
  }

  private static final class ExchangeAdd extends Operation {
    private final Place to;
    private final Place register;
    private final Width width;
    private final boolean isLocked;

    ExchangeAdd(Instruction i) {
      to = Place.of(i, 0);
      register = Place.of(i, 1);
      width = Width.of(to.size);
      isLocked = i.isLocked();
    }

    @Override
    void execute(X86Cpu cpu) {
      CpuState s = cpu.state();
      long b = register.read(cpu);
      long a;
      long sum;
      if (to instanceof Place.InMemory memory) {
        long linear = memory.linearForUpdate(cpu);
        while (true) {
          a = cpu.readLinearForUpdate(linear, to.size);
          sum = a + b;
          if (!isLocked) {
            cpu.writeLinear(linear, to.size, sum);
            break;
          }
          if (cpu.compareAndExchange(linear, to.size, a, sum & width.mask()) == a) {
            break;
          }
        }
        register.write(cpu, a);
      } else {
        a = to.read(cpu);
        sum = a + b;
        // If both are the same register, the sum stays.
        register.write(cpu, a);
        to.write(cpu, sum);
      }
      Flags.setAdd(s, a, b, sum, width.shift());
    }
  }

  private static final class CompareExchange extends Operation {
    private final Place to;
    private final Place from;
    private final Width width;
    private final boolean isLocked;

    CompareExchange(Instruction i) {
      to = Place.of(i, 0);
      from = Place.of(i, 1);
      width = Width.of(to.size);
      isLocked = i.isLocked();
    }

    @Override
    void execute(X86Cpu cpu) {
      CpuState s = cpu.state();
      int size = to.size;
      long expected = s.read(CpuState.RAX, size);
      long value = from.read(cpu);
      long seen;
      if (to instanceof Place.InMemory memory) {
        long linear = memory.linearForUpdate(cpu);
        if (isLocked) {
          seen = cpu.compareAndExchange(linear, size, expected, value);
        } else {
          seen = cpu.readLinearForUpdate(linear, size);
          cpu.writeLinear(linear, size, seen == expected ? value : seen);
        }
      } else {
        seen = to.read(cpu);
        // Else not even the upper half of a register of 4 bytes is cleared.
        if (seen == expected) {
          to.write(cpu, value);
        }
      }
      if (seen != expected) {
        s.write(CpuState.RAX, size, seen);
      }
      Flags.setSubtract(s, expected, seen, expected - seen, width.shift());
    }
  }

  /** EDX:EAX is compared, ECX:EBX stored. Only ZF changes. */
  private static final class CompareExchange8 extends Operation {
    private final Place.InMemory to;
    private final boolean isLocked;

    CompareExchange8(Instruction i) {
      to = (Place.InMemory) Place.of(i, 0);
      isLocked = i.isLocked();
    }

    private static long pair(CpuState s, int high, int low) {
      return s.gpr[high] << 32 | s.gpr[low] & 0xffff_ffffL;
    }

    @Override
    void execute(X86Cpu cpu) {
      CpuState s = cpu.state();
      long linear = to.linearForUpdate(cpu);
      long expected = pair(s, CpuState.RDX, CpuState.RAX);
      long value = pair(s, CpuState.RCX, CpuState.RBX);
      long seen;
      if (isLocked) {
        seen = cpu.compareAndExchange(linear, 8, expected, value);
      } else {
        seen = cpu.readLinearForUpdate(linear, 8);
        cpu.writeLinear(linear, 8, seen == expected ? value : seen);
      }
      if (seen != expected) {
        s.write(CpuState.RAX, 4, seen);
        s.write(CpuState.RDX, 4, seen >>> 32);
      }
      Flags.setZero(s, seen == expected);
    }
  }

  /** RDX:RAX is compared, RCX:RBX stored, while no other vCPU runs; aligned, or #GP. */
  private static final class CompareExchange16 extends Operation {
    private final Address to;

    CompareExchange16(Instruction i) {
      to = new Address(i, (Operand.Memory) i.operand(0));
    }

    @Override
    void execute(X86Cpu cpu) {
      CpuState s = cpu.state();
      long linear = cpu.linear(to.segment, to.offset(s), 16, true);
      if ((linear & 15) != 0) {
        throw cpu.raise(GuestException.GP, 0);
      }
      long low;
      long high;
      boolean isEqual;
      cpu.vcpu().beginExclusion();
      try {
        low = cpu.readLinearForUpdate(linear, 8);
        high = cpu.readLinearForUpdate(linear + 8, 8);
        isEqual = low == s.gpr[CpuState.RAX] && high == s.gpr[CpuState.RDX];
        cpu.writeLinear(linear, 8, isEqual ? s.gpr[CpuState.RBX] : low);
        cpu.writeLinear(linear + 8, 8, isEqual ? s.gpr[CpuState.RCX] : high);
      } finally {
        cpu.vcpu().endExclusion();
      }
      s.gpr[CpuState.RAX] = low;
      s.gpr[CpuState.RDX] = high;
      Flags.setZero(s, isEqual);
    }
  }
}
