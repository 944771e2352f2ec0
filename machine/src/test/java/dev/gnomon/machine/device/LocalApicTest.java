package dev.gnomon.machine.device;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LocalApicTest {
  private static final int LEVEL_ASSERT = 1 << 14;

  private final ApicRig rig = new ApicRig(4);
  private final LocalApic apic = rig.apics[0];

  @AfterEach
  void close() {
    rig.close();
  }

  private void request(int vector) {
    rig.words.request(0, vector, false);
  }

  @Test
  void highestRequestedVectorIsDeliveredFirst() {
    request(0x31);
    request(0x82);
    request(0x45);
    assertThat(apic.deliver()).isEqualTo(0x82);
  }

  @Test
  void vectorOfTheClassInServiceWaitsForItsEnd() {
    request(0x41);
    assertThat(apic.deliver()).isEqualTo(0x41);
    request(0x4f);
    assertThat(apic.deliver()).isEqualTo(-1);
    apic.write(ApicRegisters.END_OF_INTERRUPT, 0, 0);
    assertThat(apic.deliver()).isEqualTo(0x4f);
  }

  @Test
  void vectorOfAHigherClassInterruptsTheOneInService() {
    request(0x41);
    apic.deliver();
    request(0x52);
    assertThat(apic.deliver()).isEqualTo(0x52);
    apic.write(ApicRegisters.END_OF_INTERRUPT, 0, 0);
    assertThat(apic.read(ApicRegisters.IN_SERVICE + 2, 0)).isEqualTo(1 << 1);
  }

  @Test
  void taskPriorityHoldsItsClassBack() {
    apic.write(ApicRegisters.TASK_PRIORITY, 0x40, 0);
    request(0x4f);
    assertThat(apic.deliverable()).isEqualTo(-1);
    request(0x50);
    assertThat(apic.deliverable()).isEqualTo(0x50);
  }

  @Test
  void endOfInterruptCallsForWhatWaited() {
    request(0x41);
    apic.deliver();
    request(0x40);
    rig.wasCalled(0);
    apic.write(ApicRegisters.END_OF_INTERRUPT, 0, 0);
    assertThat(rig.wasCalled(0)).isTrue();
  }

  @Test
  void processorPriorityIsThatInServiceOrTheTasks() {
    request(0x73);
    apic.deliver();
    assertThat(apic.read(ApicRegisters.PROCESSOR_PRIORITY, 0)).isEqualTo(0x70);
    apic.write(ApicRegisters.TASK_PRIORITY, 0x75, 0);
    assertThat(apic.read(ApicRegisters.PROCESSOR_PRIORITY, 0)).isEqualTo(0x75);
  }

  @Test
  void requestedVectorsCanBeReadInThirtyTwoBitsEach() {
    request(0x85);
    assertThat(apic.read(ApicRegisters.REQUESTED + 4, 0)).isEqualTo(1 << 5);
    apic.deliver();
    assertThat(apic.read(ApicRegisters.REQUESTED + 4, 0)).isZero();
  }

  @Test
  void switchedOffInSoftwareItTakesNoVectorAndMasksItsOwn() {
    apic.write(ApicRegisters.LINT0, 0x700, 0);
    apic.write(ApicRegisters.SPURIOUS, 0xff, 0);
    rig.send(1, 0, LEVEL_ASSERT | 0x40);
    assertThat(apic.deliverable()).isEqualTo(-1);
    assertThat(apic.read(ApicRegisters.LINT0, 0)).isEqualTo(0x1_0700);
  }

  @Test
  void illegalVectorIsNotSentButReported() {
    rig.send(0, 0, LEVEL_ASSERT | 0x0f);
    apic.write(ApicRegisters.ERROR_STATUS, 0, 0);
    assertThat(apic.read(ApicRegisters.ERROR_STATUS, 0)).isEqualTo(1 << 5);
    assertThat(apic.deliverable()).isEqualTo(-1);
  }

  @Test
  void errorInterruptsIfItsVectorIsNotMasked() {
    apic.write(ApicRegisters.ERROR, 0xe1, 0);
    rig.send(0, 0, LEVEL_ASSERT | 0x0f);
    assertThat(apic.deliver()).isEqualTo(0xe1);
  }

  @Test
  void errorStatusKeepsWhatItShowedUntilItIsWritten() {
    rig.send(0, 0, LEVEL_ASSERT | 3);
    assertThat(apic.read(ApicRegisters.ERROR_STATUS, 0)).isZero();
    apic.write(ApicRegisters.ERROR_STATUS, 0, 0);
    apic.write(ApicRegisters.ERROR_STATUS, 0, 0);
    assertThat(apic.read(ApicRegisters.ERROR_STATUS, 0)).isZero();
  }

  @Test
  void modesChangeOnlyAsTheManualAllows() {
    long on = LocalApic.DEFAULT_BASE | LocalApic.ENABLE;
    long x2apic = on | LocalApic.X2APIC_ENABLE;
    assertThat(apic.setBase(LocalApic.DEFAULT_BASE | LocalApic.X2APIC_ENABLE, true, 36)).isFalse();
    assertThat(apic.setBase(x2apic, false, 36)).isFalse();
    assertThat(apic.setBase(x2apic, true, 36)).isTrue();
    assertThat(apic.setBase(on, true, 36)).isFalse();
    assertThat(apic.setBase(LocalApic.DEFAULT_BASE, true, 36)).isTrue();
    assertThat(apic.setBase(x2apic, true, 36)).isFalse();
    assertThat(apic.setBase(on, true, 36)).isTrue();
  }

  @Test
  void baseBeyondThePhysicalAddressesIsRefused() {
    long far = 1L << 36 | LocalApic.ENABLE;
    assertThat(apic.setBase(far, true, 36)).isFalse();
    assertThat(apic.setBase(far, true, 40)).isTrue();
    assertThat(apic.address()).isEqualTo(1L << 36);
  }

  @Test
  void x2apicHasItsIdentifierAndClusterFromItsNumber() {
    rig.apics[3].setBase(
        LocalApic.DEFAULT_BASE | LocalApic.ENABLE | LocalApic.X2APIC_ENABLE, true, 36);
    assertThat(rig.apics[3].read(ApicRegisters.ID, 0)).isEqualTo(3);
    assertThat(rig.apics[3].read(ApicRegisters.LOGICAL_DESTINATION, 0)).isEqualTo(1 << 3);
    assertThat(rig.apics[2].read(ApicRegisters.ID, 0)).isEqualTo(2 << 24);
  }

  @Test
  void x2apicRefusesReservedBitsAndRegistersThatItLacks() {
    assertThat(apic.writeX2apic(ApicRegisters.END_OF_INTERRUPT, 1, 0)).isFalse();
    assertThat(apic.writeX2apic(ApicRegisters.TASK_PRIORITY, 0x100, 0)).isFalse();
    assertThat(apic.writeX2apic(ApicRegisters.DESTINATION_FORMAT, 0, 0)).isFalse();
    assertThat(apic.writeX2apic(ApicRegisters.ID, 1, 0)).isFalse();
    assertThat(apic.writeX2apic(ApicRegisters.SELF, 0x55, 0)).isTrue();
    assertThat(apic.deliver()).isEqualTo(0x55);
  }

  @Test
  void initLeavesNothingButIdentifierAndBase() {
    request(0x41);
    apic.deliver();
    apic.write(ApicRegisters.TASK_PRIORITY, 0xff, 0);
    apic.initialize();
    assertThat(apic.read(ApicRegisters.PROCESSOR_PRIORITY, 0)).isZero();
    assertThat(apic.read(ApicRegisters.SPURIOUS, 0)).isEqualTo(0xff);
    assertThat(apic.read(ApicRegisters.LINT1, 0)).isEqualTo(ApicTimer.MASKED);
    assertThat(apic.isEnabled()).isTrue();
  }
}
