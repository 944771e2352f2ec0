package dev.gnomon.machine.memory;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Locale;

/**
 * The one reserved mapping of this process, all of physical memory: an address (hpa) is an offset
 * into it. Made when this class is first used, and kept for the life of the process.
 *
 * <p>On Linux and macOS it is private anonymous memory that is not reserved against swap, 16 TiB if
 * the address space allows it, else the largest power of two that can be had: a page costs nothing
 * until it is touched. Elsewhere it is what {@code calloc} gives, at most 4 GiB: still untouched
 * until used on common systems, but counted in full against what the system may commit.
 *
 * <p>Everything is a constant to the JIT: a segment in an instance field would cost a third more on
 * every access.
 */
@SuppressWarnings("restricted")
final class Mapping {

  /** log2 of the granule in which extents are given out, and to which the mapping is aligned. */
  static final int GRANULE_SHIFT = 30;

  private static final long GRANULE = 1L << GRANULE_SHIFT;
  private static final int LARGEST_SHIFT = 44;
  private static final int LARGEST_CALLOC_SHIFT = 32;
  private static final int SMALLEST_SHIFT = 31;

  private static final int PROT_READ_WRITE = 3;
  private static final int MAP_PRIVATE = 2;
  private static final int MAP_FIXED = 0x10;
  private static final int LINUX_ANONYMOUS_NORESERVE = 0x4020;
  private static final int MAC_ANONYMOUS_NORESERVE = 0x1040;
  private static final long MAP_FAILED = -1;

  private static final int ANONYMOUS = anonymousFlags();
  private static final Reserved RESERVED = reserve();

  /** The mapping, exactly. An index is an hpa. */
  static final MemorySegment ALL =
      MemorySegment.ofAddress(RESERVED.base).reinterpret(RESERVED.size);

  /** Its size in bytes: a power of two, or 0 if there is no mapping to be had. */
  static final long SIZE = RESERVED.size;

  private record Reserved(long base, long size) {}

  private Mapping() {}

  /** Makes a range of whole frames read as zeros again, giving its memory back to the system. */
  static void discard(long hpa, long bytes) {
    if (ANONYMOUS == 0) {
      ALL.asSlice(hpa, bytes).fill((byte) 0);
    } else if (map(RESERVED.base + hpa, bytes, ANONYMOUS | MAP_FIXED) == MAP_FAILED) {
      throw new IllegalStateException("cannot give back memory at " + Long.toHexString(hpa));
    }
  }

  private static Reserved reserve() {
    int largest = ANONYMOUS == 0 ? LARGEST_CALLOC_SHIFT : LARGEST_SHIFT;
    for (int shift = largest; shift >= SMALLEST_SHIFT; shift--) {
      long size = 1L << shift;
      long address = ANONYMOUS == 0 ? calloc(size + GRANULE) : map(0, size + GRANULE, ANONYMOUS);
      if (address != MAP_FAILED) {
        return new Reserved((address + GRANULE - 1) & -GRANULE, size);
      }
    }
    return new Reserved(0, 0);
  }

  private static int anonymousFlags() {
    String system = System.getProperty("os.name", "").toLowerCase(Locale.ROOT);
    if (system.contains("linux")) {
      return MAP_PRIVATE | LINUX_ANONYMOUS_NORESERVE;
    }
    return system.contains("mac") ? MAP_PRIVATE | MAC_ANONYMOUS_NORESERVE : 0;
  }

  private static long map(long address, long bytes, int flags) {
    FunctionDescriptor type =
        FunctionDescriptor.of(
            ValueLayout.JAVA_LONG,
            ValueLayout.JAVA_LONG,
            ValueLayout.JAVA_LONG,
            ValueLayout.JAVA_INT,
            ValueLayout.JAVA_INT,
            ValueLayout.JAVA_INT,
            ValueLayout.JAVA_LONG);
    try {
      return (long)
          function("mmap", type).invokeExact(address, bytes, PROT_READ_WRITE, flags, -1, 0L);
    } catch (Throwable failure) {
      throw new IllegalStateException("mmap cannot be called", failure);
    }
  }

  private static long calloc(long bytes) {
    FunctionDescriptor type =
        FunctionDescriptor.of(ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG);
    try {
      long address = (long) function("calloc", type).invokeExact(bytes, 1L);
      return address == 0 ? MAP_FAILED : address;
    } catch (Throwable failure) {
      throw new IllegalStateException("calloc cannot be called", failure);
    }
  }

  private static MethodHandle function(String name, FunctionDescriptor type) {
    Linker linker = Linker.nativeLinker();
    return linker.downcallHandle(linker.defaultLookup().findOrThrow(name), type);
  }
}
