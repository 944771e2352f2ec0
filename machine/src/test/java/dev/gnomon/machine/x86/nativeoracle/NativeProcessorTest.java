package dev.gnomon.machine.x86.nativeoracle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class NativeProcessorTest {
  private final RegisterState now = new RegisterState();
  private @Nullable NativeProcessor processor;
  private Arena arena = new Arena(0);
  private boolean is64 = true;

  @BeforeEach
  void isSupported() {
    assumeTrue(NativeProcessor.obstacle().isEmpty(), NativeProcessor::obstacle);
    now.mxcsr = 0x1f80;
    now.rflags = 0x202;
    processor = NativeProcessor.open();
    arena = processor.arena();
    now.gpr[4] = arena.data() + 512;
  }

  @AfterEach
  void close() {
    if (processor != null) {
      processor.close();
    }
  }

  private void run(int... bytes) {
    byte[] code = new byte[bytes.length + 64];
    for (int i = 0; i < bytes.length; i++) {
      code[i] = (byte) bytes[i];
    }
    Objects.requireNonNull(processor)
        .run(code, code.length, 0, new int[] {bytes.length, bytes.length + 17}, is64, now);
  }

  @Test
  void registersAndFlagsGoInAndOut() {
    now.gpr[0] = -1;
    now.gpr[15] = 1;
    now.gpr[7] = 77;
    run(0x4c, 0x01, 0xf8); // add rax, r15
    assertThat(now.gpr[0]).isZero();
    assertThat(now.gpr[7]).isEqualTo(77);
    assertThat(now.gpr[4]).isEqualTo(arena.data() + 512);
    assertThat(now.rflags & 0x8d5).isEqualTo(0x55);
    assertThat(now.mxcsr).isEqualTo(0x1f80);
    assertThat(now.rip).isEqualTo(arena.program() + 3);
  }

  @Test
  void codeOf32BitsRunsWhereTheSystemHasASegmentForIt() {
    assumeTrue(
        new HostFeatures(Objects.requireNonNull(processor)).has32BitCode(),
        "the system has no segment for 32-bit code");
    is64 = false;
    now.gpr[0] = 0x7f;
    now.gpr[12] = -5;
    run(0x40, 0x27); // inc eax; daa
    assertThat(now.gpr[0]).isEqualTo(0x86);
    assertThat(now.gpr[12]).isEqualTo(-5);
    assertThat(now.rip).isEqualTo(arena.program() + 2);
  }

  @Test
  void vectorsAndDataGoInAndOut() {
    now.gpr[0] = arena.data() + 16;
    now.xmm[30] = 5;
    now.xmm[31] = 6;
    now.data[4] = 99;
    run(0x44, 0x0f, 0x11, 0x38); // movups [rax], xmm15
    assertThat(now.data[2]).isEqualTo(5);
    assertThat(now.data[3]).isEqualTo(6);
    assertThat(now.data[4]).isEqualTo(99);
  }

  @Test
  void theDirectionFlagDoesNotStay() {
    now.rflags |= 0x400;
    run(0x90);
    assertThat(now.rflags & 0x400).isEqualTo(0x400);
    run(0x90);
    assertThat(now.rflags & 0x400).isEqualTo(0x400);
  }

  @Test
  void aBranchIsSeenByTheExitThatItTook() {
    now.rflags |= 0x40;
    run(0x74, 17); // je +17
    assertThat(now.rip).isEqualTo(arena.program() + 19);
  }
}
