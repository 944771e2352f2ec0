package dev.gnomon.cli.event;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gnomon.mmu.platform.Cpu;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The shadow MMU's events in the flight recorder. */
class FlightTracepointsTest {
  @TempDir Path directory;

  @Test
  void theShadowMmusEventsAreRecordedWithTheirFields() throws IOException {
    Path file = directory.resolve("events.jfr");
    try (Recording recording = new Recording()) {
      recording.start();
      tellAll(new FlightTracepoints(), new PlainCpu(0));
      recording.stop();
      recording.dump(file);
    }
    List<RecordedEvent> events =
        RecordingFile.readAllEvents(file).stream()
            .filter(each -> each.getEventType().getName().startsWith("kvm."))
            .toList();
    assertThat(events)
        .extracting(each -> each.getEventType().getName())
        .containsExactlyInAnyOrder(
            "kvm.sp_alloc",
            "kvm.kvm_mmu_unsync_page",
            "kvm.kvm_mmu_sync_page",
            "kvm.kvm_mmu_set_accessed_bit",
            "kvm.kvm_mmu_set_dirty_bit",
            "kvm.kvm_mmu_walker_error",
            "kvm.spte_set",
            "kvm.spte_update",
            "kvm.spte_clear",
            "kvm.spte_clear_no_track",
            "kvm.spte_age",
            "kvm.rmap_add",
            "kvm.rmap_remove");
    assertThat(value(events, "kvm.sp_alloc", "gfn")).isEqualTo(0x12);
    assertThat(value(events, "kvm.kvm_mmu_sync_page", "rootCount")).isEqualTo(2);
    assertThat(value(events, "kvm.kvm_mmu_set_dirty_bit", "gpa")).isEqualTo(0x4008);
    assertThat(value(events, "kvm.kvm_mmu_walker_error", "code")).isEqualTo(7);
    assertThat(value(events, "kvm.spte_update", "newSpte")).isEqualTo(0x5007);
    assertThat(value(events, "kvm.rmap_add", "count")).isEqualTo(3);
  }

  private static void tellAll(FlightTracepoints trace, Cpu cpu) {
    trace.spAlloc(cpu, 0x1000, 0x12, 0x104);
    trace.kvmMmuUnsyncPage(cpu, 0, 0x12, 0x104, 0);
    trace.kvmMmuSyncPage(cpu, 0, 0x12, 0x104, 2);
    trace.kvmMmuSetAccessedBit(cpu, 0x4000);
    trace.kvmMmuSetDirtyBit(cpu, 0x4008);
    trace.kvmMmuWalkerError(cpu, 7);
    trace.spteSet(cpu, 1, 0x1008, 0, 0x5005);
    trace.spteUpdate(cpu, 1, 0x1008, 0x5005, 0x5007);
    trace.spteClear(cpu, 1, 0x1008, 0x5007, 0);
    trace.spteClearNoTrack(cpu, 2, 0x2008, 0x1007, 0);
    trace.spteAge(cpu, 1, 0x1008, 0x5027, 0x5007);
    trace.rmapAdd(cpu, 5, 1, 0x1008, 3);
    trace.rmapRemove(cpu, 5, 1, 0x1008, 0);
  }

  private static long value(List<RecordedEvent> events, String name, String field) {
    return events.stream()
        .filter(each -> each.getEventType().getName().equals(name))
        .findFirst()
        .map(each -> ((Number) each.getValue(field)).longValue())
        .orElseThrow();
  }
}
