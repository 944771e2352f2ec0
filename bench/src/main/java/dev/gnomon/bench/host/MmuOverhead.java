package dev.gnomon.bench.host;

import dev.gnomon.bench.rig.Rig;
import dev.gnomon.mmu.config.MmuConfig;
import dev.gnomon.mmu.config.TdpKind;
import dev.gnomon.mmu.platform.PhysicalMemory;
import java.lang.management.ManagementFactory;

/**
 * How much memory the MMU keeps for guest memory that it maps in 4 KiB pages, in two ways that know
 * nothing of each other.
 *
 * @param byAudit what the MMU says it keeps, in bytes per byte mapped
 * @param byMeasurement frames that are gone once all is mapped, and all heap of the VM with its
 *     host memory and its processor, in bytes per byte mapped
 */
public record MmuOverhead(double byAudit, double byMeasurement) {

  /** Maps memory of a VM and looks. No other thread must allocate. */
  public static MmuOverhead measure(long memoryBytes) {
    long heapBefore = usedHeap();
    try (Rig rig = Rig.ofSmallPages(MmuConfig.of(TdpKind.EPT, 1), memoryBytes)) {
      rig.populate();
      long framesBefore = rig.allocatedFrames();
      rig.mapAll();
      long frames = rig.allocatedFrames() - framesBefore;
      long heap = usedHeap() - heapBefore;
      double audit = rig.vm().mmu().overheadBytes(rig.hostCpu());
      return new MmuOverhead(
          audit / memoryBytes, (double) (frames * PhysicalMemory.FRAME_SIZE + heap) / memoryBytes);
    }
  }

  private static long usedHeap() {
    for (int i = 0; i < 3; i++) {
      System.gc();
    }
    return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
  }
}
