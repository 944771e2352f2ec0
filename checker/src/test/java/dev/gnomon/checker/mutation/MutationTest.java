package dev.gnomon.checker.mutation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.gnomon.checker.litmus.Corpus;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;

/**
 * Each deliberate fault is found by the scenario that is named for it. With {@code
 * -Dgnomon.mutants=all} each is also tried on the whole corpus, and so are those that must survive.
 * Either way {@code target/mutants.md} gets the table.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class MutationTest {
  private static final boolean IS_LONG = "all".equals(System.getProperty("gnomon.mutants"));
  private static final long MOST_EXECUTIONS = 100_000;
  private static final long MOST_MILLIS = 60_000;

  /** For one of all scenarios, a fault that another one is named for. */
  private static final long MOST_MILLIS_ELSEWHERE = 1_000;

  /** As a rule a fault is found sooner. */
  private static final long SOUND_EXECUTIONS = 200;

  private final MutationTable table = new MutationTable();
  private ExecutorService workers;

  /** A scenario and the values of rules under which it is to find something. */
  private record Setting(String scenario, Map<String, String> rules) {
    @Override
    public String toString() {
      return scenario + rules;
    }
  }

  @BeforeAll
  void startWorkers() {
    workers = Executors.newFixedThreadPool(Runtime.getRuntime().availableProcessors());
  }

  @AfterAll
  void stopWorkers() throws IOException {
    workers.shutdownNow();
    Files.writeString(
        Files.createDirectories(Path.of("target")).resolve("mutants.md"), table.text());
  }

  @TestFactory
  Stream<DynamicTest> eachFaultIsFoundByTheScenarioThatIsNamedForIt() {
    return inParallel(Mutants.all(), this::requireFound);
  }

  @TestFactory
  Stream<DynamicTest> withoutAFaultTheSameScenariosFindNothing() {
    Trial sound = new MutantLoader(List.of()).newTrial();
    List<Setting> settings =
        Mutants.all().stream()
            .map(mutant -> new Setting(mutant.scenario(), mutant.rules()))
            .distinct()
            .toList();
    return inParallel(settings, setting -> requireSafe(sound, setting));
  }

  @TestFactory
  Stream<DynamicTest> whatBreaksNoPropertySurvivesTheCorpus() {
    return inParallel(IS_LONG ? Survivors.all() : List.of(), MutationTest::requireSurvives);
  }

  private void requireFound(Mutant mutant) {
    Trial trial = new MutantLoader(mutant.faults()).newTrial();
    Trial.Finding finding =
        trial.explore(mutant.scenario(), mutant.rules(), MOST_EXECUTIONS, MOST_MILLIS);
    table.add(mutant, finding, IS_LONG ? finders(trial, MOST_MILLIS_ELSEWHERE) : List.of());
    assertThat(finding.property())
        .as("%s; %s says: %s", mutant.what(), mutant.scenario(), finding.message())
        .isIn(mutant.violates());
  }

  private static void requireSafe(Trial sound, Setting setting) {
    Trial.Finding finding =
        sound.explore(setting.scenario(), setting.rules(), SOUND_EXECUTIONS, MOST_MILLIS);
    assertThat(finding.message()).isEmpty();
  }

  private static void requireSurvives(Mutant mutant) {
    assertThat(finders(new MutantLoader(mutant.faults()).newTrial(), MOST_MILLIS))
        .as(mutant.what())
        .isEmpty();
  }

  /** The scenarios that find something under their own rules. */
  private static List<String> finders(Trial trial, long mostMillis) {
    return Corpus.names().stream()
        .filter(
            scenario ->
                trial.explore(scenario, Map.of(), MOST_EXECUTIONS, mostMillis).isViolation())
        .toList();
  }

  private <T> Stream<DynamicTest> inParallel(List<T> cases, Consumer<T> check) {
    List<Future<?>> checks = new ArrayList<>();
    for (T each : cases) {
      checks.add(workers.submit(() -> check.accept(each)));
    }
    return IntStream.range(0, cases.size())
        .mapToObj(i -> dynamicTest(cases.get(i).toString(), () -> await(checks.get(i))));
  }

  private static void await(Future<?> check) throws Throwable {
    try {
      check.get();
    } catch (ExecutionException e) {
      throw e.getCause();
    }
  }
}
