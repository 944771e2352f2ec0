package dev.gnomon.cli.event;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gnomon.mmu.config.MmuConfig;
import dev.gnomon.mmu.config.TdpKind;
import dev.gnomon.mmu.event.Tracepoints;
import dev.gnomon.mmu.platform.Cpu;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiConsumer;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.Test;

/** Each event, as the kernel prints it. */
class EventTextTest {
  private static final MmuConfig NPT = MmuConfig.of(TdpKind.NPT, 1);
  private static final Cpu VCPU = new PlainCpu(0);
  private static final Cpu HOST = new PlainCpu(1);

  private static List<String> lines(
      boolean countsEvents, LongSupplier clock, BiConsumer<VmTrace, Tracepoints> events) {
    StringWriter text = new StringWriter();
    TraceSink sink = TraceSink.output(new PrintWriter(text));
    try (EventTrace trace = EventTrace.asText("test", sink, clock, countsEvents)) {
      VmTrace vm = trace.of(NPT, 2);
      events.accept(vm, vm.tracepoints());
    }
    return text.toString().lines().skip(2).toList();
  }

  private static String fields(BiConsumer<VmTrace, Tracepoints> event) {
    List<String> lines = lines(true, () -> 0, event);
    assertThat(lines).hasSize(1);
    return lines.getFirst().replaceFirst("^.*d..1. 1: ", "");
  }

  @Test
  void aLineSaysWhoOnWhichCpuAndWhen() {
    AtomicLong clock = new AtomicLong(12_345_678_999L);
    List<String> lines =
        lines(
            false,
            clock::get,
            (vm, trace) -> {
              vm.setInstructionPointers(vcpu -> 0x10000);
              trace.kvmPageFault(VCPU, 0, 0x4080, 0x2_0000_0006L);
              clock.addAndGet(1);
              trace.kvmAgeHva(HOST, 0x7f00_0000_0000L, 0x7f00_0000_1000L);
            });
    assertThat(lines)
        .containsExactly(
            "           vcpu0-1       [000] d..1.    12.345678: kvm_page_fault: vcpu 0 rip 0x10000"
                + " address 0x0000000000004080 error_code 0x200000006",
            "           host0-2       [001] d..1.    12.345679: kvm_age_hva: mmu notifier age hva:"
                + " 0x007f0000000000 -- 0x007f0000001000");
  }

  @Test
  void pagesAreDescribedByTheirRole() {
    assertThat(fields((vm, trace) -> trace.kvmMmuGetPage(VCPU, 0, 0x600, 0x3781, 0, false, true)))
        .isEqualTo(
            "kvm_mmu_get_page: sp gen 0 gfn 600 l1 8-byte q0 direct wux nxe ad root 0 sync new");
    assertThat(fields((vm, trace) -> trace.kvmMmuPrepareZapPage(VCPU, 1, 0, 0x12b83, 1, true)))
        .isEqualTo(
            "kvm_mmu_prepare_zap_page: sp gen 1 gfn 0 l3 8-byte q0 direct wu- invalid !nxe !ad"
                    .replace("wu-", "w-x")
                + " root 1 unsync");
  }

  @Test
  void entriesAreShownRawWithTheirAccess() {
    assertThat(fields((vm, trace) -> trace.kvmMmuSetSpte(VCPU, 1, 1, 0x5008, 0x1234e67L)))
        .isEqualTo("kvm_mmu_set_spte: gfn 1 spte 1234e67 (rwxu) level 1 at 5008");
    assertThat(
            fields(
                (vm, trace) -> trace.kvmTdpMmuSpteChanged(VCPU, 0, 0x40, 1, 1L << 63, 0x1234e67L)))
        .isEqualTo(
            "kvm_tdp_mmu_spte_changed: as id 0 gfn 40 level 1 old_spte 8000000000000000 new_spte"
                + " 1234e67");
  }

  @Test
  void theFastPathShowsItsFlagsAndItsEntryAsAPointer() {
    assertThat(
            fields(
                (vm, trace) ->
                    trace.fastPageFault(
                        VCPU, 0, 0x1000, 0x2_0000_0007L, 0x5008, 0xe65, 0xe67, false, true)))
        .isEqualTo(
            "fast_page_fault: vcpu 0 gva 1000 error_code P|W|U|0x200000000 sptep ffff888000005008"
                + " old 0xe65 new e67 spurious 0 fixed 1");
  }

  @Test
  void ringsShowTheirCountersAndMarkersTheirText() {
    assertThat(fields((vm, trace) -> trace.kvmDirtyRingPush(VCPU, 0, 0x10, 0xc, 0, 4)))
        .isEqualTo("kvm_dirty_ring_push: ring 0: dirty 0x10 reset 0xc slot 0 offset 0x4 (used 4)");
    assertThat(fields((vm, trace) -> vm.mark(HOST, "two\nlines")))
        .isEqualTo("tracing_mark_write: two lines");
    assertThat(fields((vm, trace) -> vm.mark(HOST, "x".repeat(1000)))).hasSize(276);
  }
}
