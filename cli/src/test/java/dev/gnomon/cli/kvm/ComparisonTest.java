package dev.gnomon.cli.kvm;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gnomon.machine.kvm.HostMmu;
import dev.gnomon.machine.kvm.KvmOutcome;
import dev.gnomon.machine.recorder.FinalState;
import dev.gnomon.machine.recorder.Replay;
import dev.gnomon.machine.recorder.SlotImage;
import dev.gnomon.machine.x86.CpuState;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What counts as a difference between a guest under KVM and the guest here. */
class ComparisonTest {
  private final CpuState kvmState = CpuState.reset();
  private final CpuState ownState = CpuState.reset();
  private final byte[] kvmPage = new byte[4096];
  private final byte[] ownPage = new byte[4096];
  private List<String> kvmOutput = List.of("VCPU 0 val 7", "VCPU 0 rip 1 rax 2", "HASH slot 0 1");
  private List<String> ownOutput = List.of("VCPU 0 val 7", "VCPU 0 rip 3 rax 4", "HASH slot 0 2");
  private List<String> kvmEvents = List.of("# start", "kvm_page_fault a");
  private List<String> ownEvents = List.of("# start", "kvm_page_fault a");
  private List<KvmOutcome.Trouble> trouble = List.of();

  private static FinalState end(CpuState state, byte[] page) {
    return new FinalState(List.of(state), List.of(SlotImage.of(0, 0, 1, any -> page)));
  }

  private Comparison comparison(HostMmu mmu) {
    return new Comparison(
        new KvmOutcome(kvmOutput, kvmEvents, "", trouble, end(kvmState, kvmPage)),
        new Replay(ownEvents, ownOutput, end(ownState, ownPage)),
        mmu);
  }

  private List<String> changes(HostMmu mmu) {
    return comparison(mmu).difference().stream()
        .filter(line -> line.matches("[-+][^-+].*"))
        .toList();
  }

  @Test
  void recordersOwnLinesOfTheEndAreNotCompared() {
    assertThat(comparison(HostMmu.SHADOW).difference()).isEmpty();
    assertThat(comparison(HostMmu.NPT).difference()).isEmpty();
  }

  @Test
  void outputIsCompared() {
    ownOutput = List.of("VCPU 0 val 8");
    assertThat(changes(HostMmu.SHADOW)).containsExactly("-VCPU 0 val 7", "+VCPU 0 val 8");
  }

  @Test
  void everyGeneralRegisterIsCompared() {
    for (int register = 0; register < 16; register++) {
      ownState.gpr[register] += 5;
      assertThat(changes(HostMmu.SHADOW)).as("register %d", register).hasSize(2);
      ownState.gpr[register] -= 5;
    }
  }

  @Test
  void flagsAreComparedButTheOneThatLogicLeavesUndefined() {
    ownState.setRflags(0x12);
    assertThat(changes(HostMmu.SHADOW)).isEmpty();
    ownState.setRflags(0x42);
    assertThat(changes(HostMmu.SHADOW)).hasSize(2);
  }

  @Test
  void memoryIsComparedWordByWord() {
    kvmPage[0x123] = 1;
    assertThat(changes(HostMmu.SHADOW))
        .containsExactly(
            "-MEMORY slot 0 gpa 120: 0000000001000000", "+MEMORY slot 0 gpa 120: 0000000000000000");
  }

  @Test
  void eventsAreComparedUpToTheEndIfBothAreTdpMmus() {
    ownEvents = List.of("# start", "kvm_page_fault b");
    assertThat(changes(HostMmu.NPT)).containsExactly("-kvm_page_fault a", "+kvm_page_fault b");
    assertThat(changes(HostMmu.SHADOW)).isEmpty();
    ownEvents = List.of("# start", "root_load x", "kvm_page_fault a", "# end", "kvm_page_fault c");
    kvmEvents = List.of("# start", "kvm_page_fault a", "# end");
    assertThat(changes(HostMmu.NPT)).isEmpty();
  }

  @Test
  void dirtyLogIsExactOnlyIfBothAreTdpMmus() {
    kvmOutput = List.of("DIRTY slot 0 rc 0  gfns: 4");
    ownOutput = List.of("DIRTY slot 0 rc 0  gfns: 4 5");
    assertThat(changes(HostMmu.SHADOW)).isEmpty();
    assertThat(comparison(HostMmu.SHADOW).notes()).singleElement().asString().contains(" 5,");
    assertThat(changes(HostMmu.NPT)).hasSize(2);
  }

  @Test
  void registersAfterATripleFaultAreNotCompared() {
    ownState.rip = 5;
    trouble = List.of(new KvmOutcome.Trouble("shutdown", true));
    assertThat(changes(HostMmu.SHADOW)).isEmpty();
  }
}
