package dev.gnomon.machine.guest;

import dev.gnomon.machine.InputException;
import dev.gnomon.machine.processor.Vcpu;
import dev.gnomon.machine.trace.TraceBatch;
import dev.gnomon.machine.trace.TraceReader;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A process of the guest, or a thread of one: it plays one trace. Run by one vCPU at a time; handed
 * from one to the next through the run queue.
 *
 * <p>A child that was forked off plays what its parent had at hand, with stores of other values,
 * and ends.
 *
 * <p>A load reads, a store writes a value made of its address and of how many stores came before
 * it, a fetch reads as code, a modify loads and then stores. Accesses of more than 8 bytes are made
 * of 8-byte ones.
 */
final class GuestProcess {
  private static final int WORD = 8;

  private final int id;
  private final AddressSpace space;
  private final UserRegion region;
  private final InitialContent initial;
  private final long storeSeed;
  private final Supplier<TraceReader> opener;
  private final String traceName;
  private final boolean isChild;
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
      AddressSpace space,
      UserRegion region,
      InitialContent initial,
      Supplier<TraceReader> opener,
      String traceName,
      boolean isVerified) {
    this.id = id;
    this.space = space;
    this.region = region;
    this.initial = initial;
    storeSeed = initial.seed();
    this.opener = opener;
    reader = opener.get();
    this.traceName = traceName;
    isChild = false;
    verifier = isVerified ? new Verifier(id, initial) : null;
  }

  private GuestProcess(GuestProcess parent, AddressSpace space, long storeSeed) {
    id = parent.id;
    this.space = space;
    region = parent.region;
    initial = parent.initial;
    this.storeSeed = storeSeed;
    opener = () -> NothingToRead.INSTANCE;
    reader = opener.get();
    traceName = parent.traceName;
    isChild = true;
    Verifier parents = parent.verifier;
    verifier = parents == null ? null : parents.fork();
    RestOfTrace rest = new RestOfTrace(parent.batch, parent.position, reader);
    rest.read(batch, batch.capacity());
  }

  /** A child in a space that is a copy of this one's at this moment. */
  GuestProcess fork(AddressSpace childSpace, long childSeed) {
    return new GuestProcess(this, childSpace, childSeed);
  }

  /** Its number; that of a child is its parent's. */
  int id() {
    return id;
  }

  /** Whether it was forked off. */
  boolean isChild() {
    return isChild;
  }

  /** Its page tables. */
  AddressSpace space() {
    return space;
  }

  /** The addresses that it uses. */
  UserRegion region() {
    return region;
  }

  /** What 8 aligned bytes of its memory hold before it has written them. */
  long initialWord(long gva) {
    return initial.word(gva);
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
        space.cr3(),
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

  /** Notes that pages were unmapped. */
  void unmapped(long gva, long bytes) {
    if (verifier != null) {
      verifier.record().unmapped(gva, bytes);
    }
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
    return (gva ^ stores << 32 ^ storeSeed) * 0x9e37_79b9_7f4a_7c15L;
  }

  /** Where an access goes. */
  private long userAddress(long traced, int size) {
    long gva = region.place(traced, size);
    if (gva < 0) {
      throw new InputException(
          "%s: near line %d: address %#x is outside the guest's user memory, which ends at %#x"
              .formatted(traceName, reader.line(), traced, region.end()));
    }
    return gva;
  }
}
