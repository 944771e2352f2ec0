package dev.gnomon.machine.x86;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the native oracle cannot see of instructions on bits. */
class BitOperationsTest {
  private static final long CODE = 0x1000;

  private final X86Rig rig = new X86Rig(2);

  @BeforeEach
  void start() {
    rig.startFlat(CODE);
    rig.state.idtr.load(0, 0);
  }

  @AfterEach
  void close() {
    rig.close();
  }

  private void run(String code) {
    rig.state.rip = CODE;
    assertThat(rig.load(CODE, code).run(1)).isEqualTo(StopReason.COUNT);
  }

  @Test
  void randomNumbersFollowFromTheSeed() {
    RandomNumbers same = RandomNumbers.seeded(42);
    rig.cpu.setRandomNumbers(RandomNumbers.seeded(42));
    run("0fc7f0"); // rdrand eax
    assertThat(rig.state.gpr[CpuState.RAX]).isEqualTo(same.next() & 0xffff_ffffL);
    run("0fc7f9"); // rdseed ecx
    assertThat(rig.state.gpr[CpuState.RCX]).isEqualTo(same.next() & 0xffff_ffffL);
    rig.state.gpr[CpuState.RDX] = 0x1234_0000;
    run("660fc7f2"); // rdrand dx
    assertThat(rig.state.gpr[CpuState.RDX]).isEqualTo(0x1234_0000 | same.next() & 0xffff);
  }

  @Test
  void aRandomNumberSetsCarryAndClearsTheOtherFlags() {
    rig.state.setRflags(Flags.ARITHMETIC);
    run("0fc7f0");
    assertThat(rig.state.rflags() & Flags.ARITHMETIC).isEqualTo(Flags.CF);
  }

  @Test
  void aBitNumberReachesBackBeforeTheOperandWhereAddressesHave32Bits() {
    rig.load(0x2000, "00000080");
    rig.state.gpr[CpuState.RAX] = 0xffff_ffffL; // -1
    run("0fb30504200000"); // btr [0x2004], eax
    assertThat(Flags.carry(rig.state)).isTrue();
    assertThat(rig.word(0x2000)).isZero();
  }

  @Test
  void aLockedUpdateOfABitChangesThatBitAlone() {
    rig.load(0x2000, "0100000000000080");
    rig.state.gpr[CpuState.RAX] = 33;
    run("f00fab0500200000"); // lock bts [0x2000], eax
    assertThat(Flags.carry(rig.state)).isFalse();
    assertThat(rig.word(0x2000)).isEqualTo(0x8000_0002_0000_0001L);
    run("f00fbb0500200000"); // lock btc
    assertThat(Flags.carry(rig.state)).isTrue();
    assertThat(rig.word(0x2000)).isEqualTo(0x8000_0000_0000_0001L);
  }

  @Test
  void aVexRegisterThatNamesNothingMustBeZero() {
    run("c4e37bf0c805"); // rorx ecx, eax, 5
    rig.state.rip = CODE;
    // The same with vvvv naming a register.
    assertThat(rig.load(CODE, "c4e373f0c805").run(1)).isEqualTo(StopReason.SHUTDOWN);
    assertThat(rig.cpu.shutdownReason()).startsWith("triple fault: #UD,");
  }
}
