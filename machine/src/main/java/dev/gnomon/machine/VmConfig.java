package dev.gnomon.machine;

import dev.gnomon.machine.processor.ProcessorModel;
import dev.gnomon.machine.processor.TlbConfig;
import dev.gnomon.mmu.config.MmuConfig;
import dev.gnomon.mmu.platform.PhysicalMemory;

/**
 * A VM: its MMU, its processors, its memory.
 *
 * @param mmu the MMU, and the number of vCPUs
 * @param memoryBytes guest memory, a multiple of 2 MiB; where not all entries of tables are used,
 *     of 4 KiB
 * @param hostPageLevel the pages that the host backs it with: 1 (4 KiB), 2 (2 MiB) or 3 (1 GiB)
 * @param tlb the sizes of each vCPU's translation caches
 * @param processor what its processors do where they have a choice
 */
public record VmConfig(
    MmuConfig mmu, long memoryBytes, int hostPageLevel, TlbConfig tlb, ProcessorModel processor) {

  /** The least that a guest can boot in. */
  public static final long MINIMUM_MEMORY = 2L << 20;

  /** A VM with current processors. */
  public VmConfig(MmuConfig mmu, long memoryBytes, int hostPageLevel, TlbConfig tlb) {
    this(mmu, memoryBytes, hostPageLevel, tlb, ProcessorModel.DEFAULT);
  }

  public VmConfig {
    if (mmu.tableEntries() < MmuConfig.TABLE_ENTRIES) {
      if (memoryBytes <= 0 || memoryBytes % PhysicalMemory.FRAME_SIZE != 0) {
        throw new IllegalArgumentException(
            "guest memory must be a multiple of 4 KiB, at least one");
      }
    } else if (memoryBytes < MINIMUM_MEMORY || memoryBytes % MINIMUM_MEMORY != 0) {
      throw new IllegalArgumentException("guest memory must be a multiple of 2 MiB, at least one");
    }
    if (hostPageLevel < 1 || hostPageLevel > 3) {
      throw new IllegalArgumentException("host pages are of level 1, 2 or 3");
    }
  }
}
