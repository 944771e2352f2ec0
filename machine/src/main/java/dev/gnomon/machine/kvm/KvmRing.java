package dev.gnomon.machine.kvm;

import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;

/**
 * A vCPU's dirty ring: KVM marks an entry dirty, we take it and mark it harvested, KVM takes it
 * back when the rings are reset. (KVM API documentation, KVM_CAP_DIRTY_LOG_RING.)
 */
@SuppressWarnings("restricted")
final class KvmRing implements AutoCloseable {
  static final long ENTRY_BYTES = KvmLayouts.DIRTY_GFN.byteSize();

  /** The page of a vCPU's file at which its ring lies. */
  private static final long FILE_OFFSET = 64 * 4096;

  private static final VarHandle FLAGS = ValueLayout.JAVA_INT.varHandle();
  private static final long FLAGS_OFFSET =
      KvmLayouts.DIRTY_GFN.byteOffset(PathElement.groupElement("flags"));
  private static final int DIRTY = 1;
  private static final int HARVESTED = 2;

  private final SystemCalls calls;
  private final MemorySegment entries;
  private final int size;
  private int next;

  KvmRing(SystemCalls calls, KvmVcpu vcpu, int size) {
    this.calls = calls;
    this.size = size;
    long bytes = size * ENTRY_BYTES;
    long address = calls.map(vcpu.file(), FILE_OFFSET, bytes);
    if (address < 0) {
      throw new KvmRefusalException("mmap of a dirty ring: " + calls.words((int) address));
    }
    entries = MemorySegment.ofAddress(address).reinterpret(bytes);
  }

  /** Takes what a page that was written is told to. */
  @FunctionalInterface
  interface Harvest {
    void page(long slot, long offset);
  }

  /** Takes all entries that are there. */
  void harvest(Harvest into) {
    for (; ; ) {
      MemorySegment entry = entries.asSlice(next % size * ENTRY_BYTES, ENTRY_BYTES);
      if (((int) FLAGS.getAcquire(entry, FLAGS_OFFSET) & DIRTY) == 0) {
        return;
      }
      into.page(
          KvmLayouts.get(entry, KvmLayouts.DIRTY_GFN, "slot"),
          KvmLayouts.get(entry, KvmLayouts.DIRTY_GFN, "offset"));
      FLAGS.setRelease(entry, FLAGS_OFFSET, HARVESTED);
      next++;
    }
  }

  @Override
  public void close() {
    calls.unmap(entries.address(), entries.byteSize());
  }
}
