package dev.gnomon.checker.litmus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gnomon.checker.property.Violation;
import dev.gnomon.checker.schedule.Counterexample;
import dev.gnomon.checker.schedule.Exploration;
import dev.gnomon.checker.schedule.MemoryModel;
import dev.gnomon.checker.schedule.Result;
import dev.gnomon.machine.lockstep.LockstepPlatform;
import dev.gnomon.machine.lockstep.Schedule;
import dev.gnomon.machine.memory.HostMemory;
import dev.gnomon.mmu.Rules;
import dev.gnomon.mmu.config.RuleSwitch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every file of the corpus says the truth. */
class CorpusTest {
  private static final int LOCKSTEP_SEEDS = 2;
  private static final int FRAMES_PER_CPU = 2048;
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final Path MODULE = Path.of(System.getProperty("basedir", ""));
  private static final Path FILES =
      MODULE.resolve("src/main/resources/dev/gnomon/checker/litmus/corpus");

  static List<String> names() {
    return Corpus.names();
  }

  @Test
  void theIndexNamesEachFileOnce() throws IOException {
    try (Stream<Path> files = Files.list(FILES)) {
      List<String> found =
          files
              .map(file -> file.getFileName().toString())
              .filter(file -> file.endsWith(Litmus.SUFFIX))
              .map(file -> file.substring(0, file.length() - Litmus.SUFFIX.length()))
              .toList();
      assertThat(Corpus.names()).containsExactlyInAnyOrderElementsOf(found);
    }
  }

  @Test
  void aFileThatIsNotThereIsRefused() {
    assertThatThrownBy(() -> Corpus.load("INDEX"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("the corpus has no INDEX");
  }

  @Test
  void itsTitlesAreOneSentenceEach() {
    assertThat(Corpus.all()).extracting(Litmus::title).allMatch(title -> title.endsWith("."));
    assertThat(Corpus.all()).extracting(Litmus::title).doesNotHaveDuplicates();
  }

  @Test
  void eachFileSaysWhatTheDefaultsDo() {
    assertThat(Corpus.all())
        .allMatch(litmus -> litmus.cases().stream().anyMatch(each -> each.describe().isEmpty()));
  }

  @Test
  void theDocsListEachAndShowOne() throws IOException {
    String docs = Files.readString(MODULE.resolve("../docs/litmus.md"));
    assertThat(docs).contains(Corpus.source("stale-after-report-aged"));
    for (Litmus litmus : Corpus.all()) {
      String title = litmus.title();
      assertThat(docs)
          .contains(
              "| `%s` | %s |".formatted(litmus.name(), title.substring(0, title.length() - 1)));
    }
  }

  @ParameterizedTest
  @MethodSource("names")
  void everyCaseHasTheVerdictThatIsExpected(String name) {
    Litmus litmus = Corpus.load(name);
    Map<String, Result> known = new HashMap<>();
    for (LitmusCase each : litmus.cases()) {
      // What holds under both models is explored under the stronger one; rules --verify does more.
      MemoryModel model = each.models().contains(MemoryModel.SC) ? MemoryModel.SC : MemoryModel.TSO;
      Rules rules = each.applyTo(litmus.rules());
      Result result =
          known.computeIfAbsent(
              rules.describe() + " under " + model, key -> explore(litmus, rules, model));
      assertThat(result.isComplete()).as(each.describe()).isTrue();
      Violation found = violation(result);
      assertThat(each.isMetBy(found)).as(each.describe() + ": " + found).isTrue();
    }
  }

  private static Result explore(Litmus litmus, Rules rules, MemoryModel model) {
    return Exploration.of(litmus.program(rules))
        .memoryModel(model)
        .cpus(litmus.script().cpus())
        .framesPerCpu(FRAMES_PER_CPU)
        .maxTime(PATIENCE)
        .shortening(Duration.ZERO)
        .explore();
  }

  private static @Nullable Violation violation(Result result) {
    Counterexample counterexample = result.counterexample();
    return counterexample == null ? null : counterexample.violation();
  }

  @ParameterizedTest
  @MethodSource("names")
  void theDefaultsHoldInLockstepToo(String name) {
    Litmus litmus = Corpus.load(name);
    for (long seed = 0; seed < LOCKSTEP_SEEDS; seed++) {
      try (HostMemory host = HostMemory.reserve(litmus.script().frames())) {
        LockstepPlatform platform =
            new LockstepPlatform(host, litmus.script().cpus(), true, Schedule.of(seed));
        assertThat(litmus.program(litmus.rules()).run(platform.execution())).isNull();
      }
    }
  }

  /** A rule without a scenario that refutes one of its values is not settled by the corpus. */
  @Test
  void everyValueThatIsToBeRefutedIs() {
    assertThat(refuted())
        .containsExactly(
            "dirty-flush=if-spte-changed",
            "dirty-flush=never",
            "fast-fault=indirect",
            "fast-fault=large",
            "fast-fault=store",
            "flush-on-update=writable-cleared",
            "invalidate-retry=off",
            "lockless-walk=no-barrier",
            "lockless-walk=unprotected",
            "special-roots=per-vcpu-cached",
            "tdp-write=plain",
            "unsync-order=writable-first",
            "volatile=any-ad-clear",
            "volatile=readonly-stable",
            "writable-leaf=raw-bit",
            "zap-order=free-before-flush");
  }

  private static SortedSet<String> refuted() {
    SortedSet<String> refuted = new TreeSet<>();
    for (LitmusCase each : Corpus.all().stream().flatMap(all -> all.cases().stream()).toList()) {
      if (each.expected() == ExpectedVerdict.VIOLATED) {
        each.assignments().forEach((rule, value) -> refuted.add(rule + "=" + value));
      }
    }
    return refuted;
  }

  @Test
  void everySafeValueIsRunWhereAnotherOfItsRuleIsRefuted() {
    for (Litmus litmus : Corpus.all()) {
      for (LitmusCase refuting : litmus.cases()) {
        if (refuting.expected() == ExpectedVerdict.VIOLATED) {
          RuleSwitch<?> rule = Rules.find(refuting.rule()).orElseThrow();
          assertThat(tried(litmus, rule))
              .as(litmus.name() + ", " + rule.name())
              .containsAll(safeValues(rule));
        }
      }
    }
  }

  private static List<String> safeValues(RuleSwitch<?> rule) {
    return rule.values().stream()
        .map(RuleSwitch::label)
        .filter(value -> !refuted().contains(rule.name() + "=" + value))
        .toList();
  }

  private static List<String> tried(Litmus litmus, RuleSwitch<?> rule) {
    return litmus.cases().stream()
        .map(each -> each.applyTo(litmus.rules()))
        .map(rules -> RuleSwitch.label(rules.get(rule)))
        .toList();
  }
}
