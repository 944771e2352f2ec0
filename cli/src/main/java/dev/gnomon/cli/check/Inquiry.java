package dev.gnomon.cli.check;

import dev.gnomon.checker.schedule.CheckerException;
import dev.gnomon.checker.schedule.Progress;
import dev.gnomon.checker.schedule.Result;
import dev.gnomon.cli.usage.Interruption;
import dev.gnomon.cli.usage.TerminalLine;
import dev.gnomon.machine.InputException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Puts questions to the checker, as many at a time as there are carriers, and hands on the answers
 * in the order of the questions. A single question gets all carriers. Of those that explore the
 * same, the first is explored, and answers all.
 */
public final class Inquiry {
  /** A longer line would wrap, and could not be taken away. */
  private static final int NARROW_TERMINAL = 79;

  private final SearchPlan plan;
  private final Predicate<Question> isForReader;
  private final TerminalLine terminal;
  private final Interruption interruption;
  private final AtomicInteger next = new AtomicInteger();
  private final AtomicInteger answered = new AtomicInteger();
  private volatile boolean isStopped;

  /**
   * An inquiry, for one {@link #ask}.
   *
   * @param isForReader whether a counterexample to the question is shown, and so worth shortening
   * @param interruption ends it early: what is being explored is answered as far as it got
   */
  public Inquiry(
      SearchPlan plan,
      Predicate<Question> isForReader,
      TerminalLine terminal,
      Interruption interruption) {
    this.plan = plan;
    this.isForReader = isForReader;
    this.terminal = terminal;
    this.interruption = interruption;
  }

  /**
   * Asks.
   *
   * @param listener told of each answer by the calling thread
   * @return the answers; fewer than questions if it was interrupted
   * @throws InputException if a scenario asks for what cannot be
   */
  public List<Answer> ask(List<Question> questions, Consumer<Answer> listener) {
    Map<Question.Subject, Integer> numbers = new HashMap<>();
    List<Question> different = new ArrayList<>();
    for (Question question : questions) {
      if (numbers.putIfAbsent(question.subject(), different.size()) == null) {
        different.add(question);
      }
    }
    List<CompletableFuture<@Nullable Answer>> answers =
        Stream.generate(() -> new CompletableFuture<@Nullable Answer>())
            .limit(different.size())
            .toList();
    List<CompletableFuture<@Nullable Answer>> all =
        questions.stream().map(each -> answers.get(numbers.get(each.subject()))).toList();
    List<Thread> threads = start(different, answers);
    interruption.onRequest(() -> stop(threads));
    try {
      return gather(questions, all, listener);
    } finally {
      stop(threads);
      terminal.clear();
    }
  }

  private List<Thread> start(
      List<Question> questions, List<CompletableFuture<@Nullable Answer>> answers) {
    int workers = Math.max(1, Math.min(plan.carriers(), questions.size()));
    int carriersEach = Math.max(1, plan.carriers() / workers);
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < workers; i++) {
      threads.add(
          Thread.ofPlatform()
              .name("inquiry ", i)
              .daemon()
              .unstarted(() -> work(questions, answers, carriersEach)));
    }
    threads.forEach(Thread::start);
    return threads;
  }

  private void stop(List<Thread> threads) {
    isStopped = true;
    threads.forEach(Thread::interrupt);
  }

  private List<Answer> gather(
      List<Question> questions,
      List<CompletableFuture<@Nullable Answer>> futures,
      Consumer<Answer> listener) {
    List<Answer> answers = new ArrayList<>();
    for (int i = 0; i < questions.size(); i++) {
      Question question = questions.get(i);
      Answer found = join(futures.get(i));
      if (found != null) {
        Answer answer = found.question() == question ? found : found.repeatedFor(question);
        answers.add(answer);
        terminal.clear();
        listener.accept(answer);
      }
    }
    return answers;
  }

  private static @Nullable Answer join(CompletableFuture<@Nullable Answer> future) {
    try {
      return future.join();
    } catch (CompletionException e) {
      switch (e.getCause()) {
        case RuntimeException cause -> throw cause;
        case Error cause -> throw cause;
        default -> throw e;
      }
    }
  }

  // --- what workers do ---

  /** Answers one question after the other; those that come after the end with null. */
  private void work(
      List<Question> questions,
      List<CompletableFuture<@Nullable Answer>> answers,
      int carriersEach) {
    for (int i = next.getAndIncrement(); i < questions.size(); i = next.getAndIncrement()) {
      try {
        answers.get(i).complete(isStopped ? null : answer(questions, i, carriersEach));
      } catch (RuntimeException | Error e) {
        answers.get(i).completeExceptionally(e);
      }
    }
  }

  private Answer answer(List<Question> questions, int number, int carriersEach) {
    Question question = questions.get(number);
    try {
      Result result =
          plan.exploration(question, carriersEach, isForReader.test(question))
              .observer(progress -> show(questions, question, progress))
              .explore();
      return new Answer(question, plan.mode(), result, null, false);
    } catch (CheckerException e) {
      return new Answer(question, plan.mode(), null, e.getMessage(), false);
    } finally {
      answered.incrementAndGet();
    }
  }

  private void show(List<Question> questions, Question question, Progress progress) {
    if (terminal.isShown()) {
      String count =
          questions.size() == 1 ? "" : "%d of %d  ".formatted(answered.get(), questions.size());
      String what = question.scenario().name() + " " + question.asked();
      String text = count + line(progress) + "  " + what.strip();
      terminal.show(text.substring(0, Math.min(NARROW_TERMINAL, text.length())));
    }
  }

  /** {@code 12,345 executions 6,789/s depth 85 perhaps 40 %}. */
  static String line(Progress progress) {
    double seconds = Math.max(1e-3, progress.elapsed().toNanos() / 1e9);
    long executions = progress.executions() + progress.redundant();
    String guess =
        progress.fraction() > 0
            ? "  perhaps %d %%".formatted((int) (100 * Math.min(1, progress.fraction())))
            : "";
    return "%s executions  %s/s  depth %d%s"
        .formatted(
            Numbers.grouped(executions),
            Numbers.grouped(Math.round(executions / seconds)),
            progress.depth(),
            guess);
  }
}
