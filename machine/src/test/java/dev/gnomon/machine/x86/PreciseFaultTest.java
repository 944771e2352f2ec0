package dev.gnomon.machine.x86;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** An instruction that faults has changed nothing, and can be executed again. */
class PreciseFaultTest {
  /** A page that is not present in the paged tests. */
  private static final long ABSENT = 0x6_0000;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          48010425 00000600  | ADD  [absent], rax
          f048010425 00000600| LOCK ADD [absent], rax
          48110425 00000600  | ADC  [absent], rax
          48030425 00000600  | ADD  rax, [absent]
          48ff0425 00000600  | INC  [absent]
          48d1242500000600   | SHL  [absent], 1
          48870425 00000600  | XCHG [absent], rax
          480fc10425 00000600| XADD [absent], rax
          480fb10c2500000600 | CMPXCHG [absent], rcx
          8f042500000600     | POP  [absent]
          ff342500000600     | PUSH [absent]
          ff142500000600     | CALL [absent]
          ff242500000600     | JMP  [absent]
          48f7342500000600   | DIV  [absent]
          480fbe042500000600 | MOVSX rax, [absent]
          0f94042500000600   | SETZ [absent]
          480f44042500000600 | CMOVZ rax, [absent]
          4889042504f00500   | MOV  [8 bytes, present], rax: no fault
          48890425fcff0500   | MOV  [8 bytes, the last 4 absent], rax
          48010425fcff0500   | ADD  [8 bytes, the last 4 absent], rax
          f048010425fcff0500 | LOCK ADD [8 bytes, the last 4 absent], rax
          """)
  void aPageFaultLeavesEverythingAsItWas(String hex, String what) {
    try (CodeRig rig = new CodeRig(8)) {
      rig.page();
      rig.catchExceptions();
      rig.map(ABSENT, 0);
      rig.putLong(ABSENT - 8, 0x1122334455667788L);
      CpuState state = rig.state();
      for (int i = 0; i < 16; i++) {
        state.gpr[i] = i == CpuState.RSP ? CodeRig.STACK : 0x1000L + i;
      }
      long flags = Flags.CF | Flags.OF | Flags.PF | Flags.SF | Flags.FIXED;
      state.setRflags(flags);
      rig.run(hex, 1);
      if (what.endsWith("no fault")) {
        assertThat(state.rip).isEqualTo(CodeRig.CODE + hex.replace(" ", "").length() / 2);
        return;
      }
      rig.cpu().run(1);
      assertThat(rig.vector()).isEqualTo(GuestException.PF);
      assertThat(state.cr2).isEqualTo(ABSENT);
      assertThat(state.gpr[CpuState.RSP]).isEqualTo(CodeRig.STACK - 48);
      assertThat(rig.getLong(CodeRig.STACK - 40)).as("RIP").isEqualTo(CodeRig.CODE);
      assertThat(rig.getLong(CodeRig.STACK - 24) & ~Flags.RF).as("RFLAGS").isEqualTo(flags);
      assertThat(rig.getLong(CodeRig.STACK - 16)).as("RSP").isEqualTo(CodeRig.STACK);
      assertThat(rig.getLong(ABSENT - 8)).isEqualTo(0x1122334455667788L);
      for (int i = 0; i < 16; i++) {
        if (i != CpuState.RSP) {
          assertThat(state.gpr[i]).as("register %d", i).isEqualTo(0x1000L + i);
        }
      }
    }
  }

  @Test
  void aStackThatIsAbsentMovesNoPointer() {
    for (String hex : new String[] {"50", "e800000000", "9c", "c8080001", "6a01"}) {
      try (CodeRig rig = new CodeRig(8)) {
        rig.page();
        rig.map(ABSENT - 0x1000, 0);
        rig.state().gpr[CpuState.RSP] = ABSENT;
        rig.state().gpr[CpuState.RBP] = 5;
        // No IDT: the fault ends in a triple fault, which leaves the registers.
        assertThat(runWithoutHandlers(rig, hex)).as(hex).isEqualTo(StopReason.SHUTDOWN);
        assertThat(rig.state().gpr[CpuState.RSP]).as(hex).isEqualTo(ABSENT);
        assertThat(rig.state().gpr[CpuState.RBP]).as(hex).isEqualTo(5);
        assertThat(rig.state().rip).as(hex).isEqualTo(CodeRig.CODE);
      }
    }
  }

  @Test
  void codeThatGoesOnInAnAbsentPageFaultsThere() {
    try (CodeRig rig = new CodeRig(8)) {
      rig.page();
      rig.catchExceptions();
      rig.map(ABSENT, 0);
      rig.put(ABSENT - 3, "90b804");
      rig.state().rip = ABSENT - 3;
      rig.cpu().run(10);
      assertThat(rig.vector()).isEqualTo(GuestException.PF);
      assertThat(rig.state().cr2).isEqualTo(ABSENT);
      assertThat(rig.getLong(CodeRig.STACK - 40)).isEqualTo(ABSENT - 2);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          8 | 48f7f1                 | 0  | DIV by 0
          8 | 48f7f9                 | 0  | IDIV by 0
          8 | 48a10000000000008000   | 13 | a load from an address that is not canonical
          8 | 4889442400             | 12 | a store there by RSP
          8 | ffe0                   | 13 | a jump there
          8 | c3                     | 12 | a return by an RSP that is not canonical
          8 | 66666666666666666666666666666690 | 13 | 16 bytes
          8 | 06                     | 6  | no instruction
          8 | f089d8                 | 6  | LOCK without memory
          4 | a100002000             | 13 | a load beyond DS's limit
          4 | 8b4500                 | 12 | a load beyond SS's limit
          4 | 2ea300000000           | 13 | a store into code
          4 | e9fbff1f00             | 13 | a jump beyond CS's limit
          4 | 6202                   | 5  | BOUND
          4 | d400                   | 0  | AAM 0
          """)
  void whatTheProcessorRefusesRaisesItsException(
      int codeSize, String hex, int vector, String what) {
    try (CodeRig rig = new CodeRig(codeSize)) {
      rig.catchExceptions();
      CpuState state = rig.state();
      state.gpr[CpuState.RAX] = 0x0000_8000_0000_0000L;
      state.gpr[CpuState.RDX] = CodeRig.DATA;
      state.gpr[CpuState.RBP] = 0x20_0000;
      rig.putLong(CodeRig.DATA, 0x0000_0002_0000_0001L);
      if (codeSize == 4) {
        for (Segment segment : state.segments) {
          segment.load(segment.selector(), 0, 0x1f_ffff, segment.attributes());
        }
      }
      if (vector == GuestException.SS && codeSize == 8) {
        // No stack to deliver on: the double fault ends it, but nothing has moved.
        state.gpr[CpuState.RSP] = 0x0000_8000_0000_0000L;
        assertThat(runWithoutHandlers(rig, hex)).isEqualTo(StopReason.SHUTDOWN);
        assertThat(state.gpr[CpuState.RSP]).isEqualTo(0x0000_8000_0000_0000L);
        return;
      }
      rig.run(hex, 1);
      rig.cpu().run(1);
      assertThat(rig.vector()).as(what).isEqualTo(vector);
    }
  }

  private static StopReason runWithoutHandlers(CodeRig rig, String hex) {
    rig.state().idtr.load(0, 0);
    rig.put(CodeRig.CODE, hex);
    rig.state().rip = CodeRig.CODE;
    return rig.cpu().run(10);
  }
}
