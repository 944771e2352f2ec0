package dev.gnomon.cli.run;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.gnomon.cli.Gnomon;
import dev.gnomon.cli.TinyTrace;
import dev.gnomon.cli.event.EventTrace;
import dev.gnomon.cli.usage.ExitStatus;
import dev.gnomon.cli.usage.Interruption;
import dev.gnomon.machine.trace.TraceSource;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

class RunOutputTest {
  @TempDir private Path directory;
  private final Gnomon gnomon = new Gnomon();
  private String trace = "";

  @BeforeEach
  void writeTrace() throws IOException {
    trace = TinyTrace.write(directory, 2_000, 2).toString();
  }

  @Test
  void summarySaysWhatWasRunAndCounted() {
    assertThat(gnomon.runLine("run " + trace + " --memory 64m --seed 7 --verify")).isZero();
    assertThat(gnomon.out())
        .contains("seed         7")
        .contains("pf_taken", "remote_tlb_flush", "pages_4k", "mmu_page_tables", "0 mismatches")
        .doesNotContain("\u001b", "\r");
    assertThat(gnomon.err()).isEmpty();
  }

  @Test
  void jsonOnStandardOutputIsAlone() throws IOException {
    assertThat(gnomon.runLine("run " + trace + " --memory 64m --json -")).isZero();
    assertThat(new ObjectMapper().readTree(gnomon.out()).get("vcpus").asInt()).isOne();
    assertThat(gnomon.err()).isNotEmpty();
  }

  @Test
  void aTraceOnStandardOutputIsAloneAndInTheFormOfTheKernels() {
    String line = "run " + trace + " --memory 64m --trace-events - --trace-clock counter";
    assertThat(gnomon.runLine(line)).isZero();
    assertThat(gnomon.err()).isNotEmpty();
    List<String> lines = gnomon.out().lines().filter(each -> !each.startsWith("#")).toList();
    assertThat(lines)
        .isNotEmpty()
        .allMatch(each -> each.matches("\\s*(vcpu|host)0-\\d+ +\\[\\d+\\] \\S+ +\\d+: \\w+: .+"));
    assertThat(lines)
        .anyMatch(each -> each.contains(": kvm_page_fault: vcpu 0 rip 0x0 address 0x"));
  }

  @Test
  void quietSaysNothing() {
    assertThat(gnomon.runLine("run " + trace + " --memory 64m --quiet")).isZero();
    assertThat(gnomon.out()).isEmpty();
    assertThat(gnomon.err()).isEmpty();
  }

  @Test
  void questionListsSwitches() {
    assertThat(gnomon.run("run", "--rule", "?")).isZero();
    assertThat(gnomon.out()).contains("tdp-write", "zap-order", "(default if-reaped)");
  }

  @Test
  void questionAboutARuleListsItsValuesWithTheirHistory() {
    assertThat(gnomon.run("run", "--rule", "tdp-write=?")).isZero();
    assertThat(gnomon.out()).contains("plain", "5.10 to 5.17", "exchange-if-volatile", "(default)");
  }

  @Test
  void progressHasRateAndTimeLeft() {
    assertThat(Progress.line(12_300_000, 0.25, 2.0))
        .isEqualTo(" 25 %  12.3 M accesses  6.2 M/s  0:06 left");
  }

  @Test
  void progressIsClearedFromATerminalAndUnseenElsewhere() {
    StringWriter terminal = new StringWriter();
    Progress progress = new Progress(new PrintWriter(terminal), true);
    progress.show("half");
    progress.clear();
    assertThat(terminal.toString()).isEqualTo("\rhalf\u001b[K\r\u001b[K");
    StringWriter pipe = new StringWriter();
    new Progress(new PrintWriter(pipe), false).show("half");
    assertThat(pipe.toString()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "--migrate --bandwidth 100k", "--dirty-log ring --reclaim 50"})
  void interruptedRunStopsSoonAndTellsWhatItHas(String options) {
    RunOptions parsed = new RunOptions();
    String line = options + " --memory 64m --vcpus 2 --repeat 100000";
    new CommandLine(parsed).parseArgs(line.trim().split(" "));
    RunPlan plan = RunPlan.of(parsed);
    Interruption interruption = new Interruption();
    Thread.ofPlatform()
        .start(
            () -> {
              LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(300));
              interruption.request();
            });
    Progress progress = new Progress(new PrintWriter(new StringWriter()), false);
    TraceSource source = TraceSource.of(trace, System.in).repeat(plan.repeat());
    RunResult result =
        new GuestRun(plan, List.of(source), progress, interruption, EventTrace.forFlightRecorder())
            .run();
    assertThat(result.wasInterrupted()).isTrue();
    assertThat(result.wrong()).isEmpty();
  }

  @Test
  void interruptedBeforeTheStartNothingIsPlayed() {
    RunOptions parsed = new RunOptions();
    new CommandLine(parsed).parseArgs("--memory", "64m");
    Interruption interruption = new Interruption();
    interruption.request();
    Progress progress = new Progress(new PrintWriter(new StringWriter()), false);
    RunResult result =
        new GuestRun(
                RunPlan.of(parsed),
                List.of(TraceSource.of(trace, System.in)),
                progress,
                interruption,
                EventTrace.forFlightRecorder())
            .run();
    assertThat(result.accesses()).isZero();
    assertThat(result.wasInterrupted()).isTrue();
  }

  @Test
  void reclaimThatEvictedNothingSaysSo() throws IOException {
    Path one = Files.writeString(directory.resolve("one.trace"), " L 1000,8\n");
    int status = gnomon.runLine("run " + one + " --memory 64m --quiet --reclaim 100");
    assertThat(status).isEqualTo(ExitStatus.USAGE);
    assertThat(gnomon.err()).hasSize(1);
    assertThat(gnomon.err().get(0)).startsWith("gnomon: --reclaim 100: nothing was evicted");
  }
}
