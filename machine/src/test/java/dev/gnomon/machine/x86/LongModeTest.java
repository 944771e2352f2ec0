package dev.gnomon.machine.x86;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * What the guest long.S saw. Its handler of exceptions gives e00000vv (the vector), the error code,
 * CS, and of page faults CR2; then the guest goes on behind the instruction.
 */
class LongModeTest {
  private static StopReason reason;
  private static GuestSections guest;

  @BeforeAll
  static void run() {
    try (X86Rig rig = new X86Rig(8).load("long").startFlat(X86Rig.GUEST_ADDRESS)) {
      reason = rig.run();
      guest = new GuestSections(rig);
    }
  }

  @Test
  void theGuestComesToItsEnd() {
    assertThat(reason).isEqualTo(StopReason.STOPPED);
  }

  @Test
  void exceptionsHaveTheirVectorAndErrorCode() {
    assertThat(guest.get(1))
        .isEqualTo(
            "e0000006 0 8 e0000003 0 8 e000000d 0 8 e000000c 0 8 e0000000 0 8 e000000b 60 8"
                + " e000000c 60 8 e000000d fff8 8 e000000d 20 8 e0000090 0 8 e000000b 48a 8 0");
  }

  @Test
  void pageFaultsSayWhyAndWhere() {
    assertThat(guest.get(2))
        .isEqualTo(
            "e000000e 0 8 400123 e000000e 3 8 401000 77 e000000e 11 8 403000"
                + " e000000e 9 8 404000 e000000e 2 8 400ffc");
  }

  @Test
  void atCpl3WhatIsTheKernelsIsRefused() {
    assertThat(guest.get(3))
        .isEqualTo(
            "2b 23 e000000d 0 2b e000000d 0 2b e000000d 0 2b e000000e 5 2b 401000"
                + " e000000e 7 2b 401000 e000000e 5 2b 10000 e000000d 482 2b e000000d 0 2b"
                + " e000000d 0 2b e000000d 0 2b 0 8");
  }

  @Test
  void syscallMasksFlagsAndSysretBringsThemBack() {
    assertThat(guest.get(4)).isEqualTo("41 8 0 10 42 400 23 e000000d 0 2b");
  }

  @Test
  void sysenterTakesStackAndEntryFromItsMsrs() {
    assertThat(guest.get(5)).isEqualTo("51 92f00 10 52");
  }

  @Test
  void anInterruptStackIsTakenWithoutAChangeOfLevelAndSsStays() {
    assertThat(guest.get(6)).isEqualTo("e0000092 0 8 90fc0 10");
  }

  @Test
  void aFaultOnTheWayToAHandlerMakesADoubleFaultAndLeavesRegistersAsTheyWere() {
    assertThat(guest.get(7)).isEqualTo("e0000008 0 8 91fc0 400000 e0000008 0 2b 91fc0 77");
  }

  @Test
  void smepAndSmapKeepTheKernelFromUserPages() {
    assertThat(guest.get(8))
        .matches("e000000e 11 8 2[0-9a-f]{5} e000000e 1 8 402000 e000000e 3 8 402000");
  }

  @Test
  void protectionKeysRefuseByPkru() {
    assertThat(guest.get(9)).isEqualTo("e000000e 21 8 405000 e000000e 23 8 405000 8 e0000006 0 8");
  }

  @Test
  void interruptsWaitForStisShadowAndNmisForIret() {
    assertThat(guest.get(10))
        .isEqualTo(
            "1 e0000093 0 8 2 3 e0000094 0 8 4 e0000095 0 8 5" + " e0000002 0 8 99 e0000002 0 8 6");
  }

  @Test
  void theTrapFlagTrapsAfterTheNextInstruction() {
    assertThat(guest.get(11)).isEqualTo("e0000001 0 8 ffff4ff0 0");
  }

  @Test
  void msrsCheckWhatIsWritten() {
    assertThat(guest.get(12))
        .isEqualTo(
            "e000000d 0 8 e000000d 0 8 e000000d 0 8 d01 e000000d 0 8 e000000d 0 8"
                + " 1234 ffff8000 e000000d 0 8 70406");
  }

  @Test
  void controlRegistersCheckWhatIsWritten() {
    assertThat(guest.get(13))
        .isEqualTo(
            "e000000d 0 8 e000000d 0 8 e000000d 0 8 e000000d 0 8 e000000d 0 8 e000000d 0 8"
                + " e000000d 0 8 5 e000000d 0 8 100005 0 e000000d 0 8 e000000d 0 8");
  }

  @Test
  void compatibilityModeIsEnteredByRetAndLeftByJmp() {
    assertThat(guest.get(14)).isEqualTo("1 38 e0000093 0 38 2");
  }

  @Test
  void aCallGateLeadsToTheKernelsStackAndRetBack() {
    assertThat(guest.get(15)).isEqualTo("61 8 2b 23 2b");
  }

  @Test
  void descriptorsAreLookedAtAndMarked() {
    assertThat(guest.get(16))
        .isEqualTo("cff300 ffffffff 1 0 1 87 40 8b e000000d 40 8 70 feedf00d 93");
  }

  @Test
  void debugRegistersAreGuarded() {
    assertThat(guest.get(17)).isEqualTo("e0000001 0 8 ffff6ff0 400 e0000006 0 8 e000000d 0 8");
  }

  @Test
  void segmentBasesAreTheUsersAndUmipKeepsTablesSecret() {
    assertThat(guest.get(18))
        .isEqualTo("3456789a e000000d 0 8 e000000d 0 2b e000000d 0 2b 3456789a");
  }

  @Test
  void a64BitKernelServesA32BitUser() {
    assertThat(guest.get(19)).isEqualTo("1b 7fffffff 293ffc 53 92f00 10 52 1b");
  }

  @Test
  void anIntWhoseGateCannotBeReadIsBegunAgain() {
    assertThat(guest.get(20)).isEqualTo("e000000e 0 8 407400 e0000090 0 8");
  }

  @Test
  void framesAreAlignedAndSsBecomesNullOnlyWithTheLevel() {
    assertThat(guest.get(21)).isEqualTo("e0000092 0 8 8ffb0 10 e0000092 0 2b 92fc0 0");
  }
}
