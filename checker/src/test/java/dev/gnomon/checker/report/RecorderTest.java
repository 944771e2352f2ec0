package dev.gnomon.checker.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gnomon.checker.property.Violation;
import dev.gnomon.checker.schedule.Counterexample;
import dev.gnomon.checker.schedule.Exploration;
import dev.gnomon.checker.schedule.MemoryModel;
import dev.gnomon.checker.schedule.Schedule;
import dev.gnomon.checker.schedule.Step;
import dev.gnomon.mmu.config.DirtyLogKind;
import dev.gnomon.mmu.platform.PhysicalMemory;
import dev.gnomon.mmu.platform.Platform;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The real machine, explored, and its counterexample replayed and recorded. */
final class RecorderTest {
  private static Counterexample found;
  private static Recording recording;

  @BeforeAll
  static void explore() {
    found =
        Objects.requireNonNull(
            Exploration.of(new LostWrite((vm, vcpus) -> {})).explore().counterexample());
    recording = record(found.schedule());
  }

  private static Recording record(Schedule schedule) {
    Recorder recorder = new Recorder(MemoryModel.SC);
    Violation violation = Exploration.of(new LostWrite(recorder::watch)).replay(schedule, recorder);
    return recorder.finish(
        new Recording.Scenario("lost-write", "", Map.of()),
        new Recording.Search(MemoryModel.SC, 0, found.preemptions(), found.isShortest()),
        Objects.requireNonNull(violation));
  }

  private static List<String> texts() {
    return recording.moments().stream().map(Moment::text).toList();
  }

  private static Moment moment(String text) {
    return recording.moments().stream()
        .filter(each -> each.text().equals(text))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no step '" + text + "' among " + texts()));
  }

  private static String leaf(MachineState state) {
    return state.entries().stream()
        .filter(entry -> entry.level() == 1 && entry.covers().equals("gfn 0x100"))
        .map(MachineState.Entry::meaning)
        .findFirst()
        .orElse("none");
  }

  @Test
  void tellsTheRaceInTheWordsOfTheField() {
    assertThat(recording.moments())
        .filteredOn(moment -> !moment.isMinor())
        .extracting(moment -> moment.text().replaceAll("pfn [0-9a-f]+", "pfn P"))
        .containsSubsequence(
            "load spte gfn 0x100 level 1: pfn P R-X MMU-writable",
            "rmw spte gfn 0x100 level 1: W 0->1",
            "rmw dirty bitmap of slot 0: gfn 0x100 0->1",
            "vcpu 0 enters guest mode",
            "guest writes gpa 0x100000: 7->1",
            "vcpu 0 leaves guest mode",
            "store spte gfn 0x100 level 1: pfn P RWX MMU-writable -> non-present",
            "rmw marks of pfn P (gfn 0x100): no change, clean, accessed",
            "store host pte of gfn 0x100: busy (CPU 1) -> swapped out to slot 0",
            "free pfn P (gfn 0x100)");
  }

  @Test
  void seesTheMachineChangeStepByStep() {
    int fixed = recording.moments().indexOf(moment("rmw spte gfn 0x100 level 1: W 0->1"));

    assertThat(leaf(recording.start())).contains("R-X MMU-writable");
    assertThat(leaf(recording.moments().get(fixed - 1).after())).contains("R-X MMU-writable");
    assertThat(leaf(recording.moments().get(fixed).after())).contains("RWX MMU-writable");
    assertThat(leaf(recording.moments().getLast().after())).isEqualTo("none");
  }

  @Test
  void seesTheTlbTheLogAndTheHostsPages() {
    MachineState written = moment("guest writes gpa 0x100000: 7->1").after();

    assertThat(written.processors().getFirst().isInGuest()).isTrue();
    assertThat(written.processors().getFirst().cached())
        .anyMatch(cached -> cached.address() == 0x100000 && cached.rights().startsWith("RWX"));
    assertThat(written.logs().getFirst().gfns()).containsExactly(0x100L);
    assertThat(recording.start().hostPages().getFirst().state()).contains(", clean");
    assertThat(recording.moments().getLast().after().hostPages().getFirst().state())
        .isEqualTo("swapped out to slot 0");
  }

  @Test
  void knowsWhoHoldsALock() {
    int locked = recording.moments().indexOf(moment("lock mmu_lock"));
    MachineState.Held held = new MachineState.Held("mmu_lock", 1);

    assertThat(recording.moments().get(locked).after().locks()).contains(held);
    assertThat(recording.moments().getLast().after().locks()).isEmpty();
  }

  @Test
  void namesEachCpuByItsBody() {
    assertThat(recording.lanes()).containsExactly(new Lane(0, "vcpu 0"), new Lane(1, "host 0"));
  }

  @Test
  void sharesAStateThatDoesNotChange() {
    List<Moment> moments = recording.moments();
    for (int i = 1; i < moments.size(); i++) {
      if (moments.get(i).after().equals(moments.get(i - 1).after())) {
        assertThat(moments.get(i).after()).isSameAs(moments.get(i - 1).after());
      }
    }
    assertThat(moments.stream().map(Moment::after).distinct().count())
        .isLessThan(moments.size() / 2);
  }

  @Test
  void isTheSameWhenReplayedFromItsFile() {
    ReplayFile file =
        new ReplayFile(
            "lost-write",
            ReplayFile.hash(""),
            Map.of(),
            MemoryModel.SC,
            Map.of(),
            recording.violation().property(),
            Turn.of(found.schedule(), 4));
    List<Turn> read = ReplayFile.parse("x.json", file.print()).schedule();
    Recording again = record(Turn.schedule(read, 4));

    assertThat(again.violation()).isEqualTo(recording.violation());
    assertThat(again.moments()).extracting(Moment::text).isEqualTo(texts());
  }

  @Test
  void leavesReadSectionsOutOfAStoryThatIsNotAboutThem() {
    assertThat(recording.moments())
        .filteredOn(moment -> moment.subject() == Subject.READ_SECTION)
        .isNotEmpty()
        .allMatch(Moment::isMinor);
  }

  @Test
  void showsUnderTsoWhatWaitsInAStoreBuffer() {
    Recorder recorder = new Recorder(MemoryModel.TSO);
    Exploration.of(new LostWrite(recorder::watch))
        .memoryModel(MemoryModel.TSO)
        .replay(Schedule.of(), recorder);
    Recording buffered =
        recorder.finish(recording.scenario(), recording.search(), recording.violation());
    List<Moment> moments = buffered.moments();
    int stored =
        moments.stream().map(Moment::text).toList().indexOf("guest writes gpa 0x100000: 7->1");

    assertThat(moments.get(stored).after().buffers())
        .contains(new MachineState.Buffered(0, "guest writes gpa 0x100000: 7->1"));
    assertThat(moments.subList(stored, moments.size()))
        .extracting(Moment::text)
        .contains("commit gpa 0x100000: 7->1");
    assertThat(moments.getLast().after().buffers()).isEmpty();
    assertThat(buffered.lanes()).extracting(Lane::name).containsExactly("vcpu 0", "host 0");
  }

  @ParameterizedTest
  @EnumSource(DirtyLogKind.class)
  void looksIntoDirtyLogsOfEveryKind(DirtyLogKind kind) {
    Recorder recorder = new Recorder(MemoryModel.SC);
    Exploration.of(new LoggedWrite(kind, recorder::watch)).replay(Schedule.of(), recorder);
    Recording logged =
        recorder.finish(recording.scenario(), recording.search(), recording.violation());

    assertThat(logged.moments())
        .filteredOn(moment -> moment.subject() == Subject.DIRTY_LOG)
        .isNotEmpty();
    assertThat(logged.moments())
        .flatExtracting(moment -> moment.after().logs())
        .anyMatch(log -> log.gfns().equals(List.of(0x100L)));
  }

  @Test
  void endsWithTheAccessThatBrokeTheExecution() {
    Recorder recorder = new Recorder(MemoryModel.SC);
    Violation violation =
        Exploration.of(
                execution -> {
                  Platform platform = execution.platform();
                  long pfn = platform.frames().allocate(execution.cpu(0));
                  long hpa = PhysicalMemory.hpa(pfn);
                  platform.memory().setLong(hpa, 1);
                  execution.start(0, "frees", cpu -> platform.frames().free(cpu, pfn));
                  execution.start(1, "uses", cpu -> platform.memory().getLong(hpa));
                  execution.join();
                  return null;
                })
            .replay(Schedule.of(), recorder);
    Recording bare =
        recorder.finish(
            recording.scenario(), recording.search(), Objects.requireNonNull(violation));

    assertThat(bare.moments().getLast().step().kind()).isEqualTo(Step.Kind.REFUSED);
    assertThat(bare.moments().getLast().step().name()).isEqualTo("uses");
    assertThat(bare.moments().getLast().text()).endsWith(": its frame was freed");
  }

  @Test
  void showsAProgramWithoutAMachineToo() {
    Recorder recorder = new Recorder(MemoryModel.SC);
    Exploration.of(
            execution -> {
              var word = execution.platform().newWords(1);
              execution.start(0, "a", cpu -> word.set(0, 1));
              execution.start(1, "b", cpu -> word.get(0));
              execution.join();
              return null;
            })
        .replay(Schedule.of(0, 1, 0, 1), recorder);
    Recording bare =
        recorder.finish(recording.scenario(), recording.search(), recording.violation());

    assertThat(bare.moments())
        .extracting(moment -> moment.step().kind())
        .containsExactly(Step.Kind.STORE, Step.Kind.LOAD);
    assertThat(bare.moments().getFirst().text()).endsWith(": 0->1");
  }
}
