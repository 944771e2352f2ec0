package dev.gnomon.cli.check;

import dev.gnomon.checker.report.ChromeTrace;
import dev.gnomon.checker.report.Detail;
import dev.gnomon.checker.report.HtmlReport;
import dev.gnomon.checker.report.Layout;
import dev.gnomon.checker.report.Recording;
import dev.gnomon.checker.report.ReplayFile;
import dev.gnomon.checker.report.TableReport;
import dev.gnomon.checker.report.Turn;
import dev.gnomon.checker.schedule.Counterexample;
import dev.gnomon.checker.schedule.Schedule;
import dev.gnomon.cli.usage.OutputFile;
import java.io.PrintWriter;
import org.jspecify.annotations.Nullable;

/** Counterexamples for readers: as a table, as a page, as a trace, and to be run again. */
final class CounterexampleOutput {
  private final SearchPlan plan;
  private final TableReport table;
  private final @Nullable OutputFile html;
  private final @Nullable OutputFile trace;
  private final @Nullable OutputFile saved;
  private boolean hasWritten;

  /**
   * Output as the options say.
   *
   * @throws dev.gnomon.machine.InputException if one of the files cannot be made
   */
  CounterexampleOutput(CheckOptions.Output options, SearchPlan plan, Paint paint) {
    this.plan = plan;
    Detail detail = options.showsAllSteps ? Detail.FULL : Detail.SHORT;
    table = new TableReport(Layout.terminal(System.getenv("COLUMNS"), detail, paint.isColoured()));
    html = file("--html", options.html);
    trace = file("--trace", options.trace);
    saved = file("--save", options.save);
  }

  private static @Nullable OutputFile file(String option, @Nullable String name) {
    return name == null ? null : new OutputFile(option, name);
  }

  /** Whether the files are written. There is one counterexample in each, the first. */
  boolean hasWritten() {
    return hasWritten;
  }

  /** Shows what an exploration found, and writes it unless one was written before. */
  void tell(Answer answer, boolean isPrinted, PrintWriter out) {
    Counterexample found = answer.counterexample();
    Rerun rerun = Rerun.of(plan, answer.question(), found.schedule());
    Recording recording =
        rerun.recording(
            new Recording.Search(
                answer.question().model(),
                plan.isRandom() ? plan.seed() : 0,
                found.preemptions(),
                found.isShortest()));
    tell(rerun, found.schedule(), recording, isPrinted, out);
  }

  /** Shows what was run again, and writes it unless one was written before. */
  void tell(
      Rerun rerun, Schedule schedule, Recording recording, boolean isPrinted, PrintWriter out) {
    if (isPrinted) {
      out.println();
      out.println(table.print(recording));
      out.flush();
    }
    if (!hasWritten) {
      hasWritten = true;
      write(rerun, schedule, recording);
    }
  }

  private void write(Rerun rerun, Schedule schedule, Recording recording) {
    if (html != null) {
      html.write(new HtmlReport().print(recording));
    }
    if (trace != null) {
      trace.write(new ChromeTrace().print(recording));
    }
    if (saved != null) {
      saved.write(replayFile(rerun, schedule, recording).print());
    }
  }

  private ReplayFile replayFile(Rerun rerun, Schedule schedule, Recording recording) {
    Question question = rerun.question();
    return new ReplayFile(
        question.scenario().place(),
        ReplayFile.hash(question.scenario().text()),
        recording.scenario().rules(),
        question.model(),
        SavedCounterexample.options(recording.search(), plan.findsRaces()),
        recording.violation().property(),
        Turn.of(schedule, question.scenario().litmus().script().cpus()));
  }
}
