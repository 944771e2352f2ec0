package dev.gnomon.machine.migration;

import dev.gnomon.machine.InputException;
import dev.gnomon.machine.guest.Guest;
import dev.gnomon.machine.guest.GuestState;
import dev.gnomon.machine.guest.Mismatch;
import dev.gnomon.machine.guest.ProcessState;
import dev.gnomon.mmu.arch.ControlRegisters;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/** A {@link GuestState}, and the {@link GuestSummary} that comes back, on the wire. */
final class StateCodec {
  private static final int REGISTERS_BYTES = 38;
  private static final int LEAST_PROCESS_BYTES = 60;

  private StateCodec() {}

  static void write(PayloadWriter out, GuestState state) {
    out.put(state.registers().size());
    for (ControlRegisters each : state.registers()) {
      out.put(each.cr0())
          .put(each.cr3())
          .put(each.cr4())
          .put(each.efer())
          .put(each.pkru())
          .put(each.isUser())
          .put(each.isAlignmentCheck());
    }
    writeLongs(out, state.accessesPerVcpu());
    out.put(state.processes().size());
    for (ProcessState each : state.processes()) {
      out.put(each.traceName())
          .put(each.traceBytes())
          .put(each.cr3())
          .put(each.stores())
          .put(each.accesses())
          .put(each.slices())
          .put(each.isFinished());
      writeResult(out, each.verified());
    }
    writeLongs(out, state.sharedWrites());
  }

  /**
   * Reads a state.
   *
   * @throws InputException if it is none
   */
  static GuestState readState(PayloadReader in) {
    try {
      GuestState state =
          new GuestState(
              list(
                  in.getCount(REGISTERS_BYTES),
                  () ->
                      new ControlRegisters(
                          in.getLong(),
                          in.getLong(),
                          in.getLong(),
                          in.getLong(),
                          in.getInt(),
                          in.getBoolean(),
                          in.getBoolean())),
              readLongs(in),
              list(
                  in.getCount(LEAST_PROCESS_BYTES),
                  () ->
                      new ProcessState(
                          in.getText(),
                          in.getLong(),
                          in.getLong(),
                          in.getLong(),
                          in.getLong(),
                          in.getLong(),
                          in.getBoolean(),
                          readResult(in))),
              readLongs(in));
      in.end();
      return state;
    } catch (IllegalArgumentException e) {
      throw new InputException("the peer sent a guest that cannot be: " + e.getMessage(), e);
    }
  }

  static void write(PayloadWriter out, GuestSummary summary) {
    writeLongs(out, summary.accessesPerVcpu());
    writeResult(out, summary.verified());
  }

  static GuestSummary readSummary(PayloadReader in) {
    GuestSummary summary = new GuestSummary(readLongs(in), readResult(in));
    in.end();
    return summary;
  }

  private static void writeResult(PayloadWriter out, Guest.VerifyResult result) {
    Mismatch first = result.first();
    out.put(result.loadsChecked()).put(result.mismatches()).put(first != null);
    if (first != null) {
      out.put(first.process()).put(first.gva()).put(first.expected()).put(first.found());
    }
  }

  private static Guest.VerifyResult readResult(PayloadReader in) {
    long checked = in.getLong();
    long mismatches = in.getLong();
    Mismatch first =
        in.getBoolean()
            ? new Mismatch(in.getInt(), in.getLong(), in.getLong(), in.getLong())
            : null;
    return new Guest.VerifyResult(checked, mismatches, first);
  }

  private static void writeLongs(PayloadWriter out, List<Long> values) {
    out.put(values.size());
    values.forEach(out::put);
  }

  private static List<Long> readLongs(PayloadReader in) {
    return list(in.getCount(Long.BYTES), in::getLong);
  }

  private static <T> List<T> list(int count, Supplier<T> next) {
    List<T> values = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      values.add(next.get());
    }
    return values;
  }
}
