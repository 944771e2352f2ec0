package dev.gnomon.checker.race;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gnomon.checker.property.Property;
import dev.gnomon.checker.race.seeded.Shared;
import dev.gnomon.mmu.sync.MmuLock;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Races on fields that were put there, found; and none where the port gives an order. */
class SeededRacesTest {

  @Test
  void theAgentIsThere() {
    assertThat(RaceDetection.isAvailable()).isTrue();
  }

  @Test
  void twoUnorderedWritesOfAFieldRaceAndBothPlacesAreNamed() {
    Shared shared = new Shared();
    List<Race> races =
        Turns.of(2, turns -> turns.run(0, shared::writeCount).run(1, shared::increment));
    assertThat(races).hasSize(2);
    assertThat(races.getLast().toString())
        .matches(
            "Shared.count is written by CPU 0 at Shared.writeCount:\\d+, then written by CPU 1"
                + " at Shared.increment:\\d+, and nothing orders the two");
    assertThat(races.getLast().violation(cpu -> "vcpu " + cpu).property())
        .isEqualTo(Property.NO_DATA_RACE);
  }

  @Test
  void anUnorderedReadRacesWhicheverComesFirst() {
    Shared shared = new Shared();
    assertThat(Turns.of(2, turns -> turns.run(0, shared::writeCount).run(1, shared::readCount)))
        .extracting(race -> race.earlier().isWrite())
        .containsExactly(true);
    assertThat(Turns.of(2, turns -> turns.run(0, shared::readCount).run(1, shared::writeCount)))
        .extracting(race -> race.earlier().isWrite())
        .containsExactly(false);
  }

  @Test
  void aWriteRacesWithEachReaderThatItIsNotAfter() {
    Shared shared = new Shared();
    List<Race> races =
        Turns.of(
            4,
            turns -> {
              for (int reader = 0; reader < 3; reader++) {
                turns.run(reader, shared::readCount);
              }
              turns.run(3, shared::writeCount);
            });
    assertThat(races).extracting(race -> race.earlier().cpu()).containsExactly(0, 1, 2);
  }

  @Test
  void readersAloneDoNotRace() {
    Shared shared = new Shared();
    shared.writeCount();
    assertThat(Turns.of(3, turns -> turns.run(0, shared::readCount).run(1, shared::readCount)))
        .isEmpty();
  }

  @Test
  void oneCpuAloneDoesNotRace() {
    Shared shared = new Shared();
    assertThat(Turns.of(2, turns -> turns.run(0, shared::increment).run(0, shared::increment)))
        .isEmpty();
  }

  @Test
  void fieldsOfEveryKindAreWatched() {
    Shared shared = new Shared();
    Shared.Extended extended = new Shared.Extended();
    assertThat(racesOf(shared::writeWide, shared::readWide)).containsExactly("Shared.wide");
    assertThat(racesOf(Shared::incrementTotal, Shared::incrementTotal)).contains("Shared.total");
    assertThat(racesOf(extended::writeInherited, extended::readInherited))
        .containsExactly("Shared.inherited");
    assertThat(racesOf(shared.new Inside()::writeOuter, shared::readCount))
        .containsExactly("Shared.count");
    assertThat(racesOf(shared::writeCount, shared::incrementInLambda)).contains("Shared.count");
  }

  @Test
  void finalAndVolatileFieldsAreNot() {
    Shared shared = new Shared();
    assertThat(racesOf(shared::writeLoose, shared::readLoose)).isEmpty();
  }

  @Test
  void makingThingsWhenFirstAskedIsARaceHoweverHarmlessItLooks() {
    Shared shared = new Shared();
    assertThat(racesOf(() -> shared.lookUp(1), () -> shared.lookUp(1))).contains("Shared.table");
  }

  @Test
  void publishingThroughAPlainFieldIsARace() {
    Shared shared = new Shared();
    assertThat(racesOf(shared::publish, shared::readPublished)).contains("Shared.next");
  }

  @Test
  void theMmuLockHeldForReadingDoesNotGuardAWrite() {
    Shared shared = new Shared();
    assertThat(
            Turns.of(
                2,
                turns -> {
                  MmuLock lock = turns.synchronization().mmuLock();
                  turns.run(0, () -> lock.readLock(turns.cpu(0)));
                  turns.run(0, shared::increment);
                  turns.run(0, () -> lock.readUnlock(turns.cpu(0)));
                  turns.run(1, () -> lock.readLock(turns.cpu(1)));
                  turns.run(1, shared::increment);
                  turns.run(1, () -> lock.readUnlock(turns.cpu(1)));
                }))
        .isNotEmpty();
  }

  @Test
  void theMmuLockHeldForWritingGuardsReadersAndWriters() {
    Shared shared = new Shared();
    assertThat(
            Turns.of(
                2,
                turns -> {
                  MmuLock lock = turns.synchronization().mmuLock();
                  for (int i = 0; i < 4; i++) {
                    int cpu = i & 1;
                    turns.run(cpu, () -> lock.writeLock(turns.cpu(cpu)));
                    turns.run(cpu, shared::increment);
                    turns.run(cpu, () -> lock.writeUnlock(turns.cpu(cpu)));
                    turns.run(cpu, () -> lock.readLock(turns.cpu(cpu)));
                    turns.run(cpu, shared::readCount);
                    turns.run(cpu, () -> lock.readUnlock(turns.cpu(cpu)));
                  }
                }))
        .isEmpty();
  }

  @Test
  void forgettingTheLockOnceIsFoundHoweverFarApart() {
    Shared shared = new Shared();
    assertThat(
            Turns.of(
                2,
                turns -> {
                  MmuLock lock = turns.synchronization().mmuLock();
                  turns.run(0, shared::increment);
                  for (int i = 0; i < 10; i++) {
                    turns.run(1, () -> lock.writeLock(turns.cpu(1)));
                    turns.run(1, () -> lock.writeUnlock(turns.cpu(1)));
                  }
                  turns.run(1, shared::increment);
                }))
        .isNotEmpty();
  }

  private static List<String> racesOf(Runnable one, Runnable other) {
    return Turns.of(2, turns -> turns.run(0, one).run(1, other)).stream()
        .map(Race::variable)
        .toList();
  }
}
