package dev.gnomon.machine.port;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gnomon.machine.thread.Execution;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.Platform;
import dev.gnomon.mmu.platform.SharedWords;
import dev.gnomon.mmu.sync.Rendezvous;
import org.junit.jupiter.api.Test;

/** {@link Rendezvous} on a back end. */
abstract class RendezvousContract {
  private static final long FLUSH = 1;
  private static final long OTHER = 2;

  /** A flush may wait for a vCPU that has lost its core. */
  private static final int MOST_FLUSHES = 300;

  private final Backend backend;

  RendezvousContract(Backend backend) {
    this.backend = backend;
  }

  /**
   * A page that moves among frames, and vCPUs that go through the translation that they loaded when
   * they last handled a request, like a TLB. A frame is freed after all were told and have left.
   */
  private static final class Machine {
    final Rendezvous rendezvous;
    final SharedWords translation;
    final SharedWords freed;
    final SharedWords done;
    final Execution execution;

    Machine(Execution execution, int vcpus, int frames) {
      this.execution = execution;
      Platform platform = execution.platform();
      rendezvous = execution.synchronization().rendezvous(vcpus);
      translation = platform.newWords(1);
      freed = platform.newWords(frames);
      done = platform.newWords(1);
    }

    void move(Cpu cpu, int frame) {
      int old = (int) translation.get(0);
      translation.set(0, frame);
      rendezvous.requestAllAndWait(cpu, FLUSH);
      freed.set(old, 1);
    }

    void runGuest(Cpu cpu, int accesses) {
      int vcpu = cpu.index();
      int cached = (int) translation.get(0);
      while (done.get(0) == 0) {
        execution.checkStopped();
        if (!rendezvous.enter(vcpu)) {
          if (rendezvous.take(vcpu, FLUSH) != 0) {
            cached = (int) translation.get(0);
          }
          continue;
        }
        // Entering has looked for requests, so the first access needs no look of its own.
        int i = 0;
        do {
          assertThat(freed.get(cached)).as("frame %d was freed", cached).isZero();
        } while (++i < accesses && !rendezvous.isRequested(vcpu));
        rendezvous.leave(vcpu);
      }
    }
  }

  @Test
  void noGuestUsesATranslationAfterTheWaitForItsFlush() {
    backend.exploreFairly(
        3,
        execution -> {
          int frames = Math.min(backend.meetings(), MOST_FLUSHES);
          Machine machine = new Machine(execution, 2, frames);
          for (int i = 0; i < 2; i++) {
            execution.start(i, "guest " + i, cpu -> machine.runGuest(cpu, 5));
          }
          execution.start(
              2,
              "moves",
              cpu -> {
                for (int frame = 1; frame < frames; frame++) {
                  machine.move(cpu, frame);
                }
                machine.done.set(0, 1);
              });
          execution.join();
        });
  }

  @Test
  void vcpusOutsideGuestModeFlushEachOtherWithoutADeadlock() {
    backend.explore(
        3,
        execution -> {
          Rendezvous rendezvous = execution.synchronization().rendezvous(3);
          int flushes = Math.min(backend.meetings(), MOST_FLUSHES);
          for (int i = 0; i < 3; i++) {
            execution.start(
                i,
                "flushes " + i,
                cpu -> {
                  int vcpu = cpu.index();
                  for (int round = 0; round < flushes; round++) {
                    rendezvous.requestAllAndWait(cpu, FLUSH);
                    rendezvous.take(vcpu, FLUSH);
                    if (rendezvous.enter(vcpu)) {
                      rendezvous.isRequested(vcpu);
                      rendezvous.leave(vcpu);
                    }
                  }
                });
          }
          execution.join();
        });
  }

  @Test
  void aRequestSetWhileOutsideIsSeenOnEntry() {
    backend.explore(
        1,
        execution -> {
          Rendezvous rendezvous = execution.synchronization().rendezvous(2);
          rendezvous.request(0, FLUSH | OTHER);
          assertThat(rendezvous.enter(0)).isFalse();
          assertThat(rendezvous.isInGuestMode(0)).isFalse();
          assertThat(rendezvous.take(0, FLUSH)).isEqualTo(FLUSH);
          assertThat(rendezvous.take(0, FLUSH)).isZero();
          assertThat(rendezvous.enter(0)).as("another request is left").isFalse();
          assertThat(rendezvous.take(0, -1)).isEqualTo(OTHER);
          assertThat(rendezvous.enter(0)).isTrue();
          assertThat(rendezvous.isInGuestMode(0)).isTrue();
          assertThat(rendezvous.enter(1)).as("nobody asked vCPU 1").isTrue();
        });
  }

  @Test
  void aRequestSetWhileInGuestModeIsSeenByThePoll() {
    backend.explore(
        1,
        execution -> {
          Rendezvous rendezvous = execution.synchronization().rendezvous(2);
          assertThat(rendezvous.enter(1)).isTrue();
          assertThat(rendezvous.isRequested(1)).isFalse();
          rendezvous.request(1, OTHER);
          assertThat(rendezvous.isRequested(1)).isTrue();
          rendezvous.leave(1);
          assertThat(rendezvous.isInGuestMode(1)).isFalse();
          rendezvous.awaitExit(execution.cpu(0), 1);
        });
  }

  @Test
  void everyRequestIsTakenOnce() {
    backend.explore(
        2,
        execution -> {
          Rendezvous rendezvous = execution.synchronization().rendezvous(1);
          SharedWords taken = execution.platform().newWords(1);
          execution.start(
              0,
              "halts",
              cpu -> {
                for (int round = 0; round < backend.meetings(); round++) {
                  rendezvous.awaitRequest(cpu, 0);
                  assertThat(rendezvous.take(0, FLUSH)).isEqualTo(FLUSH);
                  taken.getAndAdd(0, 1);
                }
              });
          execution.start(
              1,
              "asks",
              cpu -> {
                for (int round = 0; round < backend.meetings(); round++) {
                  rendezvous.request(0, FLUSH);
                  while (taken.get(0) == round) {
                    cpu.awaitChange(taken, 0, round);
                  }
                }
              });
          execution.join();
          assertThat(rendezvous.isRequested(0)).isFalse();
        });
  }

  @Test
  void theWaitIsForOneStayInGuestModeOnly() {
    backend.exploreFairly(
        2,
        execution -> {
          Rendezvous rendezvous = execution.synchronization().rendezvous(1);
          SharedWords done = execution.platform().newWords(1);
          execution.start(
              0,
              "enters and leaves",
              cpu -> {
                while (done.get(0) == 0) {
                  execution.checkStopped();
                  rendezvous.enter(0);
                  rendezvous.leave(0);
                }
              });
          execution.start(
              1,
              "waits",
              cpu -> {
                for (int round = 0; round < backend.repeats(); round++) {
                  rendezvous.awaitExit(cpu, 0);
                }
                done.set(0, 1);
              });
          execution.join();
        });
  }
}
