package dev.gnomon.cli.event;

import dev.gnomon.mmu.arch.FaultCode;
import dev.gnomon.mmu.spte.SpteFormat;

/**
 * An event as a line of the kernel's ftrace: {@code comm-tid [cpu] flags time: event: fields}, the
 * fields as the kernel prints them, or, for events that it does not have, as the recordings do.
 */
final class EventText {
  /** No line is longer, but for a marker's text. */
  static final int LONGEST = 512;

  /** Where the kernel maps all physical memory: it prints entries' addresses as pointers. */
  private static final long DIRECT_MAP = 0xffff_8880_0000_0000L;

  private static final long NANOS_A_MICRO = 1_000;
  private static final long MICROS_A_SECOND = 1_000_000;
  private static final int COMM_WIDTH = 16;
  private static final int FIRST_WORD = 2;

  /** How an entry was written: see {@link RingTracepoints}. */
  private static final String[] SPTE_CHANGES = {
    "fast", "set", "update", "clear", "clear_no_track", "age"
  };

  private final boolean countsEvents;
  private long count;

  /** The time, a count of events if asked for, as the kernel's trace_clock "counter" has it. */
  EventText(boolean countsEvents) {
    this.countsEvents = countsEvents;
  }

  /** Adds a line, with its end. */
  void format(Line line, TracedMachine machine, int cpu, EventRing ring, long record) {
    head(line, machine, cpu, ring.word(record, 0));
    EventKind kind = EventKind.of(ring.word(record, 1));
    line.add(kind.head());
    fields(line, kind, machine, ring, record);
    line.add('\n');
  }

  private void head(Line line, TracedMachine machine, int cpu, long nanos) {
    boolean isVcpu = cpu < machine.vcpus();
    String comm = isVcpu ? "vcpu" : "host";
    int number = isVcpu ? cpu : cpu - machine.vcpus();
    int inTrace = machine.firstCpu() + cpu;
    int start = line.length();
    int digits = number < 10 ? 1 : number < 100 ? 2 : 3;
    for (int i = comm.length() + digits; i < COMM_WIDTH; i++) {
      line.add(' ');
    }
    line.add(comm).decimal(number).add('-').decimal(inTrace + 1L);
    for (int i = line.length() - start; i < COMM_WIDTH + 9; i++) {
      line.add(' ');
    }
    line.add('[').decimal(inTrace, 3, '0').add("] d..1. ");
    if (countsEvents) {
      line.decimal(++count);
    } else {
      long micros = nanos / NANOS_A_MICRO;
      line.decimal(micros / MICROS_A_SECOND, 5, ' ').add('.');
      line.decimal(micros % MICROS_A_SECOND, 6, '0');
    }
    line.add(": ");
  }

  private void fields(
      Line line, EventKind kind, TracedMachine machine, EventRing ring, long record) {
    long a = ring.word(record, FIRST_WORD);
    long b = ring.word(record, FIRST_WORD + 1);
    long c = ring.word(record, FIRST_WORD + 2);
    long d = ring.word(record, FIRST_WORD + 3);
    long e = ring.word(record, FIRST_WORD + 4);
    switch (kind) {
      case KVM_MMU_GET_PAGE ->
          page(line, a, b, (int) c, d, e).add((e & 2) != 0 ? " new" : " existing");
      case KVM_MMU_PREPARE_ZAP_PAGE, KVM_MMU_UNSYNC_PAGE, KVM_MMU_SYNC_PAGE ->
          page(line, a, b, (int) c, d, e);
      case KVM_MMU_ORACLE_SP ->
          line.add("spt ")
              .hex(a)
              .add(" gfn ")
              .hex(b)
              .add(" level ")
              .decimal(c & 0xf)
              .add(" role ")
              .hex(c);
      case KVM_MMU_SET_ACCESSED_BIT, KVM_MMU_SET_DIRTY_BIT -> line.add("gpa ").hex(a);
      case KVM_MMU_WALKER_ERROR -> flags(line.add("pferr ").hex(a).add(' '), a);
      case KVM_MMU_ORACLE_RMAP ->
          line.add(e == 0 ? "add" : "remove")
              .add(" gfn ")
              .hex(a)
              .add(" level ")
              .decimal(b)
              .add(" at ")
              .hex(c)
              .add(" count ")
              .decimal(d);
      case KVM_MMU_ORACLE_ROOT ->
          line.add("vcpu ").decimal(a).add(" hpa ").hex(b).add(" role ").hex(c);
      case KVM_MMU_ZAP_ALL_FAST ->
          line.add("kvm-mmu-valid-gen ").decimal(a).add(" used_pages ").hex(b);
      case KVM_PAGE_FAULT ->
          line.add("vcpu ")
              .decimal(a)
              .add(" rip 0x")
              .hex(b)
              .add(" address 0x")
              .hex(c, 16)
              .add(" error_code 0x")
              .hex(d);
      case KVM_MMU_SPTE_REQUESTED ->
          line.add("gfn ").hex(a).add(" pfn ").hex(b).add(" level ").decimal(c);
      case KVM_MMU_SET_SPTE -> {
        line.add("gfn ").hex(a).add(" spte ").hex(b).add(" (");
        access(line, machine.format(), b);
        line.add(") level ").decimal(c).add(" at ").hex(d);
      }
      case FAST_PAGE_FAULT -> {
        line.add("vcpu ").decimal(a).add(" gva ").hex(b).add(" error_code ");
        flags(line, c);
        line.add(" sptep ").hex(DIRECT_MAP + d, 16).add(" old 0x").hex(e).add(" new ");
        line.hex(ring.word(record, FIRST_WORD + 5));
        long ends = ring.word(record, FIRST_WORD + 6);
        line.add(" spurious ").decimal(ends & 1).add(" fixed ").decimal(ends >>> 1);
      }
      case KVM_MMU_ORACLE_SPTE ->
          line.add("level ")
              .decimal(a)
              .add(" at ")
              .hex(b)
              .add(" old ")
              .hex(c)
              .add(" new ")
              .hex(d)
              .add(' ')
              .add(SPTE_CHANGES[(int) e]);
      case KVM_TDP_MMU_SPTE_CHANGED ->
          line.add("as id ")
              .decimal(a)
              .add(" gfn ")
              .hex(b)
              .add(" level ")
              .decimal(c)
              .add(" old_spte ")
              .hex(d)
              .add(" new_spte ")
              .hex(e);
      case KVM_MMU_SPLIT_HUGE_PAGE ->
          line.add("gfn ")
              .hex(a)
              .add(" spte ")
              .hex(b)
              .add(" level ")
              .decimal(c)
              .add(" errno ")
              .decimal(d);
      case MARK_MMIO_SPTE ->
          line.add("sptep:")
              .hex(DIRECT_MAP + a, 16)
              .add(" gfn ")
              .hex(b)
              .add(" access ")
              .hex(c)
              .add(" gen ")
              .hex(d);
      case CHECK_MMIO_SPTE ->
          line.add("spte ")
              .hex(a)
              .add(" kvm_gen ")
              .hex(b)
              .add(" spte-gen ")
              .hex(c)
              .add(" valid ")
              .decimal(b == c ? 1 : 0);
      case HANDLE_MMIO_PAGE_FAULT ->
          line.add("addr:").hex(a).add(" gfn ").hex(b).add(" access ").hex(c);
      case KVM_UNMAP_HVA_RANGE -> range(line.add("mmu notifier unmap range: "), a, b);
      case KVM_AGE_HVA -> range(line.add("mmu notifier age hva: "), a, b);
      case KVM_TEST_AGE_HVA -> line.add("mmu notifier test age hva: 0x").hex(a, 14);
      case KVM_DIRTY_RING_PUSH -> {
        counters(line, a, b, c).add(" slot ").decimal(d).add(" offset 0x").hex(e);
        line.add(" (used ").decimal(b - c).add(')');
      }
      case KVM_DIRTY_RING_RESET -> counters(line, a, b, c).add(" (used ").decimal(b - c).add(')');
      case TRACING_MARK_WRITE -> line.add(machine.text((int) a));
    }
  }

  private static Line page(Line line, long gen, long gfn, int role, long rootCount, long flags) {
    line.add("sp gen ").decimal(gen).add(" gfn ").hex(gfn).add(" l").decimal(role & 0xf);
    line.add((role & 0x10) != 0 ? " 4-byte q" : " 8-byte q").decimal(role >>> 5 & 3);
    line.add((role & 0x80) != 0 ? " direct " : " ");
    line.add((role & 0x200) != 0 ? 'w' : '-');
    line.add((role & 0x400) != 0 ? 'u' : '-');
    line.add((role & 0x100) != 0 ? 'x' : '-');
    line.add((role & 0x800) != 0 ? " invalid" : "");
    line.add((role & 0x1000) != 0 ? " nxe" : " !nxe");
    line.add((role & 0x10000) != 0 ? " !ad" : " ad");
    line.add(" root ").decimal(rootCount);
    return line.add((flags & 1) != 0 ? " unsync" : " sync");
  }

  private static void access(Line line, SpteFormat format, long spte) {
    line.add(format.allows(spte, false, false) ? 'r' : '-');
    line.add(SpteFormat.isWritable(spte) ? 'w' : '-');
    line.add(format.isExecutable(spte) ? 'x' : '-');
    line.add(format.isUser(spte) ? 'u' : '-');
  }

  /** A fault code as the kernel prints its flags, and what has no name as a number. */
  private static void flags(Line line, long code) {
    int start = line.length();
    flag(line, start, code, FaultCode.PRESENT, "P");
    flag(line, start, code, FaultCode.WRITE, "W");
    flag(line, start, code, FaultCode.USER, "U");
    flag(line, start, code, FaultCode.RESERVED, "RSVD");
    flag(line, start, code, FaultCode.FETCH, "F");
    long rest = code & -1L << 5;
    if (rest != 0) {
      line.add(line.length() > start ? "|0x" : "0x").hex(rest);
    }
  }

  private static void flag(Line line, int start, long code, long bit, String name) {
    if ((code & bit) != 0) {
      line.add(line.length() > start ? "|" : "").add(name);
    }
  }

  private static void range(Line line, long start, long end) {
    line.add("0x").hex(start, 14).add(" -- 0x").hex(end, 14);
  }

  private static Line counters(Line line, long ring, long dirty, long reset) {
    return line.add("ring ").decimal(ring).add(": dirty 0x").hex(dirty).add(" reset 0x").hex(reset);
  }
}
