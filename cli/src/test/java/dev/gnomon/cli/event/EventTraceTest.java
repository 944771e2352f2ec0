package dev.gnomon.cli.event;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gnomon.machine.InputException;
import dev.gnomon.mmu.config.MmuConfig;
import dev.gnomon.mmu.config.TdpKind;
import dev.gnomon.mmu.event.Tracepoints;
import dev.gnomon.mmu.platform.Cpu;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EventTraceTest {
  private static final MmuConfig CONFIG = MmuConfig.of(TdpKind.NPT, 3);
  private static final Pattern LINE =
      Pattern.compile(
          " +vcpu(\\d)-\\d +\\[\\d{3}\\] d..1. +(\\d+)\\.(\\d{6}): kvm_mmu_spte_requested: gfn"
              + " (\\w+) pfn (\\w+) level 1");

  @TempDir private Path directory;

  /** More events than the rings hold, from three CPUs at once. */
  @Test
  void nothingIsLostOrTornAndTimeNeverGoesBack() throws Exception {
    int each = 3 * EventRing.RECORDS;
    Path file = directory.resolve("trace");
    TraceSink sink = TraceSink.file("--trace-events", file.toString());
    try (EventTrace trace = EventTrace.asText("t", sink, System::nanoTime, false)) {
      Tracepoints tracepoints = trace.of(CONFIG, 3).tracepoints();
      List<Thread> threads =
          List.of(
              start(tracepoints, 0, each),
              start(tracepoints, 1, each),
              start(tracepoints, 2, each));
      for (Thread thread : threads) {
        thread.join();
      }
    }
    List<String> lines = Files.readAllLines(file);
    long[] next = new long[3];
    long last = 0;
    for (String line : lines.subList(2, lines.size())) {
      Matcher matcher = LINE.matcher(line);
      assertThat(matcher.matches()).as(line).isTrue();
      int cpu = Integer.parseInt(matcher.group(1));
      long gfn = Long.parseLong(matcher.group(4), 16);
      assertThat(gfn).isEqualTo(next[cpu]++);
      assertThat(Long.parseLong(matcher.group(5), 16)).isEqualTo(gfn * 3 + cpu);
      long time = Long.parseLong(matcher.group(2)) * 1_000_000 + Long.parseLong(matcher.group(3));
      assertThat(time).isGreaterThanOrEqualTo(last);
      last = time;
    }
    assertThat(next).containsOnly(each);
  }

  private static Thread start(Tracepoints tracepoints, int index, int events) {
    Cpu cpu = new PlainCpu(index);
    return Thread.ofPlatform()
        .start(
            () -> {
              for (long gfn = 0; gfn < events; gfn++) {
                tracepoints.kvmMmuSpteRequested(cpu, gfn, gfn * 3 + index, 1);
              }
            });
  }

  @Test
  void aTraceThatCannotBeWrittenHoldsNobodyUpAndIsSaidAtTheEnd() {
    TraceSink full =
        new TraceSink() {
          @Override
          void write(byte[] bytes, int length) throws IOException {
            throw new IOException("No space left on device");
          }

          @Override
          public void close() {}
        };
    EventTrace trace = EventTrace.asText("--trace-events x", full, System::nanoTime, false);
    Tracepoints tracepoints = trace.of(CONFIG, 3).tracepoints();
    Cpu cpu = new PlainCpu(0);
    for (int i = 0; i < 3 * EventRing.RECORDS; i++) {
      tracepoints.kvmTestAgeHva(cpu, i);
    }
    assertThatThrownBy(trace::close)
        .isInstanceOf(InputException.class)
        .hasMessage("--trace-events x: cannot be written: No space left on device");
  }

  @Test
  void theFlightRecorderHasTheEventsUnderOneCategory() throws IOException {
    Path file = directory.resolve("recording.jfr");
    try (Recording recording = new Recording()) {
      recording.start();
      Tracepoints tracepoints = EventTrace.forFlightRecorder().of(CONFIG, 3).tracepoints();
      assertThat(tracepoints.isOn()).isTrue();
      tracepoints.kvmPageFault(new PlainCpu(2), 2, 0x4080, 0x1_0000_0006L);
      recording.stop();
      recording.dump(file);
      assertThat(tracepoints.isOn()).isFalse();
    }
    List<RecordedEvent> events =
        RecordingFile.readAllEvents(file).stream()
            .filter(event -> event.getEventType().getCategoryNames().contains("KVM MMU"))
            .toList();
    assertThat(events).hasSize(1);
    RecordedEvent fault = events.getFirst();
    assertThat(fault.getEventType().getName()).isEqualTo("kvm.kvm_page_fault");
    assertThat(fault.getInt("vcpu")).isEqualTo(2);
    assertThat(fault.getLong("address")).isEqualTo(0x4080);
  }
}
