package dev.gnomon.cli.event;

import dev.gnomon.machine.VirtualMachine;
import dev.gnomon.mmu.event.Tracepoints;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.HostPages;
import dev.gnomon.mmu.platform.PhysicalMemory;
import dev.gnomon.mmu.slot.Memslot;
import dev.gnomon.mmu.slot.MemslotArray;
import java.util.function.IntToLongFunction;
import org.jspecify.annotations.Nullable;

/** One VM's part of a trace. */
public final class VmTrace {
  private static final int LONGEST_MARKER = 256;

  private final @Nullable RingTracepoints text;
  private final Tracepoints tracepoints;

  VmTrace(@Nullable RingTracepoints text) {
    this.text = text;
    Tracepoints recorder = new FlightTracepoints();
    tracepoints = text == null ? recorder : new BothTracepoints(text, recorder);
  }

  /** What the VM is to be made with. */
  public Tracepoints tracepoints() {
    return tracepoints;
  }

  /** Says where to look a vCPU's instruction pointer up; without, the text says 0. */
  public void setInstructionPointers(IntToLongFunction ofVcpu) {
    if (text != null) {
      text.setInstructionPointers(ofVcpu);
    }
  }

  /**
   * Puts a marker into the text, as user space does through the kernel's {@code trace_marker}: one
   * line, cut where it is too long. Called by the one who has the CPU.
   */
  public void mark(Cpu cpu, String marker) {
    if (text != null) {
      String oneLine = marker.replace('\n', ' ');
      text.mark(cpu, oneLine.substring(0, Math.min(LONGEST_MARKER, oneLine.length())));
    }
  }

  /** Marks each slot, so that a reader knows what host-virtual addresses stand for. */
  public void markSlots(VirtualMachine vm) {
    MemslotArray slots = vm.mmu().memslots().current();
    for (int i = 0; i < slots.size(); i++) {
      Memslot slot = slots.get(i);
      mark(
          vm.hostCpu(0),
          "slot set %d gpa %x size %x flags %x hva %x"
              .formatted(
                  slot.id(),
                  PhysicalMemory.hpa(slot.baseGfn()),
                  PhysicalMemory.hpa(slot.pages()),
                  slot.isDirtyLogged() ? 1 : 0,
                  HostPages.hva(slot.baseHvn())));
    }
  }
}
