package dev.gnomon.machine;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaModifier.SYNCHRONIZED;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noMethods;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Who may know whom, and what nothing here may touch except through the port. */
class ArchitectureTest {
  /** Packages about real threads and real input and output, which the explorer does not run. */
  private static final String[] REAL = {
    "dev.gnomon.machine.thread..", "dev.gnomon.machine.lockstep..", "dev.gnomon.machine.migration.."
  };

  private static final Path MODULE = Path.of(System.getProperty("basedir", ""));
  private static final JavaClasses CLASSES =
      new ClassFileImporter().importPath(MODULE.resolve("target/classes"));

  @Test
  void machineKnowsOnlyItselfAndTheMmu() {
    noClasses()
        .should()
        .dependOnClassesThat(
            resideInAPackage("dev.gnomon..")
                .and(not(resideInAnyPackage("dev.gnomon.machine..", "dev.gnomon.mmu.."))))
        .allowEmptyShould(true)
        .check(CLASSES);
  }

  @Test
  void otherCpusAreReachedOnlyThroughThePort() {
    noClasses()
        .that()
        .resideOutsideOfPackages(REAL)
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
    noMethods()
        .that()
        .areDeclaredInClassesThat()
        .resideOutsideOfPackages(REAL)
        .should()
        .haveModifier(SYNCHRONIZED)
        .allowEmptyShould(true)
        .check(CLASSES);
  }

  @Test
  void nothingDependsOnTheRunItIsIn() {
    noClasses()
        .that()
        .resideOutsideOfPackages(REAL)
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
}
