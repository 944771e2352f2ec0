package dev.gnomon.checker.schedule;

import dev.gnomon.checker.property.Property;
import dev.gnomon.checker.property.Violation;
import dev.gnomon.mmu.platform.PhysicalMemory;
import java.util.Arrays;

/**
 * A frame of the explored memory. As long as only the CPU that allocated it can know of it, its
 * accesses are no steps.
 */
final class Frame implements Location.Words {
  static final int WORDS = PhysicalMemory.FRAME_SIZE / Long.BYTES;
  private static final int NOBODY = -1;

  final long pfn;
  final long[] words = new long[WORDS];

  private final Locations pool;
  private final Location[] places = new Location[WORDS + 1];
  private Location[] touched = new Location[16];
  private int touchedCount;

  /** The execution that these were touched in. */
  private int touchedIn;

  private boolean isAllocated;

  /** Whether it may hold anything but zeros. */
  private boolean isDirty;

  /** Whether the host's memory manager took notice of it: then it holds guest memory. */
  private boolean isHostPage;

  private int owner = NOBODY;
  private int ownerKnew;

  /** Whether it was allocated and given back before in this execution. */
  private boolean isReused;

  Frame(long pfn, Locations pool) {
    this.pfn = pfn;
    this.pool = pool;
  }

  /** A frame that is handed out: zeros. */
  void allocate(int newOwner) {
    if (isDirty) {
      Arrays.fill(words, 0);
      isDirty = false;
    }
    isAllocated = true;
    isHostPage = false;
    owner = newOwner;
    ownerKnew = 0;
    isReused = touchedIn == pool.generation();
    if (!isReused) {
      touchedIn = pool.generation();
      touchedCount = 0;
    }
  }

  /** Its words, to be written without a step. */
  long[] forWriting() {
    isDirty = true;
    return words;
  }

  void free() {
    isAllocated = false;
  }

  boolean isAllocated() {
    return isAllocated;
  }

  void beHostPage() {
    isHostPage = true;
  }

  // --- privacy ---

  /**
   * Whether an access by a CPU is nobody else's business. Who knows a frame from before it was
   * given back needs not be told of it: that it could be used in between is found as any order of
   * steps.
   */
  boolean isPrivateTo(Stage stage) {
    if (owner == NOBODY) {
      return false;
    }
    int cpu = stage.cpu();
    if (cpu == owner) {
      ownerKnew = stage.known(cpu, cpu);
      return true;
    }
    if (stage.known(cpu, owner) <= ownerKnew && !isReused) {
      throw new CheckerException(
          "CPU "
              + cpu
              + " uses frame 0x"
              + Long.toHexString(pfn)
              + ", of which CPU "
              + owner
              + " has told nobody through the port");
    }
    publish();
    return false;
  }

  /** From now on others may know of it. */
  void publish() {
    owner = NOBODY;
  }

  boolean isPrivate() {
    return owner != NOBODY;
  }

  // --- locations ---

  Location location(int word) {
    Location location = pool.of(places, this, word);
    if (location.frame == null) {
      location.frame = this;
      if (touchedCount == touched.length) {
        touched = Arrays.copyOf(touched, 2 * touchedCount);
      }
      touched[touchedCount++] = location;
    }
    return location;
  }

  /** The frame as one location. */
  Location whole() {
    Location location = pool.of(places, this, WORDS);
    location.frame = this;
    location.isWholeFrame = true;
    return location;
  }

  int touched() {
    return touchedCount;
  }

  Location touched(int i) {
    return touched[i];
  }

  @Override
  public long value(int index) {
    return words[index];
  }

  @Override
  public void put(int index, long value) {
    isDirty = true;
    words[index] = value;
  }

  @Override
  public String describe(int index) {
    long hpa = PhysicalMemory.hpa(pfn);
    return index == WORDS
        ? "frame 0x" + Long.toHexString(pfn)
        : "memory 0x" + Long.toHexString(hpa + 8L * index);
  }

  /** What it is to use it now that it was freed. */
  Violation useAfterFree(Location at) {
    return isHostPage
        ? new Violation(
            Property.NO_STALE_TRANSLATION, at + " is used, whose frame the host has freed")
        : new Violation(
            Property.NO_USE_AFTER_FREE, at + " is used, whose page-table page was freed");
  }
}
