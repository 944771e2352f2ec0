package dev.gnomon.checker.race;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gnomon.checker.race.seeded.Arrays;
import dev.gnomon.checker.race.seeded.Collected;
import dev.gnomon.checker.race.seeded.Initialized;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Races on elements of arrays, and on collections as a whole. */
class SeededElementsTest {
  private final Arrays arrays = new Arrays();
  private final Collected collected = new Collected();

  @ParameterizedTest
  @ValueSource(strings = {"long", "int", "byte", "boolean", "double", "object", "row"})
  void anElementRacesWithItselfAndWithNoOther(String type) {
    assertThat(racesOf(() -> arrays.write(type, 1), () -> arrays.read(type, 1)))
        .hasSize(1)
        .allMatch(name -> name.startsWith("Arrays.") && name.endsWith("[1]"));
    assertThat(racesOf(() -> arrays.write(type, 2), () -> arrays.read(type, 3))).isEmpty();
  }

  @Test
  void elementsOfOneArrayAreAllToldApart() {
    for (int i = 0; i < 40; i++) {
      int one = i;
      for (int j = 0; j < 40; j++) {
        int other = j;
        Arrays fresh = new Arrays();
        assertThat(racesOf(() -> fresh.write("long", one), () -> fresh.read("long", other)))
            .hasSize(one == other ? 1 : 0);
      }
    }
  }

  @Test
  void elementsFarApartInALongArrayAreToldApart() {
    for (int index : new int[] {0, 127, 128, 255, 256, 299}) {
      Arrays fresh = new Arrays();
      assertThat(racesOf(() -> fresh.write("long", index), () -> fresh.read("long", index)))
          .containsExactly("Arrays.longs[" + index + "]");
      assertThat(racesOf(() -> fresh.write("long", index), () -> fresh.read("long", 299 - index)))
          .isEmpty();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"fill", "fill part", "copy"})
  void bulkWritesTouchTheElementsThatTheyTouch(String bulk) {
    assertThat(racesOf(() -> arrays.write(bulk, 5), () -> arrays.read("long", 5))).hasSize(1);
    assertThat(racesOf(() -> arrays.write(bulk, 5), () -> arrays.write("long", 5))).hasSize(1);
    assertThat(racesOf(() -> arrays.read("long", 5), () -> arrays.write(bulk, 5))).hasSize(1);
    assertThat(racesOf(() -> arrays.write(bulk, 5), () -> arrays.read("long", 6)))
        .hasSize(bulk.equals("fill") ? 1 : 0);
  }

  @ParameterizedTest
  @ValueSource(strings = {"clone", "copy", "copy out"})
  void bulkReadsToo(String bulk) {
    assertThat(racesOf(() -> arrays.write("long", 5), () -> arrays.read(bulk, 5))).hasSize(1);
    assertThat(racesOf(() -> arrays.write("long", 299), () -> arrays.read(bulk, 5)))
        .hasSize(bulk.equals("clone") ? 1 : 0);
  }

  @Test
  void aMapThatIsChangedRacesWithOneWhoLooks() {
    assertThat(racesOf(collected::put, collected::get)).containsExactly("Map");
    assertThat(racesOf(collected::get, collected::put)).containsExactly("Map");
    assertThat(racesOf(collected::get, collected::get)).isEmpty();
  }

  @Test
  void aViewIsTheCollectionThatItShows() {
    assertThat(
            Turns.of(
                2,
                turns -> {
                  Collected fresh = new Collected();
                  turns.run(0, fresh::put).run(1, fresh::lookAtKeys);
                }))
        .hasSize(1);
    assertThat(racesOf(collected::removeThroughKeys, collected::get)).isNotEmpty();
    assertThat(
            Turns.of(
                2,
                turns -> {
                  Collected fresh = new Collected();
                  turns.run(0, fresh::add).run(1, fresh::lookAtView);
                }))
        .hasSize(1);
  }

  @Test
  void anIterationReadsUntilItsEnd() {
    assertThat(
            Turns.of(
                2,
                turns -> {
                  Collected fresh = new Collected();
                  turns.run(0, fresh::advance).run(1, fresh::sort);
                }))
        .hasSize(1);
    assertThat(racesOf(collected::add, collected::iterate)).isNotEmpty();
  }

  @Test
  void referencesToMethodsAndCopiesAreSeen() {
    assertThat(racesOf(collected::addByReference, collected::sizeByReference)).hasSize(1);
    assertThat(racesOf(collected::add, collected::copy)).hasSize(1);
    assertThat(racesOf(collected::add, collected::copyOf)).hasSize(1);
    assertThat(racesOf(collected::sort, collected::copy)).hasSize(1);
    assertThat(racesOf(collected::push, collected::peek)).containsExactly("Deque");
  }

  @Test
  void whatNeverChangesDoesNotRace() {
    assertThat(racesOf(collected::lookAtConstants, collected::lookAtConstants)).isEmpty();
  }

  @Test
  void aClassInitialiserComesBeforeEveryUse() {
    assertThat(racesOf(() -> Initialized.look(1), () -> Initialized.look(1))).isEmpty();
  }

  @Test
  void thingsOfOneExecutionAreForgottenInTheNext() {
    assertThat(
            Turns.of(
                2,
                turns -> {
                  for (int i = 0; i < 10; i++) {
                    int cpu = i & 1;
                    Arrays mine = i < 5 ? arrays : new Arrays();
                    turns.run(cpu, () -> mine.write("fill", 0));
                    turns.run(cpu, () -> mine.write("int", 0));
                    turns.run(cpu, collected::put);
                    turns.begin();
                  }
                }))
        .isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"int", "long"})
  void theyAreWatchedAnewInTheNext(String type) {
    assertThat(
            Turns.of(
                2,
                turns -> {
                  turns.run(0, () -> arrays.write(type, 1));
                  turns.begin();
                  turns.run(0, () -> new Arrays().read(type, 1));
                  turns.run(0, () -> arrays.write(type, 1));
                  turns.run(1, () -> arrays.read(type.equals("int") ? "int" : "clone", 1));
                }))
        .hasSize(1);
  }

  @Test
  void aShadowThatIsUsedAgainKnowsWhatIsTouchedNow() {
    assertThat(
            Turns.of(
                2,
                turns -> {
                  turns.run(0, () -> arrays.write("long", 1));
                  turns.begin();
                  turns.run(0, () -> arrays.write("long", 1));
                  turns.run(1, () -> arrays.read("clone", 0));
                }))
        .extracting(Race::variable)
        .containsExactly("Arrays.longs[1]");
  }

  @Test
  void manyArraysAreKeptApart() {
    assertThat(
            Turns.of(
                2,
                turns -> {
                  Arrays[] many = new Arrays[2000];
                  for (int round = 0; round < 4; round++) {
                    turns.begin();
                    java.util.Arrays.setAll(many, i -> new Arrays());
                    for (int i = 0; i < many.length; i++) {
                      Arrays each = many[i];
                      turns.run(i & 1, () -> each.write("int", 1));
                    }
                    for (Arrays each : many) {
                      turns.run(0, () -> each.read("int", 2));
                    }
                    assertThat(turns.races()).isEmpty();
                  }
                  turns.run(1, () -> many[1234].write("int", 1));
                }))
        .isNotEmpty();
  }

  private static List<String> racesOf(Runnable one, Runnable other) {
    return Turns.of(2, turns -> turns.run(0, one).run(1, other)).stream()
        .map(Race::variable)
        .toList();
  }
}
