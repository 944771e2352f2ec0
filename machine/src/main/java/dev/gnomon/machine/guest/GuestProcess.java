package dev.gnomon.machine.guest;

import dev.gnomon.machine.InputException;
import dev.gnomon.machine.processor.Vcpu;
import dev.gnomon.machine.trace.TraceBatch;
import dev.gnomon.machine.trace.TraceReader;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A process of the guest: it plays one trace. Run by one vCPU at a time; handed from one to the
 * next through the run queue.
 *
 * <p>A load reads, a store writes a value made of its address and of how many stores came before
 * it, a fetch reads as code, a modify loads and then stores. Accesses of more than 8 bytes are made
 * of 8-byte ones.
 */
final class GuestProcess {
  private static final int WORD = 8;

  private final int id;
  private final long seed;
  private final long cr3;
  private final long userEnd;
  private final long userMask;
  private final Supplier<TraceReader> opener;
  private final String traceName;
  private final @Nullable Verifier verifier;
  private final TraceBatch batch = new TraceBatch();
  private TraceReader reader;
  private int position;
  private long records;
  private long stores;
  private long accesses;
  private long slices;
  private boolean isFinished;

  /** A process that begins with the trace that {@code opener} opens, as often as it is asked. */
  GuestProcess(
      int id,
      long seed,
      long cr3,
      AddressLayout layout,
      Supplier<TraceReader> opener,
      String traceName,
      boolean isVerified) {
    this.id = id;
    this.seed = seed;
    this.cr3 = cr3;
    userEnd = layout.userEnd();
    userMask = layout.userMask();
    this.opener = opener;
    reader = opener.get();
    this.traceName = traceName;
    verifier = isVerified ? new Verifier(id, seed) : null;
  }

  int id() {
    return id;
  }

  /** The gpa of its top page table. */
  long cr3() {
    return cr3;
  }

  /** What 8 aligned bytes of its memory hold before it has written them. */
  long initialWord(long gva) {
    return MemoryRecord.initialWord(seed, gva);
  }

  /** Whether its trace is at the end. */
  boolean isFinished() {
    return isFinished;
  }

  /** How many accesses it has made. */
  long accesses() {
    return accesses;
  }

  /** How many time slices it had. */
  long slices() {
    return slices;
  }

  /** Notes that a time slice begins. */
  void beginSlice() {
    slices++;
  }

  TraceReader reader() {
    return reader;
  }

  String traceName() {
    return traceName;
  }

  // --- moving to another guest ---

  /** What must be known of it elsewhere. */
  ProcessState state() {
    Verifier checks = verifier;
    return new ProcessState(
        traceName,
        reader.sizeInBytes(),
        cr3,
        stores,
        accesses,
        slices,
        isFinished,
        checks == null ? Guest.VerifyResult.NOTHING : checks.result());
  }

  /** Goes on where another left off; its reader begins at the next record. */
  void restore(ProcessState state) {
    stores = state.stores();
    accesses = state.accesses();
    slices = state.slices();
    isFinished = state.isFinished();
    if (verifier != null) {
      verifier.restore(state.verified());
    }
  }

  /**
   * What is left to play, beginning with what is at hand. Reads on with the process's own reader.
   */
  TraceReader rest() {
    return new RestOfTrace(batch, position, reader);
  }

  /** Opens the trace anew and reads up to what has been played, after {@link #rest} was read. */
  void takeBack() {
    reader.close();
    reader = opener.get();
    long left = records;
    while (left > 0) {
      int read = reader.read(batch, (int) Math.min(batch.capacity(), left));
      if (read == 0) {
        throw new InputException(traceName + ": is shorter than when it was read before");
      }
      left -= read;
    }
    position = batch.count();
  }

  // --- playing ---

  @Nullable Verifier verifier() {
    return verifier;
  }

  /** Whether there are records at hand; if not, {@link #refill} before the next {@link #play}. */
  boolean hasRecords() {
    return position < batch.count();
  }

  /** Reads on in the trace. Outside guest mode: it may take a while. */
  void refill() {
    position = 0;
    if (reader.read(batch) == 0) {
      isFinished = true;
    }
  }

  /**
   * Plays up to {@code limit} records of those at hand, in guest mode; returns how many accesses.
   */
  int play(Vcpu vcpu, int limit) {
    int first = position;
    int end = Math.min(batch.count(), first + limit);
    int modifies =
        verifier == null ? playPlain(vcpu, first, end) : playChecked(vcpu, verifier, first, end);
    position = end;
    records += end - first;
    int played = end - first + modifies;
    accesses += played;
    return played;
  }

  private int playPlain(Vcpu vcpu, int first, int end) {
    TraceBatch records = batch;
    int modifies = 0;
    for (int i = first; i < end; i++) {
      int size = records.size(i);
      long gva = userAddress(records.address(i), size);
      switch (records.kind(i)) {
        case TraceBatch.FETCH -> fetch(vcpu, gva, size);
        case TraceBatch.LOAD -> load(vcpu, gva, size);
        case TraceBatch.STORE -> store(vcpu, gva, size);
        default -> {
          load(vcpu, gva, size);
          store(vcpu, gva, size);
          modifies++;
        }
      }
    }
    return modifies;
  }

  private static void load(Vcpu vcpu, long gva, int size) {
    int done = 0;
    while (size - done > WORD) {
      vcpu.read(gva + done, WORD);
      done += WORD;
    }
    vcpu.read(gva + done, size - done);
  }

  private static void fetch(Vcpu vcpu, long gva, int size) {
    int done = 0;
    while (size - done > WORD) {
      vcpu.fetch(gva + done, WORD);
      done += WORD;
    }
    vcpu.fetch(gva + done, size - done);
  }

  private void store(Vcpu vcpu, long gva, int size) {
    int done = 0;
    while (size - done > WORD) {
      vcpu.write(gva + done, WORD, value(gva + done));
      done += WORD;
    }
    vcpu.write(gva + done, size - done, value(gva + done));
    stores++;
  }

  private int playChecked(Vcpu vcpu, Verifier checks, int first, int end) {
    TraceBatch records = batch;
    int modifies = 0;
    for (int i = first; i < end; i++) {
      int size = records.size(i);
      long gva = userAddress(records.address(i), size);
      int kind = records.kind(i);
      if ((kind & TraceBatch.STORE) == 0 || kind == TraceBatch.MODIFY) {
        check(vcpu, checks, gva, size, kind == TraceBatch.FETCH);
      }
      if ((kind & TraceBatch.STORE) != 0) {
        storeChecked(vcpu, checks, gva, size);
      }
      modifies += kind == TraceBatch.MODIFY ? 1 : 0;
    }
    return modifies;
  }

  private static void check(Vcpu vcpu, Verifier checks, long gva, int size, boolean isFetch) {
    for (int done = 0; done < size; done += WORD) {
      int bytes = Math.min(WORD, size - done);
      long found = isFetch ? vcpu.fetch(gva + done, bytes) : vcpu.read(gva + done, bytes);
      checks.check(gva + done, bytes, found);
    }
  }

  private void storeChecked(Vcpu vcpu, Verifier checks, long gva, int size) {
    for (int done = 0; done < size; done += WORD) {
      int bytes = Math.min(WORD, size - done);
      long value = value(gva + done);
      vcpu.write(gva + done, bytes, value);
      checks.stored(gva + done, bytes, value);
    }
    stores++;
  }

  /** What a store writes: made of where and when, so that no two look alike. */
  private long value(long gva) {
    return (gva ^ stores << 32 ^ seed) * 0x9e37_79b9_7f4a_7c15L;
  }

  /** Where an access goes: with 32 bits of address, to where the lower 31 of the traced one say. */
  private long userAddress(long traced, int size) {
    long gva = traced & userMask;
    if (gva <= userEnd - size) {
      return gva;
    }
    if (userMask != -1) {
      return userEnd - size;
    }
    throw new InputException(
        "%s: near line %d: address %#x is outside the guest's user memory, which ends at %#x"
            .formatted(traceName, reader.line(), gva, userEnd));
  }
}
