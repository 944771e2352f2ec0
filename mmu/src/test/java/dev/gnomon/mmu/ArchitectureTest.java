package dev.gnomon.mmu;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaModifier.SYNCHRONIZED;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noMethods;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Who may know whom, and what nothing here may touch except through the port. */
class ArchitectureTest {
  private static final String TOP = "dev.gnomon.mmu";

  /**
   * From the ground up: each package may use those before it. Those of one line do not know each
   * other.
   */
  private static final List<List<String>> FLOORS =
      List.of(
          List.of("platform"),
          List.of("sync"),
          List.of("arch"),
          List.of("config", "event"),
          List.of("spte"),
          List.of("slot"),
          List.of("table"),
          List.of("tlb"),
          List.of("dirty"),
          List.of("track"),
          List.of("make"),
          List.of("tdp", "shadow"),
          List.of("root"),
          List.of("fault"),
          List.of("notify"));

  private static final Path MODULE = Path.of(System.getProperty("basedir", ""));
  private static final JavaClasses CLASSES =
      new ClassFileImporter().importPath(MODULE.resolve("target/classes"));

  @TestFactory
  Stream<DynamicTest> packageUsesOnlyThoseBelowIt() {
    return FLOORS.stream()
        .flatMap(List::stream)
        .map(name -> DynamicTest.dynamicTest(name, () -> usesOnlyThoseBelow(name)));
  }

  private static void usesOnlyThoseBelow(String name) {
    int floor = floorOf(name);
    Stream<String> above =
        Stream.concat(
            Stream.of(TOP),
            FLOORS.stream()
                .skip(floor)
                .flatMap(List::stream)
                .filter(other -> !other.equals(name))
                .map(ArchitectureTest::inPackage));
    noClasses()
        .that()
        .resideInAPackage(inPackage(name))
        .should()
        .dependOnClassesThat(resideInAnyPackage(above.toArray(String[]::new)))
        .allowEmptyShould(true)
        .check(CLASSES);
  }

  @Test
  void syncUsesOnlyThePort() {
    noClasses()
        .that()
        .resideInAPackage(inPackage("sync"))
        .should()
        .dependOnClassesThat(
            resideInAPackage("dev.gnomon..")
                .and(not(resideInAnyPackage(inPackage("platform"), inPackage("sync")))))
        .allowEmptyShould(true)
        .check(CLASSES);
  }

  @Test
  void everyPackageHasAFloor() {
    assertThat(CLASSES)
        .extracting(JavaClass::getPackageName)
        .filteredOn(name -> !name.equals(TOP))
        .extracting(name -> name.substring(TOP.length() + 1).split("\\.")[0])
        .isSubsetOf(FLOORS.stream().flatMap(List::stream).toList());
  }

  @Test
  void mmuDoesNotKnowWhatItRunsOn() {
    noClasses()
        .should()
        .dependOnClassesThat(
            resideInAPackage("dev.gnomon..").and(not(resideInAPackage(TOP + ".."))))
        .allowEmptyShould(true)
        .check(CLASSES);
  }

  @Test
  void otherCpusAreReachedOnlyThroughThePort() {
    noClasses()
        .should()
        .dependOnClassesThat()
        .belongToAnyOf(Thread.class, ThreadLocal.class, ThreadGroup.class)
        .orShould()
        .dependOnClassesThat()
        .resideInAPackage("java.util.concurrent..")
        .orShould()
        .callMethod(Object.class, "wait")
        .orShould()
        .callMethod(Object.class, "wait", long.class)
        .orShould()
        .callMethod(Object.class, "notify")
        .orShould()
        .callMethod(Object.class, "notifyAll")
        .allowEmptyShould(true)
        .check(CLASSES);
    noMethods().should().haveModifier(SYNCHRONIZED).allowEmptyShould(true).check(CLASSES);
  }

  @Test
  void nothingDependsOnTheRunItIsIn() {
    noClasses()
        .should()
        .callMethod(System.class, "identityHashCode", Object.class)
        .orShould()
        .callMethod(System.class, "nanoTime")
        .orShould()
        .callMethod(System.class, "currentTimeMillis")
        .orShould()
        .dependOnClassesThat()
        .resideInAPackage("java.time..")
        .allowEmptyShould(true)
        .check(CLASSES);
  }

  @Test
  void everyPackageSaysWhatItIsAndIsNullMarked() throws IOException {
    try (Stream<Path> directories = Files.walk(MODULE.resolve("src/main/java/dev/gnomon"))) {
      assertThat(directories.filter(ArchitectureTest::holdsSources))
          .allSatisfy(
              d -> assertThat(d.resolve("package-info.java")).content().contains("@NullMarked"));
    }
  }

  private static boolean holdsSources(Path directory) {
    String[] names = directory.toFile().list((d, name) -> name.endsWith(".java"));
    return names != null && names.length > 0;
  }

  private static int floorOf(String name) {
    return FLOORS.indexOf(FLOORS.stream().filter(f -> f.contains(name)).findFirst().orElseThrow());
  }

  private static String inPackage(String name) {
    return TOP + "." + name + "..";
  }
}
