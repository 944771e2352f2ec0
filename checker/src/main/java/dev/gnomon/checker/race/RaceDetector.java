package dev.gnomon.checker.race;

import java.lang.reflect.Array;
import java.util.Arrays;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Looks for races in one execution after the other, of those that one carrier runs.
 *
 * <p>The back end says who runs ({@link #switchTo}), how bodies begin and end ({@link #fork},
 * {@link #join}), and what each operation on a shared word or an abstract lock means for the order
 * of what is around it: a load acquires what the last store to the word released; a
 * read-modify-write does both. So the order is that of release and acquire in C11 and Java, which
 * is weaker than the order in which the steps were taken: a store is not ordered before a later
 * store of another CPU. A race is found in every execution in which the two accesses are unordered,
 * however far apart they are.
 *
 * <p>The algorithm is FastTrack (Flanagan and Freund, PLDI 2009): of each variable the last write
 * and the last read are kept as one {@link Epoch} each, and a vector of reads only where several
 * CPUs read with no order among them. Unlike there, a write leaves that vector as it is: what is
 * unordered with those reads is unordered with the write as well.
 *
 * <p>Two {@code long}s of a variable, the last write and the last reads, are kept by whoever has
 * room for them: for a field, in fields that the transformer adds to its class; for elements and
 * collections, in a {@link ShadowTable}.
 */
public final class RaceDetector {
  private static final int LOOKUPS = 1 << 10;

  /** In place of the index of an element. */
  private static final int WHOLE = -1;

  private final Consumer<Race> listener;
  private final VectorClocks clocks = new VectorClocks();
  private final SharedReads shared = new SharedReads();
  private final ShadowTable table = new ShadowTable();

  /** By place in the code: what it touched last, and the shadow of that. */
  private final @Nullable Object[] lastOwners = new Object[LOOKUPS];

  private final @Nullable Shadow[] lastShadows = new Shadow[LOOKUPS];

  /** The moment of the CPU that runs. */
  private long now;

  /** How many class initialisers run. What they do comes before every use of their class. */
  private int initializers;

  /**
   * Makes a detector, before the first execution.
   *
   * @param listener told of each race at the access that completes it, before that is made. It may
   *     throw to end the execution there.
   */
  public RaceDetector(Consumer<Race> listener) {
    this.listener = listener;
    begin(1);
  }

  /**
   * Begins a new execution. The main CPU runs, which prepares and checks.
   *
   * @param cpus how many others there are, at most 30
   * @throws IllegalArgumentException if there are more
   */
  public void begin(int cpus) {
    if (cpus < 0 || cpus >= Epoch.SHARED) {
      throw new IllegalArgumentException(cpus + " CPUs, of " + (Epoch.SHARED - 1) + " at most");
    }
    clocks.begin(cpus + 1);
    shared.begin(cpus + 1);
    table.begin();
    Arrays.fill(lastOwners, null);
    Arrays.fill(lastShadows, null);
    initializers = 0;
    now = clocks.now();
  }

  /** The number of the CPU that prepares and checks: that after the last of the others. */
  public int main() {
    return clocks.cpus() - 1;
  }

  /** From now on, that CPU runs. */
  public void switchTo(int cpu) {
    requireNoInitializer();
    clocks.switchTo(cpu);
    now = clocks.now();
  }

  /** The CPU that runs starts a body on another: what it did so far comes before the body. */
  public void fork(int cpu) {
    clocks.order(clocks.current(), cpu);
    now = clocks.now();
  }

  /** A body has ended, and the CPU that runs knows: what the body did comes before what it does. */
  public void join(int cpu) {
    clocks.order(cpu, clocks.current());
    now = clocks.now();
  }

  /** The CPU that runs loads: it comes after what was released there. */
  public void acquire(SyncClock clock) {
    requireNoInitializer();
    clocks.acquire(clock);
  }

  /**
   * The CPU that runs stores: who acquires from there comes after it, and no longer after others.
   */
  public void release(SyncClock clock) {
    requireNoInitializer();
    clocks.release(clock);
    now = clocks.now();
  }

  /** The CPU that runs reads, modifies and writes. */
  public void acquireRelease(SyncClock clock) {
    requireNoInitializer();
    clocks.acquire(clock);
    clocks.release(clock);
    now = clocks.now();
  }

  /**
   * The CPU that runs adds itself to those after whom an acquirer comes: as readers do who leave a
   * lock one by one, or who store to different bytes of a word.
   */
  public void releaseInto(SyncClock clock) {
    requireNoInitializer();
    clocks.releaseInto(clock);
    now = clocks.now();
  }

  private void requireNoInitializer() {
    if (initializers > 0) {
      throw new RefusedException("a class initialiser touches the port");
    }
  }

  // --- what the transformed classes tell, through Probe ---

  void beginInitializer() {
    initializers++;
  }

  void endInitializer() {
    initializers--;
  }

  /** A read of a field; returns what stands for its last reads from now on. */
  long read(long write, long reads, int site) {
    if (Epoch.moment(reads) == now || initializers > 0) {
      return reads;
    }
    long mine = Epoch.of(now, site);
    checkReadAfter(write, mine, WHOLE);
    return withRead(reads, mine);
  }

  /** A write of a field; returns what stands for its last write from now on. */
  long write(long write, long reads, int site) {
    if (Epoch.moment(write) == now || initializers > 0) {
      return write;
    }
    long mine = Epoch.of(now, site);
    checkWriteAfter(write, reads, mine, WHOLE);
    return mine;
  }

  void readElement(Object array, int index, int site) {
    if (index >= 0 && index < Array.getLength(array)) {
      Shadow shadow = shadow(array, site, Array.getLength(array));
      long[] chunk = shadow.chunk(index);
      int at = Shadow.writeIndex(index);
      if (Epoch.moment(chunk[at + 1]) != now && initializers == 0) {
        long mine = Epoch.of(now, site);
        checkReadAfter(chunk[at], mine, index);
        checkReadAfter(shadow.whole[0], mine, index);
        chunk[at + 1] = withRead(chunk[at + 1], mine);
      }
    }
  }

  void writeElement(Object array, int index, int site) {
    if (index >= 0 && index < Array.getLength(array)) {
      Shadow shadow = shadow(array, site, Array.getLength(array));
      long[] chunk = shadow.chunk(index);
      int at = Shadow.writeIndex(index);
      if (Epoch.moment(chunk[at]) != now && initializers == 0) {
        long mine = Epoch.of(now, site);
        checkWriteAfter(chunk[at], chunk[at + 1], mine, index);
        checkWriteAfter(shadow.whole[0], shadow.whole[1], mine, index);
        chunk[at] = mine;
      }
    }
  }

  /** A collection, or all of an array, is read. */
  void readWhole(Object owner, int variables, int site) {
    Shadow shadow = shadow(owner, site, variables);
    if (Epoch.moment(shadow.whole[1]) != now && initializers == 0) {
      long mine = Epoch.of(now, site);
      checkReadAfter(shadow.whole[0], mine, WHOLE);
      for (int i = 0; i < shadow.touchedChunks(); i++) {
        int first = shadow.firstOfTouched(i);
        long[] chunk = shadow.chunk(first);
        for (int j = 0; j < shadow.chunkSize(); j++) {
          checkReadAfter(chunk[2 * j], mine, first + j);
        }
      }
      shadow.whole[1] = withRead(shadow.whole[1], mine);
    }
  }

  /** A collection, or all of an array, is written. */
  void writeWhole(Object owner, int variables, int site) {
    Shadow shadow = shadow(owner, site, variables);
    if (Epoch.moment(shadow.whole[0]) != now && initializers == 0) {
      long mine = Epoch.of(now, site);
      checkWriteAfter(shadow.whole[0], shadow.whole[1], mine, WHOLE);
      for (int i = 0; i < shadow.touchedChunks(); i++) {
        int first = shadow.firstOfTouched(i);
        long[] chunk = shadow.chunk(first);
        for (int j = 0; j < shadow.chunkSize(); j++) {
          checkWriteAfter(chunk[2 * j], chunk[2 * j + 1], mine, first + j);
        }
      }
      shadow.whole[0] = mine;
    }
  }

  /** The last reads of a variable with one more. */
  private long withRead(long reads, long mine) {
    if (shared.isVector(reads)) {
      shared.put(reads, mine);
      return reads;
    }
    return clocks.isAfter(reads) ? mine : shared.share(reads, mine);
  }

  private void checkReadAfter(long write, long mine, int index) {
    if (!clocks.isAfter(write)) {
      report(write, true, mine, false, index);
    }
  }

  private void checkWriteAfter(long write, long reads, long mine, int index) {
    if (!clocks.isAfter(write)) {
      report(write, true, mine, true, index);
    } else if (shared.isVector(reads)) {
      for (int cpu = 0; cpu < clocks.cpus(); cpu++) {
        checkWriteAfterRead(shared.get(reads, cpu), mine, index);
      }
    } else {
      checkWriteAfterRead(reads, mine, index);
    }
  }

  private void checkWriteAfterRead(long read, long mine, int index) {
    if (!clocks.isAfter(read)) {
      report(read, false, mine, true, index);
    }
  }

  void alias(Object base, Object view) {
    table.alias(base, view);
  }

  private Shadow shadow(Object owner, int site, int variables) {
    int lookup = site & LOOKUPS - 1;
    Shadow last = lastShadows[lookup];
    if (last != null && lastOwners[lookup] == owner) {
      return last;
    }
    Shadow found = table.of(owner, variables);
    lastOwners[lookup] = owner;
    lastShadows[lookup] = found;
    return found;
  }

  private void report(
      long earlier, boolean isEarlierWrite, long later, boolean isLaterWrite, int index) {
    Site earlierSite = RaceDetection.site(Epoch.site(earlier));
    Site laterSite = RaceDetection.site(Epoch.site(later));
    String variable = laterSite.variable();
    listener.accept(
        new Race(
            index == WHOLE ? variable : variable + "[" + index + "]",
            new Race.Access(Epoch.cpu(earlier), isEarlierWrite, earlierSite.place()),
            new Race.Access(Epoch.cpu(later), isLaterWrite, laterSite.place())));
  }
}
