package dev.gnomon.machine.x86;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ShutdownTest {

  @Test
  void aTripleFaultSaysHowItCameTo() {
    // lidt with a limit of 0 from 0x2000; ud2
    try (X86Rig rig = new X86Rig(2).load(0x1000, "0f011d00200000 0f0b").startFlat(0x1000)) {
      rig.state.gpr[CpuState.RAX] = 0x1234;
      assertThat(rig.run()).isEqualTo(StopReason.SHUTDOWN);
      assertThat(rig.cpu.shutdownReason())
          .isEqualTo(
              "triple fault: #UD, then #GP with error code 0x33, then #GP with error code 0x6b,"
                  + " then #DF with error code 0x0, then #GP with error code 0x43");
      assertThat(rig.cpu.shutdownCode()).startsWith("0f 0b 00");
      assertThat(rig.state.rip).isEqualTo(0x1007);
      assertThat(rig.state.gpr[CpuState.RAX]).isEqualTo(0x1234);
    }
  }

  @Test
  void virtual8086ModeIsRefusedPlainly() {
    // mov esp, 0x9000; push with VM set; push 8; push 0; iretd
    String code = "bc00900000 6802000200 6a08 6a00 cf";
    try (X86Rig rig = new X86Rig(2).load(0x1000, code).startFlat(0x1000)) {
      assertThat(rig.run()).isEqualTo(StopReason.SHUTDOWN);
      assertThat(rig.cpu.shutdownReason()).isEqualTo("virtual-8086 mode is not supported");
      assertThat(rig.state.rip).isEqualTo(0x100e);
    }
  }
}
