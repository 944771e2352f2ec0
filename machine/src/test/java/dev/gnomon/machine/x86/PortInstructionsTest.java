package dev.gnomon.machine.x86;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class PortInstructionsTest {
  private static final int PORT = 0x3f6;

  @Test
  void insPutsWordsWhereEdiSays() {
    // rep insw; out 0x14, al
    try (X86Rig rig = new X86Rig(2).load(0x1000, "f3666d e614").startFlat(0x1000)) {
      rig.toRead.addAll(List.of(0x1111L, 0x2222L, 0x3333L));
      rig.state.gpr[CpuState.RCX] = 3;
      rig.state.gpr[CpuState.RDX] = PORT;
      rig.state.gpr[CpuState.RDI] = 0x3000;
      assertThat(rig.run()).isEqualTo(StopReason.STOPPED);
      assertThat(rig.word(0x3000)).isEqualTo(0x3333_2222_1111L);
      assertThat(rig.inputs).containsOnly(PORT | 2 << 16).hasSize(3);
      assertThat(rig.state.gpr[CpuState.RCX]).isZero();
      assertThat(rig.state.gpr[CpuState.RDI]).isEqualTo(0x3006);
    }
  }

  @Test
  void insThatFaultsHasNotReadThePort() {
    try (X86Rig rig = new X86Rig(2).load(0x1000, "f36c").startFlat(0x1000)) {
      rig.state.segments[CpuState.ES].load(0x10, 0, 0x3001, 0xc93 & ~Segment.GRANULAR);
      rig.state.gpr[CpuState.RCX] = 5;
      rig.state.gpr[CpuState.RDX] = PORT;
      rig.state.gpr[CpuState.RDI] = 0x3000;
      assertThat(rig.run()).isEqualTo(StopReason.SHUTDOWN);
      assertThat(rig.inputs).hasSize(2);
      assertThat(rig.state.gpr[CpuState.RCX]).isEqualTo(3);
      assertThat(rig.state.gpr[CpuState.RDI]).isEqualTo(0x3002);
      assertThat(rig.state.rip).isEqualTo(0x1000);
    }
  }

  @Test
  void outsWritesBytesFromAnySegmentDownwards() {
    // std; rep fs outsb; out 0x14, al
    try (X86Rig rig = new X86Rig(2).load(0x1000, "fd f3646e e614").startFlat(0x1000)) {
      rig.load(0x5000, "434241");
      rig.state.segments[CpuState.FS].load(0x10, 0x4000, 0xffff, 0x93);
      rig.state.gpr[CpuState.RCX] = 3;
      rig.state.gpr[CpuState.RDX] = 0x10;
      rig.state.gpr[CpuState.RSI] = 0x1002;
      assertThat(rig.run()).isEqualTo(StopReason.STOPPED);
      assertThat(rig.text.toString()).isEqualTo("ABC");
    }
  }
}
