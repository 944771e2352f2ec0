package dev.gnomon.machine.guest.script;

import dev.gnomon.mmu.platform.PhysicalMemory;
import java.util.List;
import java.util.NavigableSet;
import java.util.TreeSet;

/**
 * The pages that a script's vCPUs may write, as far as its text tells: no other page needs to be
 * copied, or compared, by a consumer of the dirty log. All of them count where the text does not
 * tell: where the guest has page tables of its own, or a slot is not in front of the memory that
 * has its addresses.
 */
final class WrittenPages {
  private static final int MOST_WRITES = 10_000;

  /** The first and the last byte of the longest write. */
  private static final long LONGEST = 7;

  private final NavigableSet<Long> pages = new TreeSet<>();
  private final long[] counters = new long[Script.DEEPEST_LOOP];
  private int writes;
  private boolean isAny;

  private WrittenPages(Script script) {
    isAny = script.tables() != null;
    visit(script.prepare());
    script.vcpus().values().forEach(this::visit);
    script.hosts().values().forEach(this::visit);
    visit(script.finish());
  }

  static WrittenPages of(Script script) {
    return new WrittenPages(script);
  }

  private void visit(List<Statement> statements) {
    statements.forEach(this::visit);
  }

  private void visit(Statement statement) {
    switch (statement) {
      case Statement.Repeat repeat -> {
        for (long i = 0; i < repeat.times() && !isAny; i++) {
          counters[repeat.loop()] = i;
          visit(repeat.body());
        }
        if (repeat.times() == Statement.Repeat.WHILE_RUNNING) {
          // What slots it changes counts; its counter does not matter for that.
          visit(repeat.body());
        }
      }
      case Statement.OnVcpu onVcpu -> visit(onVcpu.statement());
      case Statement.Write write -> written(write.address());
      case Statement.Add add -> written(add.address());
      case Statement.Exchange exchange -> written(exchange.address());
      case Statement.AddSlot slot ->
          isAny |= slot.gpa().value(counters) != slot.offset().value(counters);
      case Statement.MoveSlot move -> isAny = true;
      default -> {}
    }
  }

  private void written(Expression address) {
    long first = address.value(counters);
    pages.add(PhysicalMemory.pfn(first));
    pages.add(PhysicalMemory.pfn(first + LONGEST));
    isAny |= ++writes > MOST_WRITES;
  }

  /** Whether a page, by its place in the VM's memory, may be written. */
  boolean contains(long page) {
    return isAny || pages.contains(page);
  }

  /** The first that may be written, at {@code page} or after it; {@code end} if none is before. */
  long next(long page, long end) {
    if (isAny) {
      return page;
    }
    Long found = pages.ceiling(page);
    return found == null ? end : Math.min(found, end);
  }
}
