package dev.gnomon.machine.x86;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What the guest protected.S saw; see {@link LongModeTest}. */
class ProtectedModeTest {
  private static StopReason reason;
  private static String shutdown;
  private static GuestSections guest;

  @BeforeAll
  static void run() {
    try (X86Rig rig = new X86Rig(8).load("protected").startReal(X86Rig.GUEST_ADDRESS)) {
      reason = rig.run();
      shutdown = rig.cpu.shutdownReason();
      guest = new GuestSections(rig);
    }
  }

  @Test
  void realModeInterruptsGoThroughTheVectorTable() {
    assertThat(guest.get(1)).isEqualTo("1 1000 201 1 1000 201 201 d0 fff0 6b 7a fff0");
  }

  @Test
  void aLimitOfProtectedModeOutlivesIt() {
    assertThat(guest.get(2)).isEqualTo("12345678 10 60000011");
  }

  @Test
  void segmentsAreCheckedForTypeAndLimit() {
    assertThat(guest.get(3))
        .isEqualTo(
            "e0000006 0 8 e000000d 0 8 e000000d 0 8 e000000d 0 8 12345678 e000000d 0 8"
                + " e000000d 0 8 3 e000000d 8 8 e000000d 0 8 9b 8fff0 e0000004 0 8");
  }

  @Test
  void theUserIsKeptFromThePrivilegedAndComesInThroughAGate() {
    assertThat(guest.get(4))
        .isEqualTo(
            "1b 0 e000000d 0 1b e000000d 0 1b e000000d 482 1b e000000d 0 1b"
                + " 61 8 2222 1111 93ff8 94000 1 23 10023 e000000d 30 1b 8 0");
  }

  @Test
  void sysenterAndSysexitLeadThereAndBack() {
    assertThat(guest.get(5)).isEqualTo("51 93000 10 52 1b");
  }

  @Test
  void farCallsReachCodeOf16BitsAndConformingCode() {
    assertThat(guest.get(6)).isEqualTo("8fff8 28 90000 58 e000000d 20 8");
  }

  @Test
  void pdptesAreLoadedWithPagingAndCr3() {
    assertThat(guest.get(7))
        .isEqualTo("e000000d 0 8 1 e000000e 0 8 40000000 1 e000000e 11 8 200000");
  }

  @Test
  void aTaskGateIsRefusedPlainly() {
    assertThat(guest.get(8)).isEqualTo("4000");
    assertThat(reason).isEqualTo(StopReason.SHUTDOWN);
    assertThat(shutdown).isEqualTo("a task gate in the IDT, for vector 0x91 is not supported");
  }
}
