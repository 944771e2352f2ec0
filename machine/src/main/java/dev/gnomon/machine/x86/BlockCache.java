package dev.gnomon.machine.x86;

import dev.gnomon.mmu.platform.PhysicalMemory;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The blocks that a vCPU has decoded, by the host-physical address of their code, their RIP and the
 * size of code. When there are too many it begins anew.
 */
final class BlockCache {
  private static final int BUCKETS = 1 << 14;
  private static final int MOST = 4 * BUCKETS;

  private final PhysicalMemory memory;
  private final @Nullable Block[] buckets = new Block[BUCKETS];
  private int count;

  BlockCache(PhysicalMemory memory) {
    this.memory = memory;
  }

  /** The block for this, if there is one and memory still holds what it was made of. */
  @Nullable Block find(long hpa, long rip, int codeSize) {
    Block block = buckets[bucket(hpa)];
    while (block != null) {
      if (block.isFor(hpa, rip, codeSize)) {
        return block.isCurrent(memory) ? block : null;
      }
      block = block.next;
    }
    return null;
  }

  /** Adds a block, in the place of one for the same if there is any. */
  void add(Block added) {
    if (count >= MOST) {
      Arrays.fill(buckets, null);
      count = 0;
    }
    int bucket = bucket(added.hpa);
    Block before = null;
    Block block = buckets[bucket];
    while (block != null && !block.isFor(added.hpa, added.rip, added.codeSize)) {
      before = block;
      block = block.next;
    }
    if (block == null) {
      added.next = buckets[bucket];
      buckets[bucket] = added;
      count++;
      return;
    }
    added.next = block.next;
    if (before == null) {
      buckets[bucket] = added;
    } else {
      before.next = added;
    }
  }

  private static int bucket(long hpa) {
    return (int) (hpa ^ hpa >>> 13) & BUCKETS - 1;
  }
}
