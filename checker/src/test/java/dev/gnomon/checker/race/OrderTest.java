package dev.gnomon.checker.race;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gnomon.checker.race.seeded.Shared;
import dev.gnomon.mmu.platform.SharedWords;
import dev.gnomon.mmu.sync.ReadCopyUpdate;
import dev.gnomon.mmu.sync.SpinLock;
import org.junit.jupiter.api.Test;

/** What orders two accesses, and what does not. */
class OrderTest {
  private final Shared shared = new Shared();

  @Test
  void aLoadComesAfterTheStoreBeforeIt() {
    assertThat(
            Turns.of(
                2,
                turns -> {
                  SharedWords word = turns.platform().newWords(1);
                  turns.run(0, shared::writeCount).run(0, () -> word.set(0, 1));
                  turns.run(1, () -> word.get(0)).run(1, shared::increment);
                }))
        .isEmpty();
  }

  @Test
  void whatAStorerDoesAfterItsStoreIsNotPublishedByIt() {
    assertThat(
            Turns.of(
                2,
                turns -> {
                  SharedWords word = turns.platform().newWords(1);
                  turns.run(0, () -> word.set(0, 1)).run(0, shared::writeCount);
                  turns.run(1, () -> word.get(0)).run(1, shared::readCount);
                }))
        .hasSize(1);
  }

  @Test
  void aStoreIsNotOrderedAfterAStoreOrALoad() {
    for (boolean stores : new boolean[] {true, false}) {
      assertThat(
              Turns.of(
                  2,
                  turns -> {
                    SharedWords word = turns.platform().newWords(1);
                    turns.run(0, shared::writeCount);
                    turns.run(0, stores ? () -> word.set(0, 1) : () -> word.get(0));
                    turns.run(1, () -> word.set(0, 2)).run(1, shared::readCount);
                  }))
          .hasSize(1);
    }
  }

  @Test
  void aStoreHidesWhatAnotherReleasedThereAndAReadModifyWriteDoesNot() {
    for (boolean modifies : new boolean[] {true, false}) {
      assertThat(
              Turns.of(
                  3,
                  turns -> {
                    SharedWords word = turns.platform().newWords(1);
                    turns.run(0, shared::writeCount).run(0, () -> word.set(0, 1));
                    turns.run(1, modifies ? () -> word.getAndAdd(0, 1) : () -> word.set(0, 2));
                    turns.run(2, () -> word.get(0)).run(2, shared::readCount);
                  }))
          .hasSize(modifies ? 0 : 1);
    }
  }

  @Test
  void orderIsHandedOn() {
    assertThat(
            Turns.of(
                3,
                turns -> {
                  SharedWords words = turns.platform().newWords(2);
                  turns.run(0, shared::writeCount).run(0, () -> words.set(0, 1));
                  turns.run(1, () -> words.get(0)).run(1, () -> words.set(1, 1));
                  turns.run(2, () -> words.get(1)).run(2, shared::increment);
                }))
        .isEmpty();
  }

  @Test
  void thoseWhoReleaseIntoOneAnotherAreAllAcquired() {
    assertThat(
            Turns.of(
                3,
                turns -> {
                  SyncClock readers = new SyncClock();
                  Runnable leave = () -> turns.detector().releaseInto(readers);
                  turns.run(0, shared::readCount).run(0, leave);
                  turns.run(1, shared::readCount).run(1, leave);
                  turns.run(2, () -> turns.detector().acquire(readers)).run(2, shared::increment);
                }))
        .isEmpty();
  }

  @Test
  void aStoreBufferHandsOnWhatWasKnownWhenTheStoreWasMade() {
    assertThat(
            Turns.of(
                2,
                turns -> {
                  SyncClock word = new SyncClock();
                  SyncClock buffered = new SyncClock();
                  turns.run(0, shared::writeCount);
                  turns.run(0, () -> turns.detector().release(buffered));
                  turns.run(0, shared::writeWide);
                  word.copy(buffered);
                  turns.run(1, () -> turns.detector().acquire(word));
                  turns.run(1, shared::readCount).run(1, shared::readWide);
                }))
        .extracting(Race::variable)
        .containsExactly("Shared.wide");
  }

  @Test
  void bodiesComeAfterTheirStartAndBeforeTheirJoin() {
    assertThat(
            Turns.of(
                2,
                turns -> {
                  shared.writeCount();
                  turns.run(0, shared::increment).join(0);
                  shared.increment();
                  turns.run(0, shared::increment).join(0);
                }))
        .isEmpty();
  }

  @Test
  void whatAStarterDoesAfterTheStartIsNotBeforeTheBody() {
    assertThat(
            Turns.of(
                1,
                turns -> {
                  turns.run(0, () -> {});
                  shared.writeCount();
                  turns.run(0, shared::readCount);
                }))
        .hasSize(1);
  }

  @Test
  void whoIsNotJoinedStillRaces() {
    assertThat(
            Turns.of(
                2,
                turns -> {
                  turns.run(0, shared::increment).run(1, shared::readWide).join(1);
                  shared.writeCount();
                }))
        .isNotEmpty();
  }

  @Test
  void aSpinLockOrdersItsSections() {
    assertThat(
            Turns.of(
                3,
                turns -> {
                  SpinLock lock = turns.synchronization().spinLock();
                  for (int i = 0; i < 6; i++) {
                    int cpu = i % 3;
                    turns.run(cpu, () -> lock.lock(turns.cpu(cpu)));
                    turns.run(cpu, shared::increment);
                    turns.run(cpu, () -> lock.unlock(turns.cpu(cpu)));
                  }
                }))
        .isEmpty();
  }

  @Test
  void aGracePeriodOrdersReadersBeforeTheReclaimer() {
    assertThat(underReadCopyUpdate(true)).isZero();
    assertThat(underReadCopyUpdate(false)).isPositive();
  }

  private int underReadCopyUpdate(boolean waits) {
    return Turns.of(
            2,
            turns -> {
              SharedWords pointer = turns.platform().newWords(1);
              ReadCopyUpdate rcu =
                  turns.synchronization().readCopyUpdate((cpu, retired) -> shared.writeCount());
              shared.writeCount();
              pointer.set(0, 1);
              turns.run(0, () -> rcu.readLock(turns.cpu(0)));
              turns.run(1, () -> pointer.set(0, 0));
              turns.run(1, () -> rcu.retire(turns.cpu(1), 1));
              turns.run(0, shared::readCount);
              turns.run(0, () -> rcu.readUnlock(turns.cpu(0)));
              turns.run(1, waits ? () -> rcu.drain(turns.cpu(1)) : shared::writeCount);
            })
        .size();
  }

  @Test
  void anExecutionKnowsNothingOfTheOneBefore() {
    assertThat(
            Turns.of(
                2,
                turns -> {
                  for (int i = 0; i < 4; i++) {
                    turns.run(i & 1, shared::increment);
                    turns.begin();
                  }
                  turns.run(0, shared::readCount).run(1, shared::readCount);
                  turns.begin();
                  turns.run(0, shared::writeCount);
                  turns.begin();
                  turns.run(1, shared::writeCount);
                }))
        .isEmpty();
  }

  @Test
  void readersOfAnExecutionAreNotTakenForThoseOfAnotherThing() {
    assertThat(
            Turns.of(
                2,
                turns -> {
                  turns.run(0, shared::readCount).run(1, shared::readCount);
                  turns.begin();
                  Shared other = new Shared();
                  turns.run(0, other::readCount).run(1, other::readCount);
                  turns.run(0, shared::writeCount);
                }))
        .isEmpty();
  }

  @Test
  void theNextExecutionMayHaveFewerCpus() {
    assertThat(
            Turns.of(
                1,
                turns -> {
                  turns.detector().begin(9);
                  turns.detector().fork(8);
                  turns.detector().switchTo(8);
                  shared.increment();
                  turns.begin();
                  turns.run(0, shared::increment);
                }))
        .isEmpty();
  }

  @Test
  void aDetectorKnowsNothingOfAnother() {
    for (int i = 0; i < 4; i++) {
      int cpu = i & 1;
      assertThat(
              Turns.of(
                  2,
                  turns ->
                      turns
                          .run(cpu, shared::increment)
                          .run(cpu, () -> turns.platform().newWords(1).set(0, 1))
                          .run(cpu, shared::increment)))
          .isEmpty();
    }
  }

  @Test
  void anExecutionHasThirtyCpusAtMost() {
    assertThat(Turns.of(30, turns -> turns.run(29, shared::writeCount).run(28, shared::readCount)))
        .extracting(race -> race.earlier().cpu())
        .containsExactly(29);
    assertThatThrownBy(() -> Turns.of(31, turns -> {}))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("30 at most");
  }
}
