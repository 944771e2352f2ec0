package dev.gnomon.machine.guest;

import dev.gnomon.machine.GuestMemoryMap;
import dev.gnomon.machine.processor.Vcpu;
import dev.gnomon.machine.trace.TraceReader;
import dev.gnomon.machine.trace.TraceSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Supplier;

/**
 * Makes a guest's processes and their threads, of traces when it boots, or of what they were in
 * another guest. A process has consecutive numbers, one for each thread.
 */
final class ProcessMaker {
  private final GuestConfig config;
  private final GuestKernel kernel;
  private final GuestMemoryMap memoryMap;
  private final List<GuestProcess> processes = new ArrayList<>();

  ProcessMaker(GuestConfig config, GuestKernel kernel, GuestMemoryMap memoryMap) {
    this.config = config;
    this.kernel = kernel;
    this.memoryMap = memoryMap;
  }

  /** All that were made, by number; grows as more are. */
  List<GuestProcess> processes() {
    return Collections.unmodifiableList(processes);
  }

  /** Adds so many processes, each with an address space of its own. In guest mode. */
  void add(Vcpu vcpu, int count, List<? extends TraceSource> traces) {
    SpaceLife spaces = kernel.spaces();
    int players = count * config.threads();
    for (int process = 0; process < count; process++) {
      long cr3 = kernel.layout().isPaged() ? spaces.create(vcpu) : 0;
      for (int thread = 0; thread < config.threads(); thread++) {
        TraceSource trace = traces.get(config.traceOf(processes.size(), traces.size()));
        // Copies of one trace begin at different places of it.
        int copy = thread + config.threads() * (process / traces.size());
        long skip = copy * (1009L + Math.floorMod(seed(processes.size()), 4093));
        processes.add(
            newProcess(
                cr3, players, () -> copy == 0 ? trace.open() : trace.open(skip), trace.name()));
      }
    }
  }

  /** Adds processes whose address spaces lie in guest memory already. */
  void addRestored(List<ProcessState> states, List<? extends TraceReader> rests) {
    for (ProcessState state : states) {
      TraceReader rest = rests.get(processes.size());
      GuestProcess process = newProcess(state.cr3(), states.size(), () -> rest, state.traceName());
      process.restore(state);
      processes.add(process);
    }
  }

  private GuestProcess newProcess(
      long cr3, int players, Supplier<TraceReader> opener, String traceName) {
    int id = processes.size();
    AddressLayout layout = kernel.layout();
    return new GuestProcess(
        id,
        kernel.spaceOf(cr3),
        layout.region(id, players, config.threads(), memoryMap),
        new InitialContent(seed(id), !layout.isPaged()),
        opener,
        traceName,
        config.isVerified());
  }

  private long seed(int id) {
    return (config.seed() + id) * 0x9e37_79b9_7f4a_7c15L;
  }
}
