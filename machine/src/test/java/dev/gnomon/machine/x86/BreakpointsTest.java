package dev.gnomon.machine.x86;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class BreakpointsTest {
  private static final long HANDLER = 0x3000;
  private static final long IDT = 0x2000;
  private static final long GDT = 0x2800;

  /** A guest in flat mode whose #DB handler ends the run. */
  private static X86Rig rig(String code) {
    X86Rig rig = new X86Rig(2).load(0x1000, code).load(HANDLER, "e614 cf").startFlat(0x1000);
    for (int vector : new int[] {GuestException.DB, GuestException.BP, GuestException.UD}) {
      rig.load(IDT + 8 * vector, "0030 0800 008e 0000");
    }
    rig.load(GDT + 8, "ffff 0000 009b cf00");
    rig.state.idtr.load(IDT, 0x7ff);
    rig.state.gdtr.load(GDT, 0x0f);
    rig.state.gpr[CpuState.RSP] = 0x5000;
    return rig;
  }

  @Test
  void aBreakpointOnExecutionIsAFaultThatResumeFlagPasses() {
    // nop; inc eax; hlt
    try (X86Rig rig = rig("90 40 f4")) {
      rig.state.dr[0] = 0x1001;
      rig.state.dr[7] = 0x401;
      assertThat(rig.run()).isEqualTo(StopReason.STOPPED);
      assertThat(rig.state.dr[6] & 0xf).isEqualTo(1);
      assertThat(rig.word(0x4ff4) & 0xffff_ffffL).isEqualTo(0x1001);
      assertThat(rig.state.gpr[CpuState.RAX]).isZero();
      rig.state.rip = 0x1001;
      rig.state.setSystemFlags(Flags.RF);
      assertThat(rig.run()).isEqualTo(StopReason.HALTED);
      assertThat(rig.state.gpr[CpuState.RAX]).isEqualTo(1);
      assertThat(rig.state.systemFlags() & Flags.RF).isZero();
    }
  }

  @Test
  void aBreakpointOnWritesIsATrapThatReadsDoNotHit() {
    // mov eax, [0x4004]; mov [0x4007], al; hlt
    try (X86Rig rig = rig("a104400000 a207400000 f4")) {
      rig.state.dr[3] = 0x4004;
      rig.state.dr[7] = 0x400 | 1 << 6 | 0xd000_0000L;
      assertThat(rig.run()).isEqualTo(StopReason.STOPPED);
      assertThat(rig.state.dr[6] & 0xf).isEqualTo(8);
      assertThat(rig.word(0x4ff4) & 0xffff_ffffL).isEqualTo(0x100a);
    }
  }

  @Test
  void faultsPushTheResumeFlagAndTrapsDoNot() {
    try (X86Rig fault = rig("0f0b");
        X86Rig trap = rig("cc")) {
      assertThat(fault.run()).isEqualTo(StopReason.STOPPED);
      assertThat(trap.run()).isEqualTo(StopReason.STOPPED);
      assertThat(fault.word(0x4ffc) & Flags.RF).isNotZero();
      assertThat(trap.word(0x4ffc) & Flags.RF).isZero();
      assertThat(fault.state.systemFlags() & Flags.RF).isZero();
    }
  }
}
