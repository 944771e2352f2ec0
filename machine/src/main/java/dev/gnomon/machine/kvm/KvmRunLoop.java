package dev.gnomon.machine.kvm;

import dev.gnomon.machine.recorder.Output;
import dev.gnomon.machine.x86.CpuState;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;

/** Runs vCPUs in turn, and does what their exits ask for, as the recorder does. */
final class KvmRunLoop {
  private static final int PRINT_CHARACTER = 0x10;
  private static final int HOST_OPERATION = 0x11;
  private static final int YIELD = 0x12;
  private static final int PRINT_VALUE = 0x13;
  private static final int END = 0x14;
  private static final long MOST_EXITS = 100_000;

  /** What becomes of a vCPU after an exit. */
  private enum Next {
    GO_ON,
    YIELD,
    END
  }

  private final List<KvmVcpu> vcpus;
  private final KvmHostOperations hostOperations;
  private final Output output;
  private final BooleanSupplier goesOn;
  private final boolean[] hasEnded;
  private final boolean[] isInTrouble;
  private final long[] exits;
  private final List<KvmOutcome.Trouble> trouble = new ArrayList<>();

  /**
   * @param goesOn whether to go on; asked when the thread was kicked
   */
  KvmRunLoop(
      List<KvmVcpu> vcpus,
      KvmHostOperations hostOperations,
      Output output,
      BooleanSupplier goesOn) {
    this.vcpus = vcpus;
    this.hostOperations = hostOperations;
    this.output = output;
    this.goesOn = goesOn;
    hasEnded = new boolean[vcpus.size()];
    isInTrouble = new boolean[vcpus.size()];
    exits = new long[vcpus.size()];
  }

  /** Until all have ended. */
  void run() {
    int live = vcpus.size();
    while (live > 0) {
      for (int vcpu = 0; vcpu < vcpus.size(); vcpu++) {
        if (!hasEnded[vcpu]) {
          turn(vcpu);
          live -= hasEnded[vcpu] ? 1 : 0;
        }
      }
    }
  }

  /** How vCPUs ended that did not end by themselves. */
  List<KvmOutcome.Trouble> trouble() {
    return List.copyOf(trouble);
  }

  /** Registers after the last instruction; an OUT has been passed. */
  List<CpuState> settledStates() {
    List<CpuState> states = new ArrayList<>();
    for (int vcpu = 0; vcpu < vcpus.size(); vcpu++) {
      if (!isInTrouble[vcpu]) {
        vcpus.get(vcpu).settle();
      }
      states.add(vcpus.get(vcpu).state());
    }
    return states;
  }

  /** A vCPU's registers, as the recorder prints them. */
  static String registers(int vcpu, CpuState state) {
    return ("VCPU %d rip %x rax %x rbx %x rcx %x rdx %x rsi %x rdi %x rsp %x"
            + " cr0 %x cr2 %x cr3 %x cr4 %x efer %x")
        .formatted(
            vcpu,
            state.rip,
            state.gpr[CpuState.RAX],
            state.gpr[CpuState.RBX],
            state.gpr[CpuState.RCX],
            state.gpr[CpuState.RDX],
            state.gpr[CpuState.RSI],
            state.gpr[CpuState.RDI],
            state.gpr[CpuState.RSP],
            state.cr0,
            state.cr2,
            state.cr3,
            state.cr4,
            state.efer);
  }

  private void turn(int vcpu) {
    Next next = Next.GO_ON;
    while (next == Next.GO_ON) {
      if (++exits[vcpu] > MOST_EXITS) {
        output.line("VCPU %d: too many exits".formatted(vcpu));
        next = stop(vcpu, "more than %d exits".formatted(MOST_EXITS), false);
      } else {
        next = handle(vcpu, vcpus.get(vcpu).run());
      }
    }
    hasEnded[vcpu] = next == Next.END;
  }

  private Next handle(int vcpu, KvmExit exit) {
    switch (exit) {
      case KvmExit.Out out -> {
        return out(vcpu, out.port(), out.value());
      }
      case KvmExit.In in -> {
        return Next.GO_ON;
      }
      case KvmExit.MmioRead read -> {
        output.line("MMIO vcpu %d gpa %x len %d read 0".formatted(vcpu, read.gpa(), read.size()));
        return Next.GO_ON;
      }
      case KvmExit.MmioWrite write -> {
        output.line(
            "MMIO vcpu %d gpa %x len %d write %x"
                .formatted(vcpu, write.gpa(), write.size(), write.value()));
        return Next.GO_ON;
      }
      case KvmExit.Halt halt -> {
        return Next.END;
      }
      case KvmExit.Interrupted interrupted -> {
        return goesOn.getAsBoolean() ? Next.GO_ON : stop(vcpu, "has not ended in time", false);
      }
      case KvmExit.Trouble end -> {
        output.line("VCPU %d %s".formatted(vcpu, end.words()));
        return stop(vcpu, end.meaning(), end instanceof KvmExit.Shutdown);
      }
    }
  }

  private Next out(int vcpu, int port, long value) {
    switch (port) {
      case PRINT_CHARACTER -> output.character((char) (value & 0xff));
      case HOST_OPERATION -> {
        CpuState state = vcpus.get(vcpu).state();
        String refusal =
            hostOperations.perform((int) value, state.gpr[CpuState.RBX], state.gpr[CpuState.RCX]);
        if (!refusal.isEmpty()) {
          return stop(vcpu, refusal, false);
        }
      }
      case YIELD -> {
        output.mark("yield from " + vcpu);
        return Next.YIELD;
      }
      case PRINT_VALUE -> output.line("VCPU %d val %x".formatted(vcpu, value));
      case END -> {
        return Next.END;
      }
      default -> output.line("VCPU %d io port %x val %x".formatted(vcpu, port, value));
    }
    return Next.GO_ON;
  }

  private Next stop(int vcpu, String reason, boolean isGuests) {
    isInTrouble[vcpu] = true;
    String text = "vCPU %d at rip %x: %s".formatted(vcpu, vcpus.get(vcpu).state().rip, reason);
    trouble.add(new KvmOutcome.Trouble(text, isGuests));
    return Next.END;
  }
}
