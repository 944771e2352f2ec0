package dev.gnomon.machine.guest;

import dev.gnomon.machine.processor.Vcpu;
import dev.gnomon.machine.trace.TraceReader;
import dev.gnomon.machine.trace.TraceSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Supplier;

/** Makes a guest's processes, of traces when it boots, or of what they were in another guest. */
final class ProcessMaker {
  private final GuestConfig config;
  private final GuestKernel kernel;
  private final List<GuestProcess> processes = new ArrayList<>();

  ProcessMaker(GuestConfig config, GuestKernel kernel) {
    this.config = config;
    this.kernel = kernel;
  }

  /** All that were made, by number; grows as more are. */
  List<GuestProcess> processes() {
    return Collections.unmodifiableList(processes);
  }

  /** Adds a process with an address space of its own. In guest mode. */
  void add(Vcpu vcpu, TraceSource trace, int copy) {
    // Copies of one trace begin at different places of it.
    long skip = copy * (1009L + Math.floorMod(seed(processes.size()), 4093));
    processes.add(
        newProcess(
            kernel.newAddressSpace(vcpu),
            () -> copy == 0 ? trace.open() : trace.open(skip),
            trace.name()));
  }

  /** Adds a process whose address space lies in guest memory already. */
  void addRestored(ProcessState state, TraceReader rest) {
    GuestProcess process = newProcess(state.cr3(), () -> rest, state.traceName());
    process.restore(state);
    processes.add(process);
  }

  private GuestProcess newProcess(long cr3, Supplier<TraceReader> opener, String traceName) {
    int id = processes.size();
    long seed = seed(id);
    return new GuestProcess(id, seed, cr3, kernel.layout(), opener, traceName, config.isVerified());
  }

  private long seed(int id) {
    return (config.seed() + id) * 0x9e37_79b9_7f4a_7c15L;
  }

  /** Gives every two processes a page to share. In guest mode. */
  void shareAmongAll(Vcpu vcpu) {
    for (int high = 1; high < processes.size(); high++) {
      for (int low = 0; low < high; low++) {
        kernel.share(
            vcpu, processes.get(low).cr3(), processes.get(high).cr3(), SharedPages.pair(low, high));
      }
    }
  }
}
