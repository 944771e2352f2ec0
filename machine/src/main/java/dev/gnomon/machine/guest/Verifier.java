package dev.gnomon.machine.guest;

import dev.gnomon.machine.processor.Vcpu;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.SplittableRandom;
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

  Verifier(int process, InitialContent initial) {
    this(process, new MemoryRecord(initial));
  }

  private Verifier(int process, MemoryRecord record) {
    this.process = process;
    this.record = record;
  }

  /** One for a process that has just been forked off, with nothing checked. */
  Verifier fork() {
    return new Verifier(process, record.copy());
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

  /** Goes on from what another has found besides. */
  void add(Guest.VerifyResult other) {
    checked += other.loadsChecked();
    mismatches += other.mismatches();
    first = first == null ? other.first() : first;
  }

  /** Reads every page that the process has touched, and checks it whole. */
  void sweep(Vcpu vcpu) {
    for (long page : record.touchedPages()) {
      sweepPage(vcpu, page);
    }
  }

  /** Reads so many of the pages that the process has touched, and checks them whole. */
  void sweepSome(Vcpu vcpu, int pages, SplittableRandom random) {
    long[] touched = record.touchedPages();
    for (int i = 0; i < Math.min(pages, touched.length); i++) {
      sweepPage(vcpu, touched[random.nextInt(touched.length)]);
    }
  }

  private void sweepPage(Vcpu vcpu, long page) {
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

  /** Notes a mismatch that was found by other means. */
  void mismatch(long gva, long expected, long found) {
    mismatches++;
    if (first == null) {
      first = new Mismatch(process, gva, expected, found);
    }
  }

  MemoryRecord record() {
    return record;
  }
}
