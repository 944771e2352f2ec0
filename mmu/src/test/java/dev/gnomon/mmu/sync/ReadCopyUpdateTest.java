package dev.gnomon.mmu.sync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.sync.SequentialPlatform.WouldWaitException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

class ReadCopyUpdateTest {
  private static final int CPUS = 3;

  private final SequentialPlatform platform = new SequentialPlatform(CPUS);
  private final List<Long> reclaimed = new ArrayList<>();
  private final ReadCopyUpdate rcu =
      new WordReadCopyUpdate(platform, (cpu, thing) -> reclaimed.add(thing));

  /** A thing that was retired, by whom, and who read when it was. */
  private record Retired(int cpu, long thing, Set<Integer> readers) {}

  /**
   * Each action is a CPU and what it does: enter or leave a read section, retire, poll. After a
   * poll, of what the CPU retired exactly that is left which came at or after the first thing that
   * some reader has seen.
   */
  @Property
  void pollReclaimsExactlyWhatNoReaderHasSeen(
      @ForAll @Size(max = 60) List<@IntRange(max = CPUS * 3 - 1) Integer> actions) {
    List<Long> reclaimed = new ArrayList<>();
    ReadCopyUpdate rcu = new WordReadCopyUpdate(platform, (cpu, thing) -> reclaimed.add(thing));
    List<Retired> waiting = new ArrayList<>();
    Set<Integer> reading = new HashSet<>();
    long next = 0;
    for (int action : actions) {
      int index = action / 3;
      Cpu cpu = platform.cpu(index);
      switch (action % 3) {
        case 0 -> {
          if (reading.add(index)) {
            rcu.readLock(cpu);
          } else {
            reading.remove(index);
            rcu.readUnlock(cpu);
            waiting.forEach(retired -> retired.readers.remove(index));
          }
        }
        case 1 -> {
          rcu.retire(cpu, next);
          waiting.add(new Retired(index, next++, new HashSet<>(reading)));
        }
        default -> {
          reclaimed.clear();
          rcu.poll(cpu);
          List<Long> due = due(waiting, index);
          assertThat(reclaimed).isEqualTo(due);
          waiting.removeIf(retired -> due.contains(retired.thing));
        }
      }
      assertThat(rcu.isReadBy(cpu)).isEqualTo(reading.contains(index));
      assertThat((long) rcu.pending(cpu)).isEqualTo(ofCpu(waiting, index).size());
    }
  }

  private static List<Long> due(List<Retired> waiting, int cpu) {
    return ofCpu(waiting, cpu).stream()
        .takeWhile(retired -> retired.readers.isEmpty())
        .map(Retired::thing)
        .toList();
  }

  private static List<Retired> ofCpu(List<Retired> waiting, int cpu) {
    return waiting.stream().filter(retired -> retired.cpu == cpu).toList();
  }

  @Example
  void synchronizeWaitsForAReader() {
    rcu.readLock(platform.cpu(1));
    assertThatExceptionOfType(WouldWaitException.class)
        .isThrownBy(() -> rcu.synchronize(platform.cpu(0)));
    rcu.readUnlock(platform.cpu(1));
    rcu.synchronize(platform.cpu(0));
  }

  @Example
  void drainDoesNotWaitForWhoCameAfterTheCpuHadNothingToReclaim() {
    rcu.readLock(platform.cpu(1));
    rcu.drain(platform.cpu(0));
    rcu.retire(platform.cpu(0), 5);
    assertThatExceptionOfType(WouldWaitException.class)
        .isThrownBy(() -> rcu.drain(platform.cpu(0)));
    rcu.readUnlock(platform.cpu(1));
    rcu.drain(platform.cpu(0));
    assertThat(reclaimed).containsExactly(5L);
  }

  @Example
  void drainIsCompleteEvenIfAReaderComesMeanwhile() {
    rcu.readLock(platform.cpu(1));
    rcu.retire(platform.cpu(0), 5);
    Cpu drainer =
        platform.cpu(
            0,
            () -> {
              rcu.readUnlock(platform.cpu(1));
              rcu.readLock(platform.cpu(2));
            });
    rcu.drain(drainer);
    assertThat(reclaimed).containsExactly(5L);
  }

  @Example
  void drainAllReclaimsWhatEveryCpuRetired() {
    for (int i = 0; i < CPUS; i++) {
      rcu.retire(platform.cpu(i), 10 + i);
    }
    rcu.drainAll(platform.cpu(1));
    assertThat(reclaimed).containsExactlyInAnyOrder(10L, 11L, 12L);
  }
}
