package dev.gnomon.checker.schedule;

import static dev.gnomon.mmu.platform.PhysicalMemory.hpa;
import static dev.gnomon.mmu.platform.PhysicalMemory.pfn;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gnomon.checker.property.Property;
import dev.gnomon.checker.property.Violation;
import dev.gnomon.machine.thread.Execution;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.PhysicalMemory;
import dev.gnomon.mmu.platform.Platform;
import dev.gnomon.mmu.platform.SharedWords;
import dev.gnomon.mmu.sync.Rendezvous;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** {@link Rendezvous}, and its protocol with one part left out, in every interleaving. */
class RendezvousExplorationTest {
  private static final long FLUSH = 1;
  private static final long OTHER = 2;

  private interface Maker {
    Rendezvous make(Execution execution, int vcpus);
  }

  private static final Maker ITS_OWN =
      (execution, vcpus) -> execution.synchronization().rendezvous(vcpus);

  /**
   * A page that moves, and vCPUs that go through the translation that they loaded when they last
   * handled a request. The old frame is freed when all were told and have left guest mode.
   */
  private static void move(Execution execution, Maker maker, int vcpus, int stays, int moves) {
    PhysicalMemory memory = execution.platform().memory();
    Rendezvous rendezvous = maker.make(execution, vcpus);
    SharedWords translation = execution.platform().newWords(1);
    Cpu preparer = execution.cpu(vcpus);
    translation.set(0, hpa(execution.platform().frames().allocate(preparer)));
    for (int i = 0; i < vcpus; i++) {
      execution.start(
          i,
          "vcpu " + i,
          cpu -> {
            int vcpu = cpu.index();
            long cached = translation.get(0);
            for (int stay = 0; stay < stays; stay++) {
              while (!rendezvous.enter(vcpu)) {
                if (rendezvous.take(vcpu, FLUSH) != 0) {
                  cached = translation.get(0);
                }
              }
              memory.getLong(cached);
              rendezvous.leave(vcpu);
            }
          });
    }
    execution.start(
        vcpus,
        "moves",
        cpu -> {
          for (int i = 0; i < moves; i++) {
            long fresh = hpa(execution.platform().frames().allocate(cpu));
            long old = translation.get(0);
            translation.set(0, fresh);
            rendezvous.requestAllAndWait(cpu, FLUSH);
            execution.platform().frames().free(cpu, pfn(old));
          }
        });
    execution.join();
  }

  @ParameterizedTest
  @MethodSource("dev.gnomon.checker.schedule.Setting#all")
  void afterTheWaitNobodyUsesWhatWasFlushed(Setting setting) {
    setting.assertSafe(2, execution -> move(execution, ITS_OWN, 1, 2, 2));
  }

  @ParameterizedTest
  @MethodSource("dev.gnomon.checker.schedule.Setting#all")
  void norDoesAnyOfTwo(Setting setting) {
    setting.assertSafe(3, execution -> move(execution, ITS_OWN, 2, 1, 1));
  }

  @ParameterizedTest
  @MethodSource("dev.gnomon.checker.schedule.Setting#all")
  void whatWasDoneInGuestModeIsInMemoryAfterTheWait(Setting setting) {
    setting.assertSafe(
        2,
        execution -> {
          Rendezvous rendezvous = ITS_OWN.make(execution, 1);
          SharedWords page = execution.platform().newWords(1);
          execution.start(
              0,
              "vcpu",
              cpu -> {
                if (rendezvous.enter(0)) {
                  page.set(0, 1);
                  if (!rendezvous.isRequested(0)) {
                    page.set(0, 2);
                  }
                  rendezvous.leave(0);
                }
              });
          execution.start(
              1,
              "copies",
              cpu -> {
                rendezvous.requestAllAndWait(cpu, FLUSH);
                long copied = page.get(0);
                assertThat(page.get(0)).as("nothing is written any more").isEqualTo(copied);
              });
          execution.join();
        });
  }

  @ParameterizedTest
  @MethodSource("dev.gnomon.checker.schedule.Setting#all")
  void aHaltedVcpuNeverMissesARequest(Setting setting) {
    setting.assertSafe(
        3,
        execution -> {
          Rendezvous rendezvous = ITS_OWN.make(execution, 1);
          execution.start(
              0,
              "halts",
              cpu -> {
                long taken = 0;
                while (taken != (FLUSH | OTHER)) {
                  rendezvous.awaitRequest(cpu, 0);
                  taken |= rendezvous.take(0, FLUSH);
                  taken |= rendezvous.take(0, OTHER);
                }
              });
          execution.start(1, "asks", cpu -> rendezvous.request(0, FLUSH));
          execution.start(2, "asks too", cpu -> rendezvous.request(0, OTHER));
          execution.join();
          assertThat(rendezvous.isRequested(0)).isFalse();
        });
  }

  @ParameterizedTest
  @MethodSource("dev.gnomon.checker.schedule.Setting#all")
  void vcpusThatFlushEachOtherDoNotWaitForEachOtherForEver(Setting setting) {
    setting.assertSafe(
        2,
        execution -> {
          Rendezvous rendezvous = ITS_OWN.make(execution, 2);
          for (int i = 0; i < 2; i++) {
            execution.start(
                i,
                "flushes " + i,
                cpu -> {
                  int vcpu = cpu.index();
                  if (rendezvous.enter(vcpu)) {
                    rendezvous.leave(vcpu);
                  }
                  rendezvous.requestAllAndWait(cpu, FLUSH);
                });
          }
          execution.join();
        });
  }

  /** The parts of the protocol. */
  private enum Part {
    FENCE_OF_ENTRY,
    ANNOUNCEMENT_COMES_FIRST,
    REQUESTER_WAITS,
    NONE
  }

  /** How it is made, in a few lines, for one vCPU, without some part. */
  private static final class Sketch extends Rendezvous {
    private static final int REQUESTS = 0;
    private static final int MODE = 1;

    private final Platform platform;
    private final Part missing;
    private final SharedWords words;

    Sketch(Platform platform, Part missing) {
      this.platform = platform;
      this.missing = missing;
      words = platform.newWords(2);
    }

    @Override
    public int vcpus() {
      return 1;
    }

    @Override
    public boolean enter(int vcpu) {
      if (missing == Part.ANNOUNCEMENT_COMES_FIRST && isRequested(vcpu)) {
        return false;
      }
      words.set(MODE, 1);
      if (missing != Part.FENCE_OF_ENTRY) {
        platform.fullFence();
      }
      if (missing != Part.ANNOUNCEMENT_COMES_FIRST && isRequested(vcpu)) {
        words.set(MODE, 0);
        return false;
      }
      return true;
    }

    @Override
    public void leave(int vcpu) {
      words.set(MODE, 0);
    }

    @Override
    public boolean isInGuestMode(int vcpu) {
      return words.get(MODE) == 1;
    }

    @Override
    public boolean isRequested(int vcpu) {
      return words.get(REQUESTS) != 0;
    }

    @Override
    public SharedWords requests(int vcpu) {
      return words;
    }

    @Override
    public long take(int vcpu, long mask) {
      return words.getAndAnd(REQUESTS, ~mask) & mask;
    }

    @Override
    public void request(int vcpu, long bits) {
      words.getAndOr(REQUESTS, bits);
    }

    @Override
    public void requestAllAndWait(Cpu cpu, long bits) {
      request(0, bits);
      if (missing != Part.REQUESTER_WAITS) {
        awaitExit(cpu, 0);
      }
    }

    @Override
    public void awaitExit(Cpu cpu, int vcpu) {
      while (isInGuestMode(vcpu)) {
        cpu.awaitChange(words, MODE, 1);
      }
    }

    @Override
    public void awaitRequest(Cpu cpu, int vcpu) {
      while (!isRequested(vcpu)) {
        cpu.awaitChange(words, REQUESTS, 0);
      }
    }
  }

  private static void without(Part missing, Execution execution) {
    move(execution, (on, vcpus) -> new Sketch(on.platform(), missing), 1, 1, 1);
  }

  private static void assertRefuted(Part missing, Setting setting) {
    Violation violation = setting.assertRefuted(2, execution -> without(missing, execution));
    assertThat(violation.property()).isEqualTo(Property.NO_USE_AFTER_FREE);
  }

  @Test
  void withAllItsPartsItIsSafe() {
    Setting.SC.assertSafe(2, execution -> without(Part.NONE, execution));
    Setting.TSO.assertSafe(2, execution -> without(Part.NONE, execution));
  }

  @Test
  void anEntryWithoutAFenceIsRefutedUnderTsoOnly() {
    Setting.SC.assertSafe(2, execution -> without(Part.FENCE_OF_ENTRY, execution));
    assertRefuted(Part.FENCE_OF_ENTRY, Setting.TSO);
  }

  @Test
  void anEntryThatLooksBeforeItAnnouncesIsRefuted() {
    assertRefuted(Part.ANNOUNCEMENT_COMES_FIRST, Setting.SC);
  }

  @Test
  void aRequesterThatDoesNotWaitIsRefuted() {
    assertRefuted(Part.REQUESTER_WAITS, Setting.SC);
  }
}
