package dev.gnomon.machine.x86;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** String instructions in 16- and 32-bit code, and how a repeated one is left and resumed. */
class StringOperationsTest {
  private static final long CODE = 0x1000;

  /** Beyond the memory. */
  private static final long MMIO = 0x40_0000;

  private static final int DATA = Segment.PRESENT | Segment.NON_SYSTEM | 3;

  private final X86Rig rig = new X86Rig(2);
  private final CpuState state = rig.state;

  @BeforeEach
  void start() {
    rig.startFlat(CODE);
    state.idtr.load(0, 0);
  }

  @AfterEach
  void close() {
    rig.close();
  }

  private void operands(long source, long destination, long count) {
    state.gpr[CpuState.RSI] = source;
    state.gpr[CpuState.RDI] = destination;
    state.gpr[CpuState.RCX] = count;
  }

  private StopReason run(String code) {
    state.rip = CODE;
    return rig.load(CODE, code).run(1);
  }

  @Test
  void aStoreStopsWhereTheSegmentEndsAndCanGoOnFromThere() {
    state.segments[CpuState.ES].load(0x10, 0, 0x200f, DATA | Segment.BIG);
    operands(0, 0x2000, 8);
    state.gpr[CpuState.RAX] = 0x0505_0505;
    assertThat(run("f3ab")).isEqualTo(StopReason.SHUTDOWN); // rep stosd
    assertThat(rig.cpu.shutdownReason()).startsWith("triple fault: #GP with error code 0x0,");
    assertThat(state.rip).isEqualTo(CODE);
    assertThat(state.gpr[CpuState.RCX]).isEqualTo(4);
    assertThat(state.gpr[CpuState.RDI]).isEqualTo(0x2010);
    assertThat(rig.word(0x2008)).isEqualTo(0x0505_0505_0505_0505L);
    assertThat(rig.word(0x2010)).isZero();
    state.segments[CpuState.ES].load(0x10, 0, -1, DATA | Segment.BIG);
    assertThat(rig.run(1)).isEqualTo(StopReason.COUNT);
    assertThat(state.gpr[CpuState.RCX]).isZero();
    assertThat(rig.word(0x2018)).isEqualTo(0x0505_0505_0505_0505L);
    assertThat(rig.word(0x2020)).isZero();
  }

  @Test
  void aMoveWhoseSourceEndsEarlierStopsThere() {
    state.segments[CpuState.DS].load(0x10, 0, 0x2005, DATA | Segment.BIG);
    rig.load(0x2000, "0102030405060708");
    operands(0x2000, 0x3000, 8);
    assertThat(run("f3a4")).isEqualTo(StopReason.SHUTDOWN); // rep movsb
    assertThat(state.gpr[CpuState.RCX]).isEqualTo(2);
    assertThat(state.gpr[CpuState.RSI]).isEqualTo(0x2006);
    assertThat(state.gpr[CpuState.RDI]).isEqualTo(0x3006);
    assertThat(rig.word(0x3000)).isEqualTo(0x0605_0403_0201L);
  }

  @Test
  void aRepeatedInstructionCanBeLeftAfterEachElementAndResumed() {
    rig.onMmioWrite = rig.cpu::stop;
    operands(0, MMIO, 3);
    state.gpr[CpuState.RAX] = 0x1234_5678;
    state.rip = CODE;
    rig.load(CODE, "f3ab"); // rep stosd
    for (long left = 2; left > 0; left--) {
      assertThat(rig.run(1)).isEqualTo(StopReason.STOPPED);
      assertThat(state.gpr[CpuState.RCX]).isEqualTo(left);
      assertThat(state.rip).isEqualTo(CODE);
    }
    assertThat(rig.run(1)).isEqualTo(StopReason.STOPPED);
    assertThat(state.gpr[CpuState.RCX]).isZero();
    assertThat(state.gpr[CpuState.RDI]).isEqualTo(MMIO + 12);
    assertThat(state.rip).isEqualTo(CODE + 2);
    assertThat(rig.mmioWrites).containsExactly(0x1234_5678L, 0x1234_5678L, 0x1234_5678L);
  }

  @Test
  void movesToAndFromDevicesAreMadeOneByOne() {
    rig.load(0x2000, "0100020003000400");
    operands(0x2000, MMIO, 3);
    run("66f3a5"); // rep movsw
    assertThat(rig.mmioWrites).containsExactly(1L, 2L, 3L);
    operands(MMIO, 0x2002, 2);
    run("66f3a5");
    assertThat(rig.word(0x2000)).isEqualTo(0x0004_ffff_ffff_0001L);
  }

  @Test
  void addressesOf16BitsWrapAround() {
    operands(0, 0xffff_fffeL, 4);
    state.gpr[CpuState.RAX] = 7;
    rig.load(0xfff8, "0000000000000000").load(0, "0000000000000000");
    assertThat(run("67f3aa")).isEqualTo(StopReason.COUNT); // addr16 rep stosb
    assertThat(rig.word(0xfff8)).isEqualTo(0x0707_0000_0000_0000L);
    assertThat(rig.word(0)).isEqualTo(0x0707);
    assertThat(state.gpr[CpuState.RDI]).isEqualTo(0xffff_0002L);
    assertThat(state.gpr[CpuState.RCX]).isZero();
  }

  @Test
  void aCountOf16BitsLeavesTheUpperHalf() {
    operands(0, 0x2000, 0x0005_0002);
    run("67f3aa");
    assertThat(state.gpr[CpuState.RCX]).isEqualTo(0x0005_0000);
  }

  @Test
  void aSegmentPrefixIsForTheSourceAlone() {
    state.segments[CpuState.FS].load(0x18, 0x100, -1, DATA | Segment.BIG);
    rig.load(0x2100, "11223344");
    operands(0x2000, 0x3000, 1);
    run("64a5"); // movs dword es:[edi], fs:[esi]
    assertThat(rig.word(0x3000)).isEqualTo(0x4433_2211L);
  }

  @Test
  void aComparisonEndsAtTheFirstDifference() {
    rig.load(0x2000, "010203040506").load(0x3000, "010203990506");
    operands(0x2000, 0x3000, 6);
    run("f3a6"); // repe cmpsb
    assertThat(state.gpr[CpuState.RCX]).isEqualTo(2);
    assertThat(Flags.zero(state)).isFalse();
    assertThat(Flags.carry(state)).isTrue();
  }

  @Test
  void withoutElementsFlagsStay() {
    state.setRflags(Flags.ZF | Flags.CF);
    operands(0x2000, 0x3000, 0);
    run("f2ae"); // repne scasb
    assertThat(state.rflags() & Flags.ARITHMETIC).isEqualTo(Flags.ZF | Flags.CF);
  }
}
