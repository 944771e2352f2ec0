package dev.gnomon.cli.event;

import dev.gnomon.mmu.spte.SpteFormat;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** A VM that is traced: its CPUs' rings, made when a CPU has its first event, and its markers. */
final class TracedMachine {
  private final SpteFormat format;
  private final int vcpus;
  private final int firstCpu;
  private final LongSupplier clock;
  private final AtomicReferenceArray<@Nullable EventRing> rings;

  /** Texts of markers; a record holds the index. Guarded by itself. */
  private final List<String> texts = new ArrayList<>();

  /**
   * Makes it.
   *
   * @param firstCpu the number that its CPU 0 has in the trace
   * @param cpus how many CPUs it has, the first {@code vcpus} of them vCPUs
   */
  TracedMachine(SpteFormat format, int vcpus, int cpus, int firstCpu, LongSupplier clock) {
    this.format = format;
    this.vcpus = vcpus;
    this.firstCpu = firstCpu;
    this.clock = clock;
    rings = new AtomicReferenceArray<>(cpus);
  }

  /** The ring of a CPU, called by that CPU alone. */
  EventRing ring(int cpu) {
    EventRing ring = rings.getPlain(cpu);
    if (ring == null) {
      ring = new EventRing(clock);
      rings.setRelease(cpu, ring);
    }
    return ring;
  }

  /** The ring of a CPU if it had an event, for the writer. */
  @Nullable EventRing known(int cpu) {
    return rings.getAcquire(cpu);
  }

  int cpus() {
    return rings.length();
  }

  int vcpus() {
    return vcpus;
  }

  int firstCpu() {
    return firstCpu;
  }

  SpteFormat format() {
    return format;
  }

  /** Keeps the text of a marker, and returns its number. */
  int keep(String text) {
    synchronized (texts) {
      texts.add(text);
      return texts.size() - 1;
    }
  }

  String text(int number) {
    synchronized (texts) {
      return texts.get(number);
    }
  }
}
