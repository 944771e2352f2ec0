package dev.gnomon.mmu.sync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.gnomon.mmu.sync.SequentialPlatform.WouldWaitException;
import java.util.List;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

class RendezvousTest {
  private final SequentialPlatform platform = new SequentialPlatform(2);
  private final Rendezvous rendezvous = new WordRendezvous(platform, 2);

  /** An action is enter, leave, request bit 0 or 1, take bit 0 or 1, of vCPU 1. */
  @Property
  void aVcpuIsInGuestModeExactlyIfItEnteredWithoutARequest(
      @ForAll @Size(max = 40) List<@IntRange(max = 5) Integer> actions) {
    Rendezvous rendezvous = new WordRendezvous(platform, 2);
    boolean inside = false;
    long requests = 0;
    for (int action : actions) {
      long bit = 1L << action % 2;
      switch (action / 2) {
        case 0 -> {
          if (inside) {
            rendezvous.leave(1);
            inside = false;
          } else {
            inside = rendezvous.enter(1);
            assertThat(inside).isEqualTo(requests == 0);
          }
        }
        case 1 -> {
          rendezvous.request(1, bit);
          requests |= bit;
        }
        default -> {
          assertThat(rendezvous.take(1, bit)).isEqualTo(requests & bit);
          requests &= ~bit;
        }
      }
      assertThat(rendezvous.isInGuestMode(1)).isEqualTo(inside);
      assertThat(rendezvous.isRequested(1)).isEqualTo(requests != 0);
      assertThat(rendezvous.isRequested(0)).isFalse();
      assertThat(rendezvous.isInGuestMode(0)).isFalse();
    }
  }

  @Example
  void whoAsksWaitsForWhoIsInGuestMode() {
    assertThat(rendezvous.enter(1)).isTrue();
    assertThatExceptionOfType(WouldWaitException.class)
        .isThrownBy(() -> rendezvous.requestAllAndWait(platform.cpu(0), 1));
    assertThat(rendezvous.isRequested(0)).isTrue();
    assertThat(rendezvous.isRequested(1)).isTrue();
    rendezvous.leave(1);
    rendezvous.requestAllAndWait(platform.cpu(0), 1);
  }

  @Example
  void aLaterStayInGuestModeIsNotTakenForTheOneWaitedFor() {
    assertThat(rendezvous.enter(1)).isTrue();
    rendezvous.awaitExit(
        platform.cpu(
            0,
            () -> {
              rendezvous.leave(1);
              assertThat(rendezvous.enter(1)).isTrue();
            }),
        1);
    assertThat(rendezvous.isInGuestMode(1)).isTrue();
  }

  @Example
  void whoHasNothingToDoWaitsForARequest() {
    assertThatExceptionOfType(WouldWaitException.class)
        .isThrownBy(() -> rendezvous.awaitRequest(platform.cpu(1), 1));
    rendezvous.request(1, 4);
    rendezvous.awaitRequest(platform.cpu(1), 1);
    assertThat(rendezvous.take(1, -1)).isEqualTo(4);
  }
}
