package dev.gnomon.mmu.root;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gnomon.mmu.root.RootConfigurations.Configuration;
import dev.gnomon.mmu.root.RootPredicate.Loaded;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * The three formulations of "this MMU uses a per-vCPU root", compared in every configuration that
 * can occur. The tables are those of docs/roots.md.
 */
class RootPredicateTest {
  private static final Path DOCS = Path.of(System.getProperty("basedir", "")).resolve("../docs");

  private final List<Configuration> configurations = RootConfigurations.all();

  @Test
  void aAndBAgreeWhereverARootIsWanted() {
    for (Configuration each : configurations) {
      assertThat(RootPredicate.A.test(each.shape(), null))
          .as("%s", each)
          .isEqualTo(RootPredicate.B.test(each.shape(), null));
    }
  }

  @Test
  void theMmuDecidesAsBoth() {
    for (Configuration each : configurations) {
      assertThat(each.shape().isSpecial())
          .as("%s", each)
          .isEqualTo(RootPredicate.B.test(each.shape(), null));
    }
  }

  @Test
  void aAndBDoNotAgreeWhereNoRootCanBeWanted() {
    List<RootShape> differing = new ArrayList<>();
    for (int level = 3; level <= 5; level++) {
      for (boolean isDirect : new boolean[] {true, false}) {
        for (int guestLevels : new int[] {0, 2, 3, 4, 5}) {
          RootShape shape = new RootShape(level, isDirect, guestLevels);
          if (RootPredicate.A.test(shape, null) != RootPredicate.B.test(shape, null)) {
            differing.add(shape);
          }
        }
      }
    }
    // Three levels cannot shadow more.
    assertThat(differing).containsExactly(new RootShape(3, false, 4), new RootShape(3, false, 5));
    assertThat(configurations).noneMatch(each -> differing.contains(each.shape()));
  }

  @Test
  void theFiveCasesAreAllThereAre() {
    List<RootShape> special =
        configurations.stream()
            .map(Configuration::shape)
            .filter(RootShape::isSpecial)
            .distinct()
            .toList();
    List<RootShape> five = new ArrayList<>();
    five.add(new RootShape(3, true, 0));
    for (int guestLevels = 2; guestLevels <= 3; guestLevels++) {
      five.add(new RootShape(3, true, guestLevels));
      five.add(new RootShape(3, false, guestLevels));
      five.add(new RootShape(4, false, guestLevels));
      five.add(new RootShape(5, false, guestLevels));
    }
    assertThat(special).containsExactlyInAnyOrderElementsOf(five);
  }

  @Test
  void cSaysNothingWithoutARoot() {
    RootShape any = configurations.getFirst().shape();
    assertThatThrownBy(() -> RootPredicate.C.test(any, null))
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void theTableOfConfigurationsIsThatOfTheDocs() throws IOException {
    Map<RootShape, List<String>> byShape = new LinkedHashMap<>();
    for (Configuration each : configurations) {
      List<String> texts = byShape.computeIfAbsent(each.shape(), key -> new ArrayList<>());
      String text = each.text() + (each.context().hostLevels() == 3 ? ", 32-bit host" : "");
      if (!texts.contains(text)) {
        texts.add(text);
      }
    }
    List<String> rows = new ArrayList<>();
    byShape.forEach(
        (shape, texts) ->
            rows.add(
                "| %d | %s | %d | %s | %s | %s |"
                    .formatted(
                        shape.level(),
                        yes(shape.isDirect()),
                        shape.guestLevels(),
                        yes(RootPredicate.A.test(shape, null)),
                        yes(RootPredicate.B.test(shape, null)),
                        String.join("; ", texts))));
    assertInDocs(rows);
  }

  /**
   * For every nested transition, every root that may be loaded before it and every one that may be
   * wanted after it.
   */
  @Test
  void theTableOfTransitionsIsThatOfTheDocs() throws IOException {
    Map<List<Object>, int[]> counts = new LinkedHashMap<>();
    for (Configuration old : configurations) {
      for (Configuration wanted : configurations) {
        if (old.mayTurnInto(wanted)) {
          for (Loaded loaded : loadable(old.shape())) {
            count(counts, loaded, wanted.shape());
          }
        }
      }
    }
    List<String> rows = new ArrayList<>();
    counts.forEach(
        (key, count) -> {
          boolean isRight = count[1] == 0;
          rows.add(
              "| %s | %s | %s | %d | %s |"
                  .formatted(
                      text((Loaded) key.get(0)),
                      (boolean) key.get(1) ? "per-vCPU" : "a page",
                      yes((boolean) key.get(2)),
                      count[0],
                      isRight ? "right" : "**wrong**"));
        });
    assertThat(counts.values()).anyMatch(count -> count[1] > 0);
    assertInDocs(rows);
  }

  private static List<Loaded> loadable(RootShape shape) {
    Loaded made = RootPredicate.B.test(shape, null) ? Loaded.PER_VCPU : Loaded.PAGE;
    return shape.isDirect() ? List.of(made) : List.of(made, Loaded.DUMMY);
  }

  private static void count(Map<List<Object>, int[]> counts, Loaded loaded, RootShape wanted) {
    boolean isSpecial = RootPredicate.B.test(wanted, null);
    boolean said = RootPredicate.C.test(wanted, loaded);
    int[] count = counts.computeIfAbsent(List.of(loaded, isSpecial, said), key -> new int[2]);
    count[0]++;
    count[1] += said == isSpecial ? 0 : 1;
  }

  private static String text(Loaded loaded) {
    return switch (loaded) {
      case PAGE -> "a page";
      case PER_VCPU -> "per-vCPU";
      case DUMMY -> "dummy";
    };
  }

  private static String yes(boolean is) {
    return is ? "yes" : "no";
  }

  private static void assertInDocs(List<String> rows) throws IOException {
    String table = String.join("\n", rows);
    assertThat(Files.readString(DOCS.resolve("roots.md"))).contains(table);
  }
}
