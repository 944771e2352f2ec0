package dev.gnomon.machine.guest;

import dev.gnomon.machine.trace.TraceReader;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What of a paused guest lies outside its memory and is large: what is left of its processes'
 * traces, and the records that their memory is checked against. Processes go by number, from 0.
 */
public final class GuestTraces {
  private final List<GuestProcess> processes;

  GuestTraces(List<GuestProcess> processes) {
    this.processes = List.copyOf(processes);
  }

  /** How many processes there are. */
  public int processes() {
    return processes.size();
  }

  /**
   * What a process has yet to play. Once that is read the process cannot go on, but after a
   * take-back.
   */
  public TraceReader rest(int process) {
    return processes.get(process).rest();
  }

  /**
   * Lets every process go on where it is, after the rest of its trace was read for nothing. Reads
   * the traces again from their beginnings.
   *
   * @throws dev.gnomon.machine.InputException if one cannot be read any more
   */
  public void takeBack() {
    processes.forEach(GuestProcess::takeBack);
  }

  /** Takes each page of a record. */
  @FunctionalInterface
  public interface RecordVisitor {
    /** The content is the record's own, and not to be changed. */
    void page(int process, long gva, byte[] content);
  }

  /** Visits all pages of all records, in no order; none if the guest is not verified. */
  public void visitRecords(RecordVisitor visitor) {
    for (GuestProcess process : processes) {
      MemoryRecord record = recordOf(process);
      if (record != null) {
        for (long page : record.touchedPages()) {
          visitor.page(process.id(), page, record.pageContent(page));
        }
      }
    }
  }

  /** Adds a page to a process's record. */
  public void restoreRecord(int process, long gva, byte[] content) {
    MemoryRecord record = recordOf(processes.get(process));
    if (record == null) {
      throw new IllegalStateException("the guest is not verified");
    }
    record.restore(gva, content);
  }

  private static @Nullable MemoryRecord recordOf(GuestProcess process) {
    Verifier verifier = process.verifier();
    return verifier == null ? null : verifier.record();
  }
}
