package dev.gnomon.bench;

import dev.gnomon.bench.host.ResumeAfterClear;
import dev.gnomon.bench.shadow.ContextSwitch;
import dev.gnomon.bench.shadow.ForkLoop;
import dev.gnomon.bench.shadow.ShadowedFault;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What is measured of the shadow MMU. */
final class ShadowMeasurements {
  private static final double NANOS_PER_MICRO = 1e3;
  private static final double MOST_NANOS_OF_FAULT = 1500;

  private ShadowMeasurements() {}

  static List<Finding> faults(Effort effort) {
    JmhRuns access = JmhRuns.sampling(ShadowedFault.class, "access");
    JmhRuns handler = JmhRuns.sampling(ShadowedFault.class, "handle");
    JmhRuns accessAlone = JmhRuns.sampling(ShadowedFault.class, "accessAlone");
    JmhRuns handlerAlone = JmhRuns.sampling(ShadowedFault.class, "handleAlone");
    JmhRuns.alternate(effort.rounds(), access, handler, accessAlone, handlerAlone);
    Bound bound = Bound.atMost(MOST_NANOS_OF_FAULT);
    double garbage = Math.max(access.allocated(), handler.allocated());
    return List.of(
        new Finding(
            "shadow",
            "fault, access to retry, 7 neighbours prefetched",
            access.median(),
            "ns",
            bound),
        new Finding("shadow", "the MMU's part of that", handler.median(), "ns", bound),
        Finding.of("shadow", "the MMU's part, 99 in 100 below", handler.tail(), "ns"),
        new Finding(
            "shadow", "fault, access to retry, no neighbour", accessAlone.median(), "ns", bound),
        new Finding("shadow", "the MMU's part of that", handlerAlone.median(), "ns", bound),
        new Finding(
            "shadow", "garbage of one fault", garbage, "B", Bound.atMost(Measurements.NO_GARBAGE)));
  }

  static List<Finding> contextSwitch(Effort effort) {
    JmhRuns change = contextSwitch("loadCr3AndChangeTable", 3);
    JmhRuns changeWithout = contextSwitch("loadCr3AndChangeTable", 0);
    JmhRuns whole = contextSwitch("loadCr3", 3);
    JmhRuns wholeWithout = contextSwitch("loadCr3", 0);
    JmhRuns part = contextSwitch("mmuPart", 3);
    JmhRuns partWithout = contextSwitch("mmuPart", 0);
    JmhRuns.alternate(
        effort.rounds(), change, changeWithout, whole, wholeWithout, part, partWithout);
    List<Finding> findings = new ArrayList<>();
    addSwitch(findings, "MOV CR3, a table entry changed", change, changeWithout, Bound.atLeast(10));
    addSwitch(findings, "MOV CR3, nothing else", whole, wholeWithout, null);
    addSwitch(findings, "the MMU's part of that", part, partWithout, null);
    double garbage = part.allocated() / ContextSwitch.SWITCHES;
    Bound none = Bound.atMost(Measurements.NO_GARBAGE);
    findings.add(
        new Finding("switch", "garbage of the MMU's part, root cached", garbage, "B", none));
    return findings;
  }

  private static void addSwitch(
      List<Finding> findings, String what, JmhRuns on, JmhRuns off, @Nullable Bound bound) {
    double each = ContextSwitch.SWITCHES / NANOS_PER_MICRO;
    findings.add(
        new Finding(
            "switch", what + ": root cache off, times on", off.median() / on.median(), "x", bound));
    findings.add(Finding.of("switch", what + ": root cached", on.median() / each, "ns"));
    findings.add(Finding.of("switch", what + ": root cache off", off.median() / each, "ns"));
  }

  private static JmhRuns contextSwitch(String method, int previousRoots) {
    return JmhRuns.sampling(ContextSwitch.class, method, "previousRoots", previousRoots);
  }

  static List<Finding> fork(Effort effort) {
    JmhRuns on = JmhRuns.sampling(ForkLoop.class, "fork", "unsync", true);
    JmhRuns off = JmhRuns.sampling(ForkLoop.class, "fork", "unsync", false);
    JmhRuns.alternate(effort.rounds(), on, off);
    return List.of(
        new Finding(
            "fork",
            "fork, COW, exit: unsync off, times on",
            off.median() / on.median(),
            "x",
            Bound.atLeast(3)),
        Finding.of("fork", "one fork, unsync on", on.median(), "us"),
        Finding.of("fork", "one fork, unsync off", off.median(), "us"));
  }

  static List<Finding> resume(Effort effort) {
    JmhRuns legacyOn = resume("LEGACY_TDP", "on");
    JmhRuns legacyOff = resume("LEGACY_TDP", "off");
    JmhRuns on = resume("TDP", "on");
    JmhRuns off = resume("TDP", "off");
    JmhRuns.alternate(effort.rounds(), legacyOn, legacyOff, on, off);
    List<Finding> findings = new ArrayList<>();
    add(findings, "tdp_mmu=off", legacyOn, legacyOff);
    add(findings, "tdp_mmu=on", on, off);
    double garbage = legacyOn.allocated() / ResumeAfterClear.PAGES;
    Bound none = Bound.atMost(Measurements.NO_GARBAGE);
    findings.add(
        new Finding("resume", "tdp_mmu=off: garbage of one fast fault", garbage, "B", none));
    return findings;
  }

  private static JmhRuns resume(String mmu, String fastFault) {
    Map<String, String> parameters = Map.of("mmu", mmu, "fastFault", fastFault);
    return JmhRuns.calling(ResumeAfterClear.class, "resume", parameters);
  }

  private static void add(List<Finding> findings, String mmu, JmhRuns on, JmhRuns off) {
    double less = 100 * (1 - on.median() / off.median());
    double milli = Measurements.MICROS_PER_MILLI;
    findings.add(
        Finding.of("resume", mmu + ": less time by fast-fault=on (KVM in 2012: 53.6)", less, "%"));
    findings.add(
        Finding.of("resume", mmu + ": 256 MiB, 2 vCPUs, fast-fault=on", on.median() / milli, "ms"));
    findings.add(
        Finding.of("resume", mmu + ": the same, fast-fault=off", off.median() / milli, "ms"));
    findings.add(
        Finding.of(
            "resume",
            mmu + ": less time, by the best calls",
            100 * (1 - on.best() / off.best()),
            "%"));
  }
}
