package dev.gnomon.machine.x86;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Integer instructions where no 64-bit processor in user mode can be asked: in 16- and 32-bit code.
 * What is expected is by the manual's pseudocode.
 */
class IntegerModesTest {
  private static final long ALL = Flags.CF | Flags.PF | Flags.AF | Flags.ZF | Flags.SF | Flags.OF;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          # code, EAX and flags before, EAX after; of the flags those that are defined: mask, value
          37   | 0000000f | 0  | 00000105 | 11 | 11 | AAA of 0xf
          37   | 000000fa | 0  | 00000200 | 11 | 11 | AAA carries into AH by one more
          37   | 00000005 | 0  | 00000005 | 11 | 0  | AAA of a digit
          3f   | 00000200 | 10 | 0000000a | 11 | 11 | AAS borrows from AH twice
          27   | 00000079 | 10 | 0000007f | 11 | 10 | DAA with AF
          27   | 0000009a | 0  | 00000000 | 55 | 55 | DAA past 99
          2f   | 00000047 | 10 | 00000041 | 11 | 10 | DAS with AF
          2f   | 00000005 | 11 | 0000009f | 91 | 91 | DAS with borrow
          d40a | 0000003f | 0  | 00000603 | c4 | 4  | AAM
          d50a | 00000603 | 0  | 0000003f | c4 | 4  | AAD
          d6   | 12345678 | 1  | 123456ff | 1  | 1  | SALC
          98   | 0000fffe | 0  | fffffffe | 0  | 0  | CWDE
          6698 | 123400fe | 0  | 1234fffe | 0  | 0  | CBW
          40   | ffffffff | 1  | 00000000 | 8d5 | 55 | INC keeps CF
          48   | 80000000 | 1  | 7fffffff | 8d5 | 815 | DEC keeps CF
          0fc8 | 12345678 | 0  | 78563412 | 0  | 0  | BSWAP
          04ff | 00000080 | 0  | 0000007f | 8d5 | 801 | ADD AL, -1
          6605ff7f | 00000001 | 0 | 00008000 | 8d5 | 894 | ADD AX, 0x7fff
          1c00 | 00000000 | 1  | 000000ff | 8d5 | 95 | SBB AL, 0 with a borrow
          """)
  void arithmeticOf32BitCode(
      String hex,
      String before,
      String flags,
      String after,
      String mask,
      String value,
      String what) {
    try (CodeRig rig = new CodeRig(4)) {
      rig.state().gpr[CpuState.RAX] = number(before);
      rig.state().setRflags(number(flags));
      rig.run(hex, 1);
      assertThat(Long.toHexString(rig.state().gpr[CpuState.RAX]))
          .as(what)
          .isEqualTo(Long.toHexString(number(after)));
      assertThat(Long.toHexString(rig.state().rflags() & number(mask)))
          .as("flags of " + what)
          .isEqualTo(Long.toHexString(number(value)));
    }
  }

  @Test
  void everyCombinationOfArithmeticFlagsIsKept() {
    CpuState state = CpuState.reset();
    for (long bits = 0; bits < 1L << 12; bits++) {
      long flags = bits & ALL;
      state.setRflags(flags);
      assertThat(state.rflags()).isEqualTo(flags | Flags.FIXED);
      Flags.setCarry(state, true);
      assertThat(state.rflags()).isEqualTo(flags | Flags.FIXED | Flags.CF);
      Flags.setZero(state, false);
      assertThat(state.rflags()).isEqualTo((flags | Flags.FIXED | Flags.CF) & ~Flags.ZF);
    }
  }

  @Test
  void conditionsAreWhatTheManualSays() {
    CpuState state = CpuState.reset();
    for (long bits = 0; bits < 1L << 12; bits++) {
      state.setRflags(bits & ALL);
      boolean c = (bits & Flags.CF) != 0;
      boolean z = (bits & Flags.ZF) != 0;
      boolean s = (bits & Flags.SF) != 0;
      boolean o = (bits & Flags.OF) != 0;
      boolean p = (bits & Flags.PF) != 0;
      boolean[] expected = {o, c, z, c || z, s, p, s != o, z || s != o};
      for (int condition = 0; condition < 16; condition++) {
        boolean wanted = expected[condition >> 1] != ((condition & 1) != 0);
        assertThat(Flags.test(state, condition)).isEqualTo(wanted);
      }
    }
  }

  @Test
  void pushaAndPopaMoveAllRegistersButTheStackPointer() {
    try (CodeRig rig = new CodeRig(4)) {
      for (int i = 0; i < 8; i++) {
        rig.state().gpr[i] = i == CpuState.RSP ? CodeRig.STACK : 0x1111_1111L * i;
      }
      rig.run("60", 1);
      assertThat(rig.state().gpr[CpuState.RSP]).isEqualTo(CodeRig.STACK - 32);
      assertThat(rig.getLong(CodeRig.STACK - 32)).isEqualTo(0x6666_6666_7777_7777L);
      assertThat(rig.getLong(CodeRig.STACK - 24)).isEqualTo(CodeRig.STACK << 32 | 0x5555_5555L);
      for (int i = 0; i < 8; i++) {
        rig.state().gpr[i] = i == CpuState.RSP ? rig.state().gpr[i] : 0;
      }
      rig.run("61", 1);
      assertThat(rig.state().gpr[CpuState.RSP]).isEqualTo(CodeRig.STACK);
      assertThat(rig.state().gpr[CpuState.RBX]).isEqualTo(0x3333_3333L);
      assertThat(rig.state().gpr[CpuState.RDI]).isEqualTo(0x7777_7777L);
    }
  }

  @Test
  void aStackOf16BitsWrapsAndKeepsTheUpperHalf() {
    try (CodeRig rig = new CodeRig(2)) {
      rig.state().gpr[CpuState.RSP] = 0xabcd_0000L;
      rig.state().gpr[CpuState.RAX] = 0x1234;
      rig.run("50", 1);
      assertThat(rig.state().gpr[CpuState.RSP]).isEqualTo(0xabcd_fffeL);
      assertThat(rig.getLong(0xfffe) & 0xffff).isEqualTo(0x1234);
    }
  }

  @Test
  void addressesOf16BitsWrapInTheirSegment() {
    try (CodeRig rig = new CodeRig(2)) {
      rig.state().gpr[CpuState.RBX] = 0xfff0;
      rig.state().gpr[CpuState.RSI] = 0x0020;
      rig.state().segments[CpuState.DS].loadReal(0x2000);
      rig.put(0x2_0010, "4523");
      // mov (%bx,%si), %ax
      rig.run("8b00", 1);
      assertThat(rig.state().gpr[CpuState.RAX]).isEqualTo(0x2345);
    }
  }

  @Test
  void branchesOf16BitsStayInTheirSegment() {
    try (CodeRig rig = new CodeRig(2)) {
      rig.run("ebf0", 1);
      assertThat(rig.state().rip).isEqualTo(0xfff2);
      rig.run("66b8 78563412", 1);
      assertThat(rig.state().gpr[CpuState.RAX]).isEqualTo(0x12345678);
      assertThat(rig.state().rip).isEqualTo(6);
    }
  }

  @Test
  void loopsCountInTheRegisterOfTheirAddressSize() {
    try (CodeRig rig = new CodeRig(4)) {
      rig.state().gpr[CpuState.RCX] = 0x1_0001L;
      // addr16 loop: CX becomes 0, so it falls through
      rig.run("67e2fd", 1);
      assertThat(rig.state().gpr[CpuState.RCX]).isEqualTo(0x1_0000L);
      assertThat(rig.state().rip).isEqualTo(CodeRig.CODE + 3);
      // loop: ECX is 0xffff then
      rig.run("e2fe", 1);
      assertThat(rig.state().gpr[CpuState.RCX]).isEqualTo(0xffffL);
      assertThat(rig.state().rip).isEqualTo(CodeRig.CODE);
      // addr16 jcxz with CX not 0, and with CX 0
      rig.run("67e310", 1);
      assertThat(rig.state().rip).isEqualTo(CodeRig.CODE + 3);
      rig.state().gpr[CpuState.RCX] = 0x1_0000L;
      rig.run("67e310", 1);
      assertThat(rig.state().rip).isEqualTo(CodeRig.CODE + 0x13);
    }
  }

  @Test
  void enterCopiesTheFramePointersOfItsLevel() {
    try (CodeRig rig = new CodeRig(4)) {
      CpuState state = rig.state();
      state.gpr[CpuState.RBP] = CodeRig.DATA;
      rig.putLong(CodeRig.DATA - 8, 0xaaaa_aaaa_bbbb_bbbbL);
      rig.run("c8100003", 1);
      long frame = CodeRig.STACK - 4;
      assertThat(state.gpr[CpuState.RBP]).isEqualTo(frame);
      assertThat(state.gpr[CpuState.RSP]).isEqualTo(frame - 12 - 0x10);
      assertThat(rig.getLong(frame - 4)).isEqualTo(CodeRig.DATA << 32 | 0xaaaa_aaaaL);
      assertThat(rig.getLong(frame - 12)).isEqualTo(0xbbbb_bbbbL << 32 | frame);
      rig.run("c9", 1);
      assertThat(state.gpr[CpuState.RSP]).isEqualTo(CodeRig.STACK);
      assertThat(state.gpr[CpuState.RBP]).isEqualTo(CodeRig.DATA);
    }
  }

  @Test
  void highByteRegistersAreTheSecondBytes() {
    try (CodeRig rig = new CodeRig(4)) {
      rig.state().gpr[CpuState.RAX] = 0x1234_5678;
      rig.state().gpr[CpuState.RBX] = 0x0000_9a00;
      // add %bh, %ah; xchg %al, %ah; inc %bh; mov $0x11, %ch; movzx %ah, %edx
      rig.run("00fc 86c4 fec7 b511 0fb6d4", 5);
      assertThat(rig.state().gpr[CpuState.RAX]).isEqualTo(0x1234_78f0);
      assertThat(rig.state().gpr[CpuState.RBX]).isEqualTo(0x9b00);
      assertThat(rig.state().gpr[CpuState.RCX]).isEqualTo(0x1100);
      assertThat(rig.state().gpr[CpuState.RDX]).isEqualTo(0x78);
    }
  }

  @Test
  void anExpandDownSegmentHoldsWhatLiesAboveItsLimit() {
    try (CodeRig rig = new CodeRig(4)) {
      rig.catchExceptions();
      Segment data = rig.state().segments[CpuState.DS];
      data.load(0, 0, 0x2_ffff, CodeRig.FLAT_DATA | Segment.BIG | Segment.CONFORMING_OR_DOWN);
      rig.run("a100000300", 1);
      assertThat(rig.state().rip).isEqualTo(CodeRig.CODE + 5);
      rig.run("a1ffff0200", 1);
      rig.cpu().run(1);
      assertThat(rig.vector()).isEqualTo(GuestException.GP);
    }
  }

  @Test
  void aRunStopsAfterAsManyInstructionsAsWereAskedFor() {
    try (CodeRig rig = new CodeRig(4)) {
      rig.put(CodeRig.CODE, "40".repeat(100));
      assertThat(rig.cpu().run(7)).isEqualTo(StopReason.COUNT);
      assertThat(rig.state().gpr[CpuState.RAX]).isEqualTo(7);
      rig.cpu().run(60);
      assertThat(rig.state().gpr[CpuState.RAX]).isEqualTo(67);
      assertThat(rig.cpu().instructions()).isEqualTo(67);
    }
  }

  private static long number(String hex) {
    return HexFormat.fromHexDigitsToLong(hex);
  }
}
