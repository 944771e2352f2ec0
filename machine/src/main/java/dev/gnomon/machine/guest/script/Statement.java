package dev.gnomon.machine.guest.script;

import dev.gnomon.mmu.config.Stat;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a section of a script consists of. Lines are counted from 1. */
sealed interface Statement {

  /** Where it stands. */
  int line();

  /** Statements that are run so many times, or {@link #WHILE_RUNNING}. */
  record Repeat(int line, long times, int loop, List<Statement> body) implements Statement {
    /** As long as any vCPU section runs; then once more. */
    static final long WHILE_RUNNING = -1;

    public Repeat {
      body = List.copyOf(body);
    }
  }

  // --- by a vCPU ---

  /** Reads, or fetches, {@code size} bytes. */
  record Read(int line, Expression address, int size, boolean isFetch, Expectation expectation)
      implements Statement {}

  /** Writes {@code size} bytes. */
  record Write(int line, Expression address, int size, Expression value, Expectation expectation)
      implements Statement {}

  /** Adds to 8 bytes, locked. */
  record Add(int line, Expression address, Expression delta, Expectation expectation)
      implements Statement {}

  /** Compares and exchanges 8 bytes, locked. */
  record Exchange(
      int line, Expression address, Expression expected, Expression value, Expectation expectation)
      implements Statement {}

  /** Loads CR3; the same value again, if none is given. */
  record LoadCr3(int line, @Nullable Expression value) implements Statement {}

  /** Drops the translation of an address. */
  record Invlpg(int line, Expression address) implements Statement {}

  /** Goes to CPL 3 or to CPL 0. */
  record SetPrivilege(int line, boolean isUser) implements Statement {}

  /** Loads CR0 with WP set or clear. */
  record SetWriteProtect(int line, boolean isOn) implements Statement {}

  // --- by any thread ---

  /** Tells other threads that it has come here. */
  record Signal(int line, int number) implements Statement {}

  /** Waits for a signal; a vCPU does so outside the guest, as in HLT. */
  record Await(int line, int number) implements Statement {}

  // --- by the host ---

  /** Something that the host does to one page of the VM's memory. */
  record ToPage(int line, PageAction action, Expression address) implements Statement {}

  /** What {@link ToPage} does. */
  enum PageAction {
    EVICT,
    WRITEBACK,
    /** The first half of a write-back: the MMU forgets the page. */
    START_WRITEBACK,
    /** The second half, which may come when the page is mapped again. */
    FINISH_WRITEBACK,
    MIGRATE,
    TRACK,
    UNTRACK
  }

  /** Asks whether a page was used; {@code expected} is null for either. */
  record Age(int line, Expression address, boolean clears, @Nullable Boolean expected)
      implements Statement {}

  /** Reads 8 bytes of the VM's memory as the VMM does. */
  record Peek(int line, Expression address, Expectation expectation) implements Statement {}

  /** Switches dirty logging of a slot on or off. */
  record SwitchLog(int line, boolean isOn, int slot) implements Statement {}

  /** Takes what the dirty log reports, which must contain some pages. */
  record TakeLog(int line, int slot, List<Expression> contains) implements Statement {
    public TakeLog {
      contains = List.copyOf(contains);
    }
  }

  /** With manual protect: clears what was taken. */
  record ClearLog(int line, int slot) implements Statement {}

  /** Takes the last report, and compares what the log's consumer has copied with memory. */
  record CheckLog(int line) implements Statement {}

  /** Deletes a slot. */
  record DeleteSlot(int line, int slot) implements Statement {}

  /** Adds a slot in front of a part of the VM's memory. */
  record AddSlot(
      int line, int slot, Expression gpa, Expression size, Expression offset, boolean isReadOnly)
      implements Statement {}

  /** Moves a slot. */
  record MoveSlot(int line, int slot, Expression gpa) implements Statement {}

  /** Flushes every vCPU's TLB. */
  record Flush(int line) implements Statement {}

  /** Zaps everything fast. */
  record ZapAll(int line) implements Statement {}

  /** Sets how many pages the shadow MMU may keep. */
  record LimitPages(int line, Expression limit) implements Statement {}

  /** Undoes splits of the NX mitigation. */
  record RecoverNx(int line, Expression limit) implements Statement {}

  // --- at the end ---

  /** Compares a counter with a number. */
  record CheckStat(int line, Stat stat, Comparison comparison, Expression number)
      implements Statement {}

  /** Runs a statement on a vCPU of a number; in the parts that run alone. */
  record OnVcpu(int line, int vcpu, Statement statement) implements Statement {}
}
