package dev.gnomon.machine.recorder;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class TraceNormaliserTest {
  private final TraceNormaliser normaliser = new TraceNormaliser();

  @Test
  void aFrameIsNamedByTheGfnThatItBacksOnceThatIsKnown() {
    String entry = "kvm_mmu_set_spte";
    assertThat(
            normaliser.event(
                "fast_page_fault",
                "vcpu 0 gva 2000 error_code P|W|U sptep 0xffff888000007010 old 0x800000000005e65"
                    + " new 0x800000000005e67 spurious 0 fixed 1"))
        .isEqualTo(
            "fast_page_fault vcpu 0 gva 2000 err P|W|U at SP0[2] g:?|800000000000e65 ->"
                + " g:?|800000000000e67 spurious 0 fixed 1");
    normaliser.event("kvm_mmu_spte_requested", "gfn 2 pfn 5 level 1");
    assertThat(normaliser.event(entry, "gfn 2 spte 5e67 (rwxu) level 1 at 7010"))
        .isEqualTo("kvm_mmu_set_spte gfn 2 g:2|e67 (rwxu) level 1 at SP0[2]");
  }

  @Test
  void aTableIsNamedByItsFirstAppearance() {
    assertThat(
            normaliser.event(
                "kvm_tdp_mmu_spte_changed",
                "as id 0 gfn 0 level 4 old_spte 8000000000000000 new_spte 9827"))
        .isEqualTo(
            "kvm_tdp_mmu_spte_changed as 0 gfn 0 level 4 nonpresent:8000000000000000 -> SP0|827");
    assertThat(normaliser.event("kvm_mmu_set_spte", "gfn 1 spte 5e67 (rwxu) level 1 at a008"))
        .endsWith("at SP1[1]");
  }

  @Test
  void aHostRangeBecomesTheGuestsAndOneOutsideIsLeftOut() {
    assertThat(
            normaliser.event(
                "tracing_mark_write", "slot set 0 gpa 1000 size 2000 flags 0 hva 7f0000000000"))
        .isEqualTo("# slot set 0 gpa 1000 size 2000 flags 0");
    assertThat(
            normaliser.event(
                "kvm_unmap_hva_range",
                "mmu notifier unmap range: 0x00007f0000001000 -- 0x00007f0000002000"))
        .isEqualTo("kvm_unmap_hva_range 2000-3000");
    assertThat(
            normaliser.event(
                "kvm_age_hva", "mmu notifier age hva: 0x0000700000001000 -- 0x0000700000002000"))
        .isNull();
  }

  @Test
  void aFaultOnAReservedBitLosesItsPresentBit() {
    String recorded = "kvm_page_fault vcpu 0 address 0x0000000000700000 error_code 0x10000000c";
    assertThat(
            normaliser.event(
                "kvm_page_fault",
                "vcpu 0 rip 0x100b6 address 0x0000000000700000 error_code 0x10000000d"))
        .isEqualTo(recorded);
    assertThat(TraceNormaliser.comparable(recorded)).isEqualTo(recorded);
    assertThat(
            TraceNormaliser.comparable(
                "kvm_page_fault vcpu 0 address 0x0000000000001000 error_code 0x200000007"))
        .endsWith("error_code 0x200000007");
  }

  @Test
  void linesOfFtraceAreTakenApart() {
    assertThat(
            TraceNormaliser.normalise(
                List.of(
                    "# tracer: nop",
                    "           <...>-12    [000] .....   123: kvm_mmu_zap_all_fast:"
                        + " kvm-mmu-valid-gen 0 used_pages 0",
                    "    vcpu0-77 [001] d..1. 12.345678: tracing_mark_write: start")))
        .containsExactly("kvm_mmu_zap_all_fast kvm-mmu-valid-gen 0 used_pages 0", "# start");
  }
}
