package dev.gnomon.checker.report;

import dev.gnomon.checker.property.Property;
import dev.gnomon.checker.property.Violation;
import dev.gnomon.checker.report.MachineState.Entry;
import dev.gnomon.checker.report.MachineState.Held;
import dev.gnomon.checker.report.MachineState.Log;
import dev.gnomon.checker.report.MachineState.Processor;
import dev.gnomon.checker.schedule.MemoryModel;
import dev.gnomon.checker.schedule.Step;
import dev.gnomon.machine.processor.CachedTranslation;
import dev.gnomon.mmu.config.MmuConfig;
import dev.gnomon.mmu.config.TdpKind;
import dev.gnomon.mmu.spte.SpteFormat;
import dev.gnomon.mmu.spte.SpteText;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A counterexample put together by hand, as the explorer finds it with {@code tdp-write=plain}: the
 * zapper reads W clear, a fast page fault sets W, the guest writes, the zapper stores blindly.
 */
final class FastFaultAgainstZap {
  static final String ZAP = "TdpZapper.zapLeaves:61";
  static final long GFN = 0x100;

  private static final int VCPU = 0;
  private static final int HOST = 1;
  private static final long SPTE_HPA = 0x14800;
  private static final SpteFormat FORMAT =
      new SpteFormat(MmuConfig.of(TdpKind.EPT, 1).withAccessedDirty(false));
  private static final long READ_ONLY =
      FORMAT.leafBase(true)
          | FORMAT.readBits(true)
          | FORMAT.hostWritableBit()
          | FORMAT.mmuWritableBit()
          | 0x45L << 12;
  private static final long WRITABLE = READ_ONLY | SpteFormat.WRITABLE;

  private final List<Moment> moments = new ArrayList<>();
  private final List<Held> locks = new ArrayList<>();
  private final List<CachedTranslation> tlb = new ArrayList<>();
  private final List<Long> dirty = new ArrayList<>();
  private long spte = READ_ONLY;
  private boolean isInGuest = true;
  private String requests = "";

  private FastFaultAgainstZap() {}

  static Recording recording() {
    return new FastFaultAgainstZap().build();
  }

  private Recording build() {
    MachineState start = state();
    zapperReads();
    guestWrites();
    zapperStores();
    Map<String, String> rules = new LinkedHashMap<>();
    rules.put("tdp-write", "plain");
    rules.put("pfn-dirty", "on-clear");
    return new Recording(
        new Recording.Scenario(
            "fast-fault-vs-zap",
            """
            A page is mapped with W clear, as dirty logging leaves it. The host takes it away
            while a vCPU writes it: the fast page fault sets W without mmu_lock.

            The zapper must not lose what happens between its load and its store.
            """,
            rules),
        new Recording.Search(MemoryModel.SC, 0, 1, true),
        new Violation(
            Property.NO_WRITE_LOST,
            "gpa 0x100000 reads 0 after the page came back from swap, the guest wrote 1"),
        List.of(new Lane(VCPU, "vcpu 0"), new Lane(HOST, "host 0")),
        start,
        moments);
  }

  // --- what happens ---

  private void zapperReads() {
    locks.add(new Held("mmu_lock for writing", HOST));
    other(
        HOST,
        Step.Kind.LOCK,
        Subject.LOCK,
        "mmu_lock for writing",
        "MmuNotifier.invalidateStart:52");
    table(HOST, 4, 0x11000, "TableIterator.reread:84", ZAP);
    table(HOST, 3, 0x12000, "TableIterator.reread:84", ZAP);
    table(HOST, 2, 0x13000, "TableIterator.reread:84", ZAP);
    leaf(HOST, Step.Kind.LOAD, READ_ONLY, READ_ONLY, "TableIterator.reread:84", ZAP);
  }

  private void guestWrites() {
    request(Step.Kind.LOAD, 0, 0, "Vcpu.pollRequests:161", "Vcpu.writeLong:231", VCPU);
    table(VCPU, 4, 0x11000, "NestedWalker.walk:98", "GuestWalker.walkPhysical:96");
    leaf(
        VCPU,
        Step.Kind.LOAD,
        READ_ONLY,
        READ_ONLY,
        "NestedWalker.walk:98",
        "GuestWalker.walkPhysical:96");
    isInGuest = false;
    mode("vcpu 0 leaves guest mode", "Vcpu.leaveGuest:121");
    String fix = "FastPageFault.attempt:73";
    table(VCPU, 4, 0x11000, fix, "FastPageFault.fix:63");
    leaf(
        VCPU,
        Step.Kind.LOAD,
        READ_ONLY,
        READ_ONLY,
        "FastPageFault.attempt:78",
        "FastPageFault.fix:63");
    spte = WRITABLE;
    leaf(
        VCPU,
        Step.Kind.READ_MODIFY_WRITE,
        READ_ONLY,
        WRITABLE,
        "SpteWriter.tryReplace:77",
        "FastPageFault.install:112");
    dirty.add(GFN);
    Step marks =
        step(
            VCPU,
            Step.Kind.READ_MODIFY_WRITE,
            "Memslot[4]",
            0,
            1,
            "DirtyMarker.mark:62",
            "FastPageFault.attempt:104");
    add(marks, Subject.DIRTY_LOG, StepText.bitmap(marks, "slot 0", GFN), false);
    isInGuest = true;
    mode("vcpu 0 enters guest mode", "Vcpu.enterGuest:108");
    tlb.add(new CachedTranslation(CachedTranslation.Cache.TLB, 0x100000, 0x45000, 1, "RWX D"));
    leaf(
        VCPU,
        Step.Kind.LOAD,
        WRITABLE,
        WRITABLE,
        "NestedWalker.walk:98",
        "GuestWalker.walkPhysical:96");
    Step write =
        step(
            VCPU,
            Step.Kind.STORE,
            "memory 0x45000",
            0,
            1,
            "Vcpu.writeLong:244",
            "GuestRunner.write:71");
    add(write, Subject.GUEST_MEMORY, StepText.guestMemory(write, "gpa 0x100000"), false);
  }

  private void zapperStores() {
    long old = spte;
    spte = SpteFormat.NON_PRESENT;
    leaf(HOST, Step.Kind.STORE, old, spte, "SpteWriter.replace:52", ZAP);
    requests = "TLB_FLUSH";
    request(
        Step.Kind.READ_MODIFY_WRITE,
        0,
        1,
        "Rendezvous.request:104",
        "TlbFlusher.flushAll:26",
        HOST);
    request(Step.Kind.LOAD, 1, 1, "Vcpu.pollRequests:161", "Vcpu.readLong:216", VCPU);
    isInGuest = false;
    mode("vcpu 0 leaves guest mode", "Vcpu.leaveGuest:121");
    requests = "";
    request(
        Step.Kind.READ_MODIFY_WRITE, 1, 0, "Rendezvous.take:95", "Vcpu.lookAtRequests:141", VCPU);
    tlb.clear();
    locks.clear();
    other(
        HOST,
        Step.Kind.UNLOCK,
        Subject.LOCK,
        "mmu_lock for writing",
        "MmuNotifier.invalidateStart:60");
    Step free =
        step(HOST, Step.Kind.FREE, "frame 0x45", 0, 0, "PageOut.drop:188", "PageOut.evict:95");
    add(free, Subject.FRAME, "free pfn 45 (gfn 0x100)", false);
  }

  // --- how it is written down ---

  private Step step(
      int cpu,
      Step.Kind kind,
      String target,
      long before,
      long after,
      String place,
      String caller) {
    String name = cpu == VCPU ? "vcpu 0" : "host 0";
    return new Step(
        moments.size() + 1, cpu, name, kind, target, -1, null, 0, before, after, place, caller);
  }

  private void add(Step step, Subject subject, String text, boolean isMinor) {
    moments.add(new Moment(step, subject, text, isMinor, state()));
  }

  private void table(int cpu, int level, long hpa, String place, String caller) {
    long value = FORMAT.table((hpa >> 12) + 1);
    Step step = step(cpu, Step.Kind.LOAD, "memory " + hpa, value, value, place, caller);
    String name = "spte gfn 0x0 level " + level;
    add(step, Subject.SPTE, StepText.spte(step, FORMAT, name, level), true);
  }

  private void leaf(int cpu, Step.Kind kind, long before, long after, String place, String caller) {
    Step step = step(cpu, kind, "memory " + SPTE_HPA, before, after, place, caller);
    String name = "spte gfn " + StepText.hex(GFN) + " level 1";
    add(step, Subject.SPTE, StepText.spte(step, FORMAT, name, 1), false);
  }

  private void request(
      Step.Kind kind, long before, long after, String place, String caller, int cpu) {
    Step step = step(cpu, kind, "Rendezvous[0]", before, after, place, caller);
    boolean isMinor = kind == Step.Kind.LOAD && after == 0;
    add(step, Subject.REQUEST, StepText.requests(step, 0), isMinor);
  }

  private void mode(String text, String place) {
    Step step = step(VCPU, Step.Kind.STORE, "Rendezvous[16]", 0, 0, place, place);
    add(step, Subject.GUEST_MODE, text, false);
  }

  private void other(int cpu, Step.Kind kind, Subject subject, String target, String place) {
    Step step = step(cpu, kind, target, 0, 0, place, "PageOut.evict:90");
    add(step, subject, StepText.other(step), false);
  }

  private MachineState state() {
    List<Entry> entries = new ArrayList<>();
    for (int level = 4; level > 1; level--) {
      long hpa = (0x15L - level) << 12;
      long value = FORMAT.table((hpa >> 12) + 1);
      entries.add(
          new Entry(
              0x11,
              4 - level,
              level,
              "gfn 0x0",
              hpa,
              value,
              SpteText.meaning(FORMAT, value, level)));
    }
    if (!SpteFormat.isNonPresent(spte)) {
      entries.add(
          new Entry(
              0x11,
              3,
              1,
              "gfn " + StepText.hex(GFN),
              SPTE_HPA,
              spte,
              SpteText.meaning(FORMAT, spte, 1)));
    }
    Processor processor = new Processor(0, isInGuest, requests, "pfn 11", tlb);
    return new MachineState(
        entries,
        List.of(processor),
        List.of(new Log("slot 0", dirty)),
        List.of(),
        locks,
        List.of());
  }
}
