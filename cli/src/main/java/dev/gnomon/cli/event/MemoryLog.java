package dev.gnomon.cli.event;

import dev.gnomon.machine.recorder.EventLog;
import dev.gnomon.mmu.config.MmuConfig;
import dev.gnomon.mmu.event.Tracepoints;
import dev.gnomon.mmu.platform.Cpu;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/** A trace that is kept in memory, of one VM: the same text that goes to a file. */
public final class MemoryLog implements EventLog {
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final EventTrace trace;
  private final VmTrace vm;

  private MemoryLog(MmuConfig config, int cpus) {
    trace = EventTrace.asText("the trace", TraceSink.memory(bytes), increasing(), true);
    vm = trace.of(config, cpus);
  }

  /** Opens one. */
  public static EventLog open(MmuConfig config, int cpus) {
    return new MemoryLog(config, cpus);
  }

  /**
   * A clock that never says the same twice. One thread plays all CPUs, so what came first has the
   * lower time, whoever's event it was.
   */
  private static LongSupplier increasing() {
    AtomicLong last = new AtomicLong(Long.MIN_VALUE);
    return () -> last.updateAndGet(before -> Math.max(before + 1, System.nanoTime()));
  }

  @Override
  public Tracepoints tracepoints() {
    return vm.tracepoints();
  }

  @Override
  public void mark(Cpu cpu, String text) {
    vm.mark(cpu, text);
  }

  @Override
  public List<String> close() {
    trace.close();
    return bytes.toString(StandardCharsets.ISO_8859_1).lines().toList();
  }
}
