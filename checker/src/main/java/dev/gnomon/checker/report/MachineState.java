package dev.gnomon.checker.report;

import dev.gnomon.machine.processor.CachedTranslation;
import java.util.List;

/**
 * What there was to see of the machine after a step. Parts that did not change are the same objects
 * as in the state before, so a state is small.
 *
 * @param entries the entries of the page tables that are reachable and not empty, parents before
 *     children
 * @param processors the vCPUs
 * @param logs what the dirty logs hold: bitmaps, rings, page-modification logs
 * @param hostPages how the host backs the gfns that were mapped
 * @param locks who holds what
 * @param buffers under TSO: the stores that have not reached memory, oldest first
 */
public record MachineState(
    List<Entry> entries,
    List<Processor> processors,
    List<Log> logs,
    List<HostPage> hostPages,
    List<Held> locks,
    List<Buffered> buffers) {

  /** Where nothing is known. */
  public static final MachineState UNKNOWN =
      new MachineState(List.of(), List.of(), List.of(), List.of(), List.of(), List.of());

  public MachineState {
    entries = List.copyOf(entries);
    processors = List.copyOf(processors);
    logs = List.copyOf(logs);
    hostPages = List.copyOf(hostPages);
    locks = List.copyOf(locks);
    buffers = List.copyOf(buffers);
  }

  /**
   * An entry of a page table.
   *
   * @param root the frame of its root
   * @param depth how many tables lie above its own
   * @param level of its table
   * @param covers the first page that it covers: {@code gfn 0x100}, or a gva
   * @param hpa where it is
   * @param spte its value
   * @param meaning the value decoded
   */
  public record Entry(
      long root, int depth, int level, String covers, long hpa, long spte, String meaning) {}

  /**
   * A vCPU.
   *
   * @param index its number
   * @param isInGuest whether it is in guest mode
   * @param requests what it is asked to do: {@code TLB_FLUSH KICK}; empty if nothing
   * @param root where its walks start: {@code pfn 12}, or {@code none}
   * @param cached what its TLB and paging-structure caches hold
   */
  public record Processor(
      int index, boolean isInGuest, String requests, String root, List<CachedTranslation> cached) {
    public Processor {
      cached = List.copyOf(cached);
    }
  }

  /**
   * A dirty log.
   *
   * @param name {@code slot 0}, {@code ring of vcpu 0}, {@code PML of vcpu 0}
   * @param gfns the pages that it reports
   */
  public record Log(String name, List<Long> gfns) {
    public Log {
      gfns = List.copyOf(gfns);
    }
  }

  /**
   * A page of the host.
   *
   * @param gfn in front of it
   * @param state what backs it: {@code pfn 45, dirty}, {@code swapped out to slot 0}
   */
  public record HostPage(long gfn, String state) {}

  /** A lock and the CPU that holds it. */
  public record Held(String lock, int cpu) {}

  /** A store that waits in a CPU's buffer: {@code gpa 0x1000 = 1}. */
  public record Buffered(int cpu, String store) {}

  /** This state with what steps alone tell. */
  MachineState with(List<Held> held, List<Buffered> buffered) {
    return new MachineState(entries, processors, logs, hostPages, held, buffered);
  }
}
