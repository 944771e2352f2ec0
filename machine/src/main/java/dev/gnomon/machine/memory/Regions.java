package dev.gnomon.machine.memory;

import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.Platform;
import dev.gnomon.mmu.platform.SharedWords;
import dev.gnomon.mmu.sync.SpinLock;
import dev.gnomon.mmu.sync.Synchronization;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What is mapped in an address space. Everything here is guarded by {@link #lock}, which the caller
 * takes: a page is first touched under the same lock under which its region was found, so that who
 * removes a region meets, afterwards, every page that was touched in it.
 */
final class Regions {
  private final SpinLock lock;
  private final TreeMap<Long, Region> byFirst = new TreeMap<>();

  /** One word: no region was ever at or beyond this. It is read without the lock, too. */
  private final SharedWords end;

  /** The first gigabyte stays empty, as a process's null page. */
  Regions(Platform platform, Synchronization synchronization) {
    lock = synchronization.spinLock();
    end = platform.newWords(1);
    end.set(0, HostFrames.framesOf(3));
  }

  /** The host-virtual frame at which nothing was ever mapped, nor beyond. Needs no lock. */
  long end() {
    return end.get(0);
  }

  void lock(Cpu cpu) {
    lock.lock(cpu);
  }

  void unlock(Cpu cpu) {
    lock.unlock(cpu);
  }

  /** Adds a region where none ever was, aligned to its level, with a gap before it. */
  @Nullable Region add(long frames, int level) {
    long aligned = HostFrames.framesOf(level);
    long first = end() + aligned & -aligned;
    if (frames > HostPageTable.END - first) {
      return null;
    }
    Region region = new Region(first, first + frames, level, true);
    end.set(0, region.end());
    byFirst.put(first, region);
    return region;
  }

  /** The region that a host-virtual frame lies in. */
  @Nullable Region find(long hvn) {
    Map.Entry<Long, Region> below = byFirst.floorEntry(hvn);
    return below == null || hvn >= below.getValue().end() ? null : below.getValue();
  }

  /** Removes a range, whatever is mapped in it. */
  void remove(long first, long end) {
    cutAt(first);
    cutAt(end);
    byFirst.subMap(first, end).clear();
  }

  /** Gives what is mapped in a range another permission. */
  void setWritable(long first, long end, boolean isWritable) {
    cutAt(first);
    cutAt(end);
    byFirst.subMap(first, end).replaceAll((start, region) -> region.withWritable(isWritable));
  }

  private void cutAt(long hvn) {
    Region region = find(hvn);
    if (region != null && region.first() < hvn) {
      byFirst.put(region.first(), region.withRange(region.first(), hvn));
      byFirst.put(hvn, region.withRange(hvn, region.end()));
    }
  }
}
