package dev.gnomon.machine.guest;

import dev.gnomon.machine.processor.Vcpu;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * Checks what one process loads and fetches against its {@link MemoryRecord}, and remembers the
 * first thing that was wrong. Used by one CPU at a time, as its process is.
 */
final class Verifier {
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private final int process;
  private final MemoryRecord record;
  private long checked;
  private long mismatches;
  private @Nullable Mismatch first;

  Verifier(int process, long seed) {
    this.process = process;
    record = new MemoryRecord(seed);
  }

  /** Goes on from what another has found. */
  void restore(Guest.VerifyResult before) {
    checked = before.loadsChecked();
    mismatches = before.mismatches();
    first = before.first();
  }

  /** What it has found. */
  Guest.VerifyResult result() {
    return new Guest.VerifyResult(checked, mismatches, first);
  }

  /** Checks 1 to 8 bytes that were loaded or fetched. */
  void check(long gva, int bytes, long found) {
    checked++;
    long expected = record.expected(gva, bytes);
    if (expected != found) {
      mismatch(gva, expected, found);
    }
  }

  /** Notes 1 to 8 bytes that were stored. */
  void stored(long gva, int bytes, long value) {
    record.written(gva, bytes, value);
  }

  /** Reads every page that the process has touched, and checks it whole. */
  void sweep(Vcpu vcpu) {
    for (long page : record.touchedPages()) {
      byte[] content = record.pageContent(page);
      for (int offset = 0; offset < content.length; offset += 8) {
        long expected = (long) LONG.get(content, offset);
        long found = vcpu.readLong(page + offset);
        checked++;
        if (expected != found) {
          mismatch(page + offset, expected, found);
        }
      }
    }
  }

  /** Notes a mismatch that was found by other means. */
  void mismatch(long gva, long expected, long found) {
    mismatches++;
    if (first == null) {
      first = new Mismatch(process, gva, expected, found);
    }
  }

  long checked() {
    return checked;
  }

  long mismatches() {
    return mismatches;
  }

  @Nullable Mismatch first() {
    return first;
  }

  MemoryRecord record() {
    return record;
  }
}
