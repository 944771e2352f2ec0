package dev.gnomon.machine.memory;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gnomon.machine.thread.ThreadPlatform;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.OutOfFramesException;
import dev.gnomon.mmu.platform.PhysicalMemory;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.Size;

class FrameAllocatorPropertyTest {

  /** What is allocated: the first frame of each run or frame, to its level. */
  private final TreeMap<Long, Integer> model = new TreeMap<>();

  private HostMemory host;
  private FrameAllocator frames;
  private Cpu cpu;

  @Property(tries = 200)
  void whateverIsAllocatedIsAlignedApartAndKeepsItsContent(
      @ForAll @LongRange(min = 600, max = 5000) long size,
      @ForAll @Size(min = 50, max = 400) List<@IntRange(max = 99) Integer> steps) {
    model.clear();
    try (HostMemory opened = HostMemory.reserve(size)) {
      ThreadPlatform platform = new ThreadPlatform(opened, 1, true);
      host = opened;
      frames = platform.frames();
      cpu = platform.cpu(0);
      for (int i = 0; i < steps.size(); i++) {
        step(steps.get(i), i);
      }
      assertThat(frames.allocated()).isEqualTo(sizeOfModel());
      new ArrayList<>(model.keySet()).forEach(this::free);
      assertThat(frames.allocated()).isZero();
      assertThat(runsLeft()).isEqualTo((int) (size / 512));
    }
  }

  private void step(int what, int salt) {
    if (what < 50) {
      for (int i = 0; i <= what; i++) {
        try {
          add(frames.allocate(cpu), 1);
        } catch (OutOfFramesException e) {
          assertThat(sizeOfModel()).isEqualTo(frames.capacity());
        }
      }
    } else if (what < 60) {
      long run = frames.allocateRun(cpu, 2);
      if (run >= 0) {
        add(run, 2);
      }
    } else if (!model.isEmpty()) {
      List<Long> all = new ArrayList<>(model.keySet());
      long pfn = all.get(salt * 7919 % all.size());
      if (what < 70 && model.get(pfn) == 2) {
        split(pfn);
      } else {
        for (int i = 0; i < what - 50 && !model.isEmpty(); i++) {
          Long next = model.ceilingKey(pfn);
          free(next == null ? model.firstKey() : next);
        }
      }
    }
  }

  private void add(long pfn, int level) {
    long span = FrameAllocator.framesOf(level);
    assertThat(pfn % span).isZero();
    assertThat(host.extent().contains(pfn + span - 1)).isTrue();
    Long below = model.floorKey(pfn + span - 1);
    if (below != null) {
      assertThat(below + FrameAllocator.framesOf(model.get(below))).isLessThanOrEqualTo(pfn);
    }
    model.put(pfn, level);
    for (long at = pfn; at < pfn + span; at++) {
      host.memory().fill(at, ~at);
    }
  }

  private void split(long pfn) {
    frames.splitRun(cpu, pfn, 2);
    for (long at = pfn; at < pfn + 512; at++) {
      model.put(at, 1);
    }
  }

  private void free(long pfn) {
    int level = model.remove(pfn);
    for (long at = pfn; at < pfn + FrameAllocator.framesOf(level); at++) {
      assertThat(host.memory().getLong(PhysicalMemory.hpa(at) + 8)).isEqualTo(~at);
    }
    if (level == 1) {
      frames.free(cpu, pfn);
    } else {
      frames.freeRun(cpu, pfn, level);
    }
  }

  private long sizeOfModel() {
    return model.values().stream().mapToLong(FrameAllocator::framesOf).sum();
  }

  private int runsLeft() {
    int runs = 0;
    while (frames.allocateRun(cpu, 2) >= 0) {
      runs++;
    }
    return runs;
  }
}
