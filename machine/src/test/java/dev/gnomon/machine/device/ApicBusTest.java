package dev.gnomon.machine.device;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ApicBusTest {
  private static final int ASSERT = 1 << 14;
  private static final int LOGICAL = 1 << 11;
  private static final int VECTOR = 0x61;
  private static final int FIXED = ASSERT | VECTOR;

  private final ApicRig rig = new ApicRig(4);

  @AfterEach
  void close() {
    rig.close();
  }

  private List<Integer> interrupted() {
    return IntStream.range(0, 4).filter(i -> rig.apics[i].deliver() == VECTOR).boxed().toList();
  }

  private void x2apic(int which) {
    rig.apics[which].setBase(
        LocalApic.DEFAULT_BASE | LocalApic.ENABLE | LocalApic.X2APIC_ENABLE, true, 36);
  }

  @Test
  void physicalDestinationIsOneApic() {
    rig.send(0, 2, FIXED);
    assertThat(rig.wasCalled(2)).isTrue();
    assertThat(rig.wasCalled(1)).isFalse();
    assertThat(interrupted()).containsExactly(2);
  }

  @Test
  void physicalBroadcastIsAll() {
    rig.send(0, 0xff, FIXED);
    assertThat(interrupted()).containsExactly(0, 1, 2, 3);
  }

  @Test
  void shorthandsAreSelfAllAndAllOthers() {
    rig.send(1, 0, 1 << 18 | FIXED);
    assertThat(interrupted()).containsExactly(1);
    rig.apics[1].write(ApicRegisters.END_OF_INTERRUPT, 0, 0);
    rig.send(1, 0, 3 << 18 | FIXED);
    assertThat(interrupted()).containsExactly(0, 2, 3);
  }

  @Test
  void flatLogicalDestinationsAreBits() {
    for (int i = 0; i < 4; i++) {
      rig.apics[i].write(ApicRegisters.LOGICAL_DESTINATION, 1 << 24 + i, 0);
      rig.apics[i].write(ApicRegisters.DESTINATION_FORMAT, ApicRig.FLAT, 0);
    }
    rig.send(0, 0b1010, LOGICAL | FIXED);
    assertThat(interrupted()).containsExactly(1, 3);
  }

  @Test
  void clusteredLogicalDestinationsAreAClusterAndBits() {
    int[] logical = {0x11, 0x12, 0x21, 0x22};
    for (int i = 0; i < 4; i++) {
      rig.apics[i].write(ApicRegisters.DESTINATION_FORMAT, ApicRig.CLUSTER, 0);
      rig.apics[i].write(ApicRegisters.LOGICAL_DESTINATION, logical[i] << 24, 0);
    }
    rig.send(0, 0x23, LOGICAL | FIXED);
    assertThat(interrupted()).containsExactly(2, 3);
  }

  @Test
  void x2apicSendsToThirtyTwoBitsAndToClusters() {
    IntStream.range(0, 4).forEach(this::x2apic);
    assertThat(rig.apics[0].writeX2apic(ApicRegisters.COMMAND, 3L << 32 | FIXED, 0)).isTrue();
    assertThat(interrupted()).containsExactly(3);
    rig.apics[3].write(ApicRegisters.END_OF_INTERRUPT, 0, 0);
    rig.apics[0].writeX2apic(ApicRegisters.COMMAND, 0b0110L << 32 | LOGICAL | FIXED, 0);
    assertThat(interrupted()).containsExactly(1, 2);
  }

  @Test
  void eightBitsOfOnesAreNoBroadcastOfAnX2apic() {
    x2apic(0);
    rig.apics[0].writeX2apic(ApicRegisters.COMMAND, 0xffL << 32 | FIXED, 0);
    assertThat(interrupted()).isEmpty();
    rig.apics[0].writeX2apic(ApicRegisters.COMMAND, 0xffff_ffffL << 32 | FIXED, 0);
    assertThat(interrupted()).containsExactly(0, 1, 2, 3);
  }

  @Test
  void lowestPriorityGoesToOneThatTakesIt() {
    rig.apics[0].write(ApicRegisters.SPURIOUS, 0xff, 0);
    rig.send(3, 0xff, ApicBus.LOWEST_PRIORITY << 8 | FIXED);
    assertThat(interrupted()).containsExactly(1);
  }

  @Test
  void startUpAfterInitIsKeptAndBeforeItForgotten() {
    rig.send(0, 1, ASSERT | ApicBus.START_UP << 8 | 0x42);
    rig.send(0, 1, ASSERT | ApicBus.INIT << 8);
    assertThat(rig.words.events(1)).isEqualTo(ApicWords.INIT);
    rig.send(0, 1, ASSERT | ApicBus.START_UP << 8 | 0x08);
    rig.send(0, 1, ASSERT | ApicBus.START_UP << 8 | 0x09);
    assertThat(ApicWords.startUpVector(rig.words.events(1))).isEqualTo(0x08);
    assertThat(rig.words.take(1, ApicWords.INIT)).isEqualTo(ApicWords.INIT);
  }

  @Test
  void initDeassertDoesNothing() {
    rig.send(0, 1, 1 << 15 | ApicBus.INIT << 8);
    assertThat(rig.words.events(1)).isZero();
  }

  @Test
  void nmiNeedsNoVectorsSwitchedOn() {
    rig.apics[1].write(ApicRegisters.SPURIOUS, 0xff, 0);
    rig.send(0, 1, ASSERT | ApicBus.NMI << 8);
    assertThat(rig.words.events(1)).isEqualTo(ApicWords.NMI);
  }

  @Test
  void apicThatIsOffHearsNothing() {
    rig.apics[1].setBase(LocalApic.DEFAULT_BASE, true, 36);
    rig.send(0, 1, ASSERT | ApicBus.NMI << 8);
    rig.send(0, 1, FIXED);
    assertThat(rig.words.events(1)).isZero();
    assertThat(interrupted()).isEmpty();
  }
}
