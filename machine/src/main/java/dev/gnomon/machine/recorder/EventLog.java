package dev.gnomon.machine.recorder;

import dev.gnomon.mmu.config.MmuConfig;
import dev.gnomon.mmu.event.Tracepoints;
import dev.gnomon.mmu.platform.Cpu;
import java.util.List;

/** Keeps the events of one VM, as the kernel's ftrace keeps them. */
public interface EventLog {

  /** Makes the log of a VM that is about to be made. */
  @FunctionalInterface
  interface Opener {

    /**
     * Opens a log.
     *
     * @param cpus how many CPUs the VM's execution has
     */
    EventLog open(MmuConfig config, int cpus);
  }

  /** What the VM is to be made with. */
  Tracepoints tracepoints();

  /** Puts a marker among the events. */
  void mark(Cpu cpu, String text);

  /** Ends it, and gives all lines: ftrace's text. No CPU of the VM has another event. */
  List<String> close();
}
