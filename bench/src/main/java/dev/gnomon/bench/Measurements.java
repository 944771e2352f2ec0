package dev.gnomon.bench;

import dev.gnomon.bench.boot.MachineCode;
import dev.gnomon.bench.check.BuildCost;
import dev.gnomon.bench.check.CorpusTime;
import dev.gnomon.bench.check.StepRate;
import dev.gnomon.bench.guest.GuestAccess;
import dev.gnomon.bench.guest.PageFault;
import dev.gnomon.bench.guest.ParallelFaults;
import dev.gnomon.bench.guest.TraceRun;
import dev.gnomon.bench.host.Aging;
import dev.gnomon.bench.host.DirtyLogScan;
import dev.gnomon.bench.host.MmuOverhead;
import dev.gnomon.bench.host.SpteWrites;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.function.Function;

/** All that can be measured, and how numbers come of it. */
final class Measurements {
  private static final double MICROS_PER_SECOND = 1e6;
  static final double MICROS_PER_MILLI = 1e3;
  private static final int CORES_OF_CORPUS = 2;

  /** Allocations of JMH itself, and of what is not timed, spread over all calls. */
  static final double NO_GARBAGE = 1;

  /** What can be asked for, in the order in which it is measured. */
  static final List<Named> ALL =
      List.of(
          new Named("access", "guest loads and stores on a TLB hit", true, Measurements::access),
          new Named("fault", "a TDP fault that installs a 4 KiB page", true, Measurements::fault),
          new Named("scaling", "two vCPUs that fault, against one", true, Measurements::scaling),
          new Named(
              "trace",
              "a run of a text trace, without and with --verify",
              true,
              Measurements::trace),
          new Named(
              "log", "a round of the dirty log, 4 GiB (needs 5 GiB)", true, Measurements::log),
          new Named("overhead", "memory that the MMU keeps", true, Measurements::overhead),
          new Named("boot", "machine code, executed by vCPUs", true, Measurements::boot),
          new Named(
              "check", "the checker: steps, the corpus, building a VM", true, Measurements::check),
          new Named(
              "shadow",
              "a fault of the shadow MMU, 4-level guest",
              true,
              ShadowMeasurements::faults),
          new Named(
              "switch",
              "loads of CR3 under the shadow MMU, root cache on and off",
              true,
              ShadowMeasurements::contextSwitch),
          new Named(
              "fork",
              "a guest that forks under the shadow MMU, unsync on and off",
              true,
              ShadowMeasurements::fork),
          new Named(
              "resume",
              "writing after a log round, fast-fault=on and off",
              true,
              ShadowMeasurements::resume),
          new Named(
              "aging", "aging with A/D bits, and with access tracking", false, Measurements::aging),
          new Named(
              "volatile", "locked SPTE writes under two rules", false, Measurements::volatility));

  /**
   * A measurement.
   *
   * @param name by which it is asked for
   * @param subject what it measures, in one line
   * @param isRequired whether it is measured unless something else is asked for
   * @param how its findings, for an effort and under its name
   */
  record Named(
      String name, String subject, boolean isRequired, Function<Effort, List<Finding>> how) {
    List<Finding> measure(Effort effort) {
      return how.apply(effort);
    }
  }

  private Measurements() {}

  private static List<Finding> access(Effort effort) {
    JmhRuns random = JmhRuns.sampling(GuestAccess.class, "guestRandom");
    JmhRuns randomSegment = JmhRuns.sampling(GuestAccess.class, "segmentRandom");
    JmhRuns inOrder = JmhRuns.sampling(GuestAccess.class, "guestSequential");
    JmhRuns inOrderSegment = JmhRuns.sampling(GuestAccess.class, "segmentSequential");
    JmhRuns.alternate(effort.rounds(), random, randomSegment, inOrder, inOrderSegment);
    Bound bound = Bound.atMost(3, 2);
    double each = GuestAccess.ACCESSES;
    return List.of(
        new Finding(
            "access",
            "random, times the same over a MemorySegment",
            ratio(random, randomSegment),
            "x",
            bound),
        new Finding(
            "access",
            "in order, times the same over a MemorySegment",
            ratio(inOrder, inOrderSegment),
            "x",
            bound),
        Finding.of("access", "random, one access", random.median() / each, "ns"),
        Finding.of("access", "in order, one access", inOrder.median() / each, "ns"));
  }

  private static double ratio(JmhRuns one, JmhRuns other) {
    return one.median() / other.median();
  }

  private static List<Finding> fault(Effort effort) {
    JmhRuns access = JmhRuns.sampling(PageFault.class, "access");
    JmhRuns handler = JmhRuns.sampling(PageFault.class, "handle");
    JmhRuns clock = JmhRuns.sampling(PageFault.class, "clock");
    JmhRuns.alternate(effort.rounds(), access, handler, clock);
    Bound bound = Bound.atMost(500, 250);
    return List.of(
        new Finding("fault", "from the access to its retry, median", access.median(), "ns", bound),
        Finding.of("fault", "from the access to its retry, 99 in 100 below", access.tail(), "ns"),
        new Finding("fault", "the MMU's part, median", handler.median(), "ns", bound),
        Finding.of("fault", "the MMU's part, 99 in 100 below", handler.tail(), "ns"),
        Finding.of("fault", "the clock's part of each of these", clock.median(), "ns"),
        new Finding(
            "fault",
            "garbage of one fault",
            Math.max(access.allocated(), handler.allocated()),
            "B",
            Bound.atMost(NO_GARBAGE)));
  }

  /**
   * By the best calls: that two cores are free at once is rare on a machine that does other things.
   */
  private static List<Finding> scaling(Effort effort) {
    JmhRuns one = JmhRuns.calling(ParallelFaults.class, "fault", "vcpus", 1);
    JmhRuns two = JmhRuns.calling(ParallelFaults.class, "fault", "vcpus", 2);
    JmhRuns.alternate(effort.rounds(), one, two);
    double pages = ParallelFaults.PAGES_EACH;
    return List.of(
        new Finding(
            "scaling",
            "throughput of two vCPUs, times one's, by the best calls",
            2 * one.best() / two.best(),
            "x",
            Bound.atLeast(1.7)),
        Finding.of("scaling", "the same by the medians", 2 * one.median() / two.median(), "x"),
        Finding.of("scaling", "one vCPU", pages / one.median(), "M faults/s"),
        Finding.of("scaling", "two vCPUs", 2 * pages / two.median(), "M faults/s"));
  }

  private static List<Finding> trace(Effort effort) {
    JmhRuns plain = JmhRuns.calling(TraceRun.class, "run", "verify", false);
    JmhRuns verified = JmhRuns.calling(TraceRun.class, "run", "verify", true);
    JmhRuns.alternate(effort.fewRounds(), plain, verified);
    double accesses = TraceRun.accesses();
    return List.of(
        new Finding(
            "trace",
            "run of a text trace, one vCPU",
            accesses / plain.median(),
            "M acc/s",
            Bound.atLeast(10)),
        new Finding(
            "trace",
            "run --verify, times that",
            plain.median() / verified.median(),
            "x",
            Bound.atLeast(0.5)),
        Finding.of("trace", "run --verify", accesses / verified.median(), "M acc/s"),
        Finding.of("trace", "accesses in the trace", accesses / MICROS_PER_SECOND, "M"));
  }

  private static List<Finding> log(Effort effort) {
    JmhRuns atOnce = JmhRuns.calling(DirtyLogScan.class, "getAndClear", "manualProtect", false);
    JmhRuns manual = JmhRuns.calling(DirtyLogScan.class, "getAndClear", "manualProtect", true);
    JmhRuns.alternate(effort.fewRounds(), atOnce, manual);
    Bound bound = Bound.atMost(3);
    return List.of(
        new Finding(
            "log",
            "4 GiB, 1 % dirty: get that clears",
            atOnce.median() / MICROS_PER_MILLI,
            "ms",
            bound),
        new Finding(
            "log",
            "4 GiB, 1 % dirty: get, then clear (manual protect)",
            manual.median() / MICROS_PER_MILLI,
            "ms",
            bound));
  }

  private static List<Finding> overhead(Effort effort) {
    MmuOverhead overhead = MmuOverhead.measure(effort == Effort.QUICK ? 1L << 30 : 2L << 30);
    Bound bound = Bound.atMost(0.3);
    return List.of(
        new Finding(
            "overhead",
            "of guest memory mapped, by the MMU's own count",
            100 * overhead.byAudit(),
            "%",
            bound),
        new Finding(
            "overhead",
            "the same by frames gone and all heap of the VM",
            100 * overhead.byMeasurement(),
            "%",
            bound));
  }

  /** Two vCPUs are judged by the best calls, as in {@link #scaling}. */
  private static List<Finding> boot(Effort effort) {
    JmhRuns one = machineCode(MachineCode.INTEGERS);
    JmhRuns two = machineCode(MachineCode.INTEGERS_TWICE);
    JmhRuns faults = machineCode(MachineCode.FAULTS);
    JmhRuns.alternate(effort.rounds(), one, two, faults);
    double instructions = MachineCode.INSTRUCTIONS;
    return List.of(
        new Finding(
            "boot",
            "integers, loads and stores, one vCPU",
            instructions / one.median(),
            "M instr/s",
            Bound.atLeast(40)),
        Finding.of("boot", "the same, best call", instructions / one.best(), "M instr/s"),
        new Finding(
            "boot",
            "a page faults, is invalidated and remapped every 300",
            instructions / faults.median(),
            "M instr/s",
            Bound.atLeast(15)),
        Finding.of("boot", "the same, best call", instructions / faults.best(), "M instr/s"),
        new Finding(
            "boot",
            "throughput of two vCPUs, times one's, by the best calls",
            2 * one.best() / two.best(),
            "x",
            Bound.atLeast(1.8)),
        Finding.of("boot", "the same by the medians", 2 * one.median() / two.median(), "x"));
  }

  private static JmhRuns machineCode(String loop) {
    return JmhRuns.calling(MachineCode.class, "execute", "loop", loop);
  }

  /** The corpus first: whoever runs the checker has a JVM that has just started. */
  private static List<Finding> check(Effort effort) {
    CorpusTime corpus;
    try {
      corpus = CorpusTime.measure(CORES_OF_CORPUS);
    } catch (InterruptedException | ExecutionException e) {
      throw new FailedMeasurementException("the corpus: " + e.getMessage(), e);
    }
    StepRate rate = StepRate.measure();
    return List.of(
        new Finding(
            "check", "the corpus under SC, two cores", corpus.seconds(), "s", Bound.atMost(60)),
        Finding.of("check", "the same, processor time", corpus.processorSeconds(), "s"),
        Finding.of("check", "questions that it asks", corpus.questions(), ""),
        new Finding(
            "check",
            "of these not answered as expected and completely",
            corpus.wrong().size(),
            "",
            Bound.atMost(0)),
        Finding.of("check", "executions that it takes", corpus.executions(), ""),
        Finding.of("check", "slowest: " + corpus.slowest(), corpus.slowestSeconds(), "s"),
        new Finding(
            "check",
            "steps a second on one core, " + rate.scenario(),
            rate.stepsPerSecond() / MICROS_PER_SECOND,
            "M/s",
            Bound.atLeast(1)),
        new Finding(
            "check",
            "building and preparing an MMU in a small scenario",
            BuildCost.measure(),
            "us",
            Bound.atMost(20)));
  }

  private static List<Finding> aging(Effort effort) {
    JmhRuns bits = JmhRuns.calling(Aging.class, "age", "accessedDirty", true);
    JmhRuns tracked = JmhRuns.calling(Aging.class, "age", "accessedDirty", false);
    JmhRuns bitsAgain = JmhRuns.calling(Aging.class, "useAgain", "accessedDirty", true);
    JmhRuns trackedAgain = JmhRuns.calling(Aging.class, "useAgain", "accessedDirty", false);
    JmhRuns.alternate(effort.rounds(), bits, tracked, bitsAgain, trackedAgain);
    double nanosPerPage = 1e3 / (Aging.BYTES / 4096.0);
    return List.of(
        Finding.of("aging", "the host ages a page, A/D bits", bits.median() * nanosPerPage, "ns"),
        Finding.of(
            "aging",
            "the host ages a page, access tracking",
            tracked.median() * nanosPerPage,
            "ns"),
        Finding.of(
            "aging", "the guest uses it again, A/D bits", bitsAgain.median() * nanosPerPage, "ns"),
        Finding.of(
            "aging",
            "the guest uses it again, access tracking",
            trackedAgain.median() * nanosPerPage,
            "ns"));
  }

  private static List<Finding> volatility(Effort effort) {
    List<Finding> findings = new ArrayList<>();
    for (String rule : List.of("any-mmu-writable", "unless-writable")) {
      SpteWrites writes = SpteWrites.count(rule);
      findings.add(
          Finding.of(
              "volatile", rule + ": locked, of all SPTE writes", 100 * writes.atomicShare(), "%"));
      findings.add(Finding.of("volatile", rule + ": locked SPTE writes", writes.atomic(), ""));
    }
    return findings;
  }
}
