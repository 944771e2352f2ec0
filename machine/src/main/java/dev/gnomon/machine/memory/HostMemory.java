package dev.gnomon.machine.memory;

import dev.gnomon.machine.InputException;
import dev.gnomon.mmu.platform.PhysicalMemory;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;

/**
 * A machine's physical memory: an extent of the one reserved mapping of this process, aligned to 1
 * GiB. Any number can be open at once, for instance the source and the destination of a migration.
 * Memory reads as zeros until it is written, and costs nothing until it is touched.
 *
 * <p>The first gigabyte of the mapping belongs to nobody, so a null table address, or one a little
 * past null, fails in every extent.
 *
 * <p>Which extents are taken is the only static state that changes: there is one address space in a
 * process. It is an immutable array, replaced by compare-and-set, so no one ever waits.
 */
public final class HostMemory implements AutoCloseable {
  private static final VarHandle TAKEN;
  private static final int GRANULE_FRAMES_SHIFT =
      Mapping.GRANULE_SHIFT - PhysicalMemory.FRAME_SHIFT;

  @SuppressWarnings("unused") // by TAKEN
  private static volatile Taken[] taken = {};

  static {
    try {
      TAKEN = MethodHandles.lookup().findStaticVarHandle(HostMemory.class, "taken", Taken[].class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  /** Granules {@code first} to {@code end}, the latter not included. */
  private record Taken(long first, long end) {}

  private final Taken granules;
  private final Extent extent;
  private final MappedMemory memory;

  private HostMemory(Taken granules, Extent extent) {
    this.granules = granules;
    this.extent = extent;
    memory =
        new MappedMemory(
            PhysicalMemory.hpa(extent.firstFrame()), PhysicalMemory.hpa(extent.endFrame()));
  }

  /**
   * Takes an extent with {@code frames} frames of 4 KiB: the first free one that is large enough.
   * Any thread may call.
   *
   * @throws InputException if there is not that much address space
   * @throws IllegalArgumentException if {@code frames} is not positive
   */
  public static HostMemory reserve(long frames) {
    if (frames <= 0) {
      throw new IllegalArgumentException("memory of " + frames + " frames");
    }
    long largest = PhysicalMemory.pfn(Mapping.SIZE);
    if (frames < largest) {
      long needed = new Extent(1L << GRANULE_FRAMES_SHIFT, frames).endFrame();
      long granules = ((needed - 1) >>> GRANULE_FRAMES_SHIFT);
      for (; ; ) {
        Taken[] now = (Taken[]) TAKEN.getVolatile();
        int at = firstFit(now, granules);
        if (at < 0) {
          break;
        }
        long first = at == 0 ? 1 : now[at - 1].end;
        Taken mine = new Taken(first, first + granules);
        if (TAKEN.compareAndSet(now, with(now, at, mine))) {
          return new HostMemory(mine, new Extent(first << GRANULE_FRAMES_SHIFT, frames));
        }
      }
    }
    throw new InputException(
        "cannot have "
            + (frames >>> 8)
            + " MiB of host memory: the address space of this process has "
            + (Mapping.SIZE >>> 20)
            + " MiB to share among its machines");
  }

  /** The memory. Its use after {@link #close} throws {@link IllegalArgumentException}. */
  public PhysicalMemory memory() {
    return memory;
  }

  /** Which frames there are. */
  public Extent extent() {
    return extent;
  }

  /** The pfn of the first frame. */
  public long firstFrame() {
    return extent.firstFrame();
  }

  /** How many frames can be allocated. */
  public long frameCount() {
    return extent.frameCount();
  }

  /**
   * The memory behind some frames as the process has it, for what shares memory with the operating
   * system itself (another hypervisor, say). Nothing watches over its use after {@link #close}.
   *
   * @throws IllegalArgumentException if not all of these frames can be allocated here
   */
  public MemorySegment nativeFrames(long pfn, long frames) {
    if (frames <= 0 || !extent.contains(pfn) || !extent.contains(pfn + frames - 1)) {
      throw new IllegalArgumentException(
          "frames %x to %x are not in %s".formatted(pfn, pfn + frames - 1, extent));
    }
    return Mapping.ALL.asSlice(PhysicalMemory.hpa(pfn), PhysicalMemory.hpa(frames));
  }

  /** Gives everything back. No CPU may use the memory any more. Closing again does nothing. */
  @Override
  public void close() {
    if (memory.close()) {
      long first = granules.first << Mapping.GRANULE_SHIFT;
      Mapping.discard(first, (granules.end << Mapping.GRANULE_SHIFT) - first);
      Taken[] now;
      do {
        now = (Taken[]) TAKEN.getVolatile();
      } while (!TAKEN.compareAndSet(now, without(now, granules)));
    }
  }

  /**
   * The index in {@code taken}, sorted by address, before which {@code granules} are free, or -1.
   */
  private static int firstFit(Taken[] taken, long granules) {
    long free = 1;
    for (int i = 0; i < taken.length; i++) {
      if (taken[i].first - free >= granules) {
        return i;
      }
      free = taken[i].end;
    }
    return (Mapping.SIZE >>> Mapping.GRANULE_SHIFT) - free >= granules ? taken.length : -1;
  }

  private static Taken[] with(Taken[] taken, int at, Taken added) {
    Taken[] result = Arrays.copyOf(taken, taken.length + 1);
    System.arraycopy(taken, at, result, at + 1, taken.length - at);
    result[at] = added;
    return result;
  }

  private static Taken[] without(Taken[] taken, Taken removed) {
    return Arrays.stream(taken).filter(other -> other != removed).toArray(Taken[]::new);
  }
}
