package dev.gnomon.mmu.testing;

import dev.gnomon.mmu.arch.PageLevel;
import dev.gnomon.mmu.notify.MmuNotifier;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.HostPages;
import dev.gnomon.mmu.platform.PhysicalMemory;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A host that backs every host-virtual frame on demand and believes what it is told about dirt: a
 * page that it takes away while clean is not written out, and comes back as it was when last
 * written out.
 *
 * <p>Of each page only the one word at {@link #WORD} is kept.
 */
public final class TestHost extends HostPages {
  /** The offset within a page of the word that stands for its content. */
  public static final long WORD = 0x18;

  /** One mapping of the host's own, of any size. */
  private static final class Block {
    final long hvn;
    final long pfn;
    final int level;
    boolean isWritable = true;
    boolean isDirty;
    boolean isAccessed;

    Block(long hvn, long pfn, int level) {
      this.hvn = hvn;
      this.pfn = pfn;
      this.level = level;
    }

    long end() {
      return hvn + PageLevel.frames(level);
    }
  }

  private final TestMemory memory;
  private final TestFrames frames;
  private final Cpu hostCpu;
  private final TreeMap<Long, Block> byHvn = new TreeMap<>();
  private final TreeMap<Long, Block> byPfn = new TreeMap<>();
  private final TreeMap<Long, Long> swap = new TreeMap<>();
  private @Nullable MmuNotifier notifier;
  private int preferredLevel = PageLevel.LEVEL_4K;
  private boolean isBacking = true;
  private Runnable afterResolve = () -> {};
  private Runnable duringInvalidation = () -> {};

  TestHost(TestPlatform platform, Cpu hostCpu) {
    memory = platform.memory();
    frames = platform.frames();
    this.hostCpu = hostCpu;
  }

  void attach(MmuNotifier mmuNotifier) {
    notifier = mmuNotifier;
  }

  /** The size of the pages that it backs memory with from now on, where they fit. */
  public void preferLevel(int level) {
    preferredLevel = level;
  }

  /** Whether it has memory for pages that are not present. */
  public void setBacking(boolean value) {
    isBacking = value;
  }

  /** Runs something once, after the next page was looked up and before the answer is used. */
  public void afterNextResolve(Runnable race) {
    afterResolve =
        () -> {
          afterResolve = () -> {};
          race.run();
        };
  }

  /** Runs something once, when the next invalidation has let go of its frames and has not ended. */
  public void duringNextInvalidation(Runnable race) {
    duringInvalidation =
        () -> {
          duringInvalidation = () -> {};
          race.run();
        };
  }

  // --- what the MMU asks ---

  @Override
  public long resolve(Cpu cpu, long hvn, boolean forWrite) {
    Block block = find(hvn);
    if (block == null) {
      if (!isBacking) {
        return ABSENT;
      }
      block = pageIn(hvn, preferredLevel);
    }
    if (forWrite) {
      block.isWritable = true;
    }
    long page = pack(block, hvn);
    afterResolve.run();
    return page;
  }

  @Override
  public long present(long hvn) {
    Block block = find(hvn);
    return block == null ? ABSENT : pack(block, hvn);
  }

  @Override
  public void markDirty(long pfn) {
    ofPfn(pfn).isDirty = true;
  }

  @Override
  public void markAccessed(long pfn) {
    ofPfn(pfn).isAccessed = true;
  }

  // --- what the host does by itself ---

  /** Takes the page away, as large as it is; writes it out only if it is dirty. */
  public void reclaim(long hvn) {
    Block block = find(hvn);
    if (block != null) {
      invalidate(
          block.hvn,
          block.end(),
          () -> {
            if (block.isDirty) {
              writeOut(block);
            }
            release(block);
          });
    }
  }

  /** Writes the page out if it is dirty, and keeps it, clean. */
  public void clean(long hvn) {
    Block block = find(hvn);
    if (block != null) {
      invalidate(
          block.hvn,
          block.end(),
          () -> {
            if (block.isDirty) {
              writeOut(block);
              block.isDirty = false;
            }
          });
    }
  }

  /**
   * Writes the page out and keeps it, clean, but forgets the dirt only some time after the
   * invalidation is over. Allowed where an entry hands over its dirt when it loses it, not where it
   * told at creation.
   */
  public void cleanLate(long hvn, Runnable meanwhile) {
    Block block = find(hvn);
    if (block == null) {
      throw new IllegalArgumentException("page " + Long.toHexString(hvn) + " is not present");
    }
    invalidate(block.hvn, block.end(), () -> {});
    meanwhile.run();
    writeOut(block);
    block.isDirty = false;
  }

  /** Lets the page be read only, until somebody wants to write it. */
  public void writeProtect(long hvn) {
    Block block = find(hvn);
    if (block != null) {
      invalidate(block.hvn, block.end(), () -> block.isWritable = false);
    }
  }

  /**
   * Moves what is present of the aligned range of {@code level} to fresh frames, as pages of {@code
   * newLevel} at most {@code level}.
   */
  public void remap(long hvn, int level, int newLevel) {
    Block around = find(hvn);
    if (around == null) {
      return;
    }
    int rangeLevel = Math.max(level, around.level);
    long first = PageLevel.alignDown(hvn, rangeLevel);
    long end = first + PageLevel.frames(rangeLevel);
    invalidate(
        first,
        end,
        () -> {
          List<Block> old = List.copyOf(byHvn.subMap(first, end).values());
          TreeMap<Long, Long> clean = new TreeMap<>();
          TreeMap<Long, Long> dirty = new TreeMap<>();
          for (Block block : old) {
            collectWords(block, block.isDirty ? dirty : clean);
            release(block);
          }
          pageIn(hvn, newLevel);
          clean.forEach((each, word) -> carryOver(each, word, newLevel, false));
          dirty.forEach((each, word) -> carryOver(each, word, newLevel, true));
        });
  }

  private void carryOver(long hvn, long word, int level, boolean isDirty) {
    Block block = find(hvn);
    block = block == null ? pageIn(hvn, level) : block;
    block.isDirty |= isDirty;
    memory.setLong(wordHpa(block, hvn), word);
  }

  /** Invalidates a range around a change of the host's own mapping. */
  public void invalidate(long firstHvn, long endHvn, Runnable change) {
    MmuNotifier told = notifier;
    if (told == null) {
      throw new IllegalStateException("no MMU is attached");
    }
    told.invalidateStart(hostCpu, firstHvn, endHvn);
    change.run();
    duringInvalidation.run();
    told.invalidateEnd(hostCpu, firstHvn, endHvn);
  }

  /** Reads a page's word, as the VMM does. */
  public long read(long hvn) {
    Block block = find(hvn);
    return block == null ? swap.getOrDefault(hvn, 0L) : memory.getLong(wordHpa(block, hvn));
  }

  /** Writes a page's word, as the VMM does: through the host's own page table, so it is dirty. */
  public void write(long hvn, long value) {
    Block block = find(hvn);
    block = block == null ? pageIn(hvn, preferredLevel) : block;
    block.isWritable = true;
    block.isDirty = true;
    memory.setLong(wordHpa(block, hvn), value);
  }

  // --- what a test looks at ---

  /** Whether a page is present. */
  public boolean isPresent(long hvn) {
    return find(hvn) != null;
  }

  /** Whether the host was told that the page, or the large one around it, was written. */
  public boolean isDirty(long hvn) {
    Block block = find(hvn);
    return block != null && block.isDirty;
  }

  /** Whether the host was told that the page was used; forgets it. */
  public boolean takeAccessed(long hvn) {
    Block block = find(hvn);
    boolean wasAccessed = block != null && block.isAccessed;
    if (block != null) {
      block.isAccessed = false;
    }
    return wasAccessed;
  }

  /** The frame behind a present page. */
  public long pfnOf(long hvn) {
    return pfn(present(hvn));
  }

  /** Gives everything back. */
  void releaseAll() {
    for (Iterator<Block> blocks = byHvn.values().iterator(); blocks.hasNext(); ) {
      Block block = blocks.next();
      blocks.remove();
      byPfn.remove(block.pfn);
      freeFrames(block);
    }
  }

  // --- blocks ---

  private static long pack(Block block, long hvn) {
    return page(block.pfn + (hvn - block.hvn), block.level, block.isWritable);
  }

  private @Nullable Block find(long hvn) {
    Map.Entry<Long, Block> entry = byHvn.floorEntry(hvn);
    return entry != null && hvn < entry.getValue().end() ? entry.getValue() : null;
  }

  private Block ofPfn(long pfn) {
    Map.Entry<Long, Block> entry = byPfn.floorEntry(pfn);
    if (entry == null || pfn >= entry.getKey() + PageLevel.frames(entry.getValue().level)) {
      throw new AssertionError("news of frame " + Long.toHexString(pfn) + ", which backs nothing");
    }
    return entry.getValue();
  }

  private Block pageIn(long hvn, int largest) {
    int level = largest;
    while (level > PageLevel.LEVEL_4K && isTaken(hvn, level)) {
      level--;
    }
    long base = PageLevel.alignDown(hvn, level);
    long pfn = -1;
    if (level > PageLevel.LEVEL_4K) {
      pfn = frames.allocateRun(hostCpu, level);
    }
    if (pfn < 0) {
      level = PageLevel.LEVEL_4K;
      base = hvn;
      pfn = frames.allocate(hostCpu);
      memory.fill(pfn, 0);
    }
    Block block = new Block(base, pfn, level);
    byHvn.put(base, block);
    byPfn.put(pfn, block);
    swap.subMap(base, block.end())
        .forEach((each, word) -> memory.setLong(wordHpa(block, each), word));
    return block;
  }

  private boolean isTaken(long hvn, int level) {
    long base = PageLevel.alignDown(hvn, level);
    return !byHvn.subMap(base, base + PageLevel.frames(level)).isEmpty() || find(base) != null;
  }

  private void writeOut(Block block) {
    collectWords(block, swap);
  }

  private void collectWords(Block block, Map<Long, Long> into) {
    for (long hvn = block.hvn; hvn < block.end(); hvn++) {
      if (memory.isTouched(block.pfn + (hvn - block.hvn))) {
        into.put(hvn, memory.getLong(wordHpa(block, hvn)));
      }
    }
  }

  private void release(Block block) {
    byHvn.remove(block.hvn);
    byPfn.remove(block.pfn);
    freeFrames(block);
  }

  private void freeFrames(Block block) {
    if (block.level == PageLevel.LEVEL_4K) {
      frames.free(hostCpu, block.pfn);
    } else {
      frames.freeRun(hostCpu, block.pfn, block.level);
    }
  }

  private static long wordHpa(Block block, long hvn) {
    return PhysicalMemory.hpa(block.pfn + (hvn - block.hvn)) + WORD;
  }
}
