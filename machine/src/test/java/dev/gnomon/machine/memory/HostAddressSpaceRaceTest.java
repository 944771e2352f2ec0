package dev.gnomon.machine.memory;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gnomon.machine.lockstep.LockstepPlatform;
import dev.gnomon.machine.lockstep.Schedule;
import dev.gnomon.machine.thread.CpuThreads;
import dev.gnomon.machine.thread.Execution;
import dev.gnomon.machine.thread.ThreadPlatform;
import dev.gnomon.mmu.platform.Cpu;
import org.junit.jupiter.api.Test;

/**
 * Guests, the VMM and the host's memory manager side by side: no write is lost. Each page has one
 * writer, who knows what it must hold.
 */
class HostAddressSpaceRaceTest {
  private static final int WRITERS = 2;
  private static final int CPUS = 5;
  private static final int PAGES = 8;
  private static final int ROUNDS = 24;

  private boolean checksSequence = true;
  private boolean reportsDirt = true;

  /** Returns how many writes were lost. */
  private long run(Execution execution, HostMemory host, int rounds, int level) {
    TestHost test = new TestHost(host, execution, new SwapMemory(execution));
    ToyMmu mmu = new ToyMmu(test.execution, test.space);
    mmu.checksSequence = checksSequence;
    mmu.reportsDirt = reportsDirt;
    long first = test.space.map(test.cpu, level == 1 ? 3 * PAGES : 512, level);
    long[] lost = new long[CPUS];
    for (int i = 0; i < WRITERS; i++) {
      execution.start(i, "guest", cpu -> lost[cpu.index()] = guest(cpu, mmu, first, rounds));
    }
    execution.start(
        2, "vmm", cpu -> lost[2] = vmm(cpu, test.space, first + WRITERS * PAGES, rounds));
    execution.start(3, "reclaim", cpu -> reclaim(cpu, test, rounds));
    execution.start(4, "move", cpu -> move(cpu, test.space, first, rounds));
    execution.join();
    return lost[0] + lost[1] + lost[2];
  }

  private static long guest(Cpu cpu, ToyMmu mmu, long first, int rounds) {
    long lost = 0;
    for (int i = 0; i < rounds; i++) {
      long hvn = first + cpu.index() * PAGES + i % PAGES;
      long before = i < PAGES ? 0 : i - PAGES + 1;
      lost += mmu.read(cpu, hvn) == before ? 0 : 1;
      mmu.write(cpu, hvn, i + 1);
      lost += mmu.read(cpu, hvn) == i + 1 ? 0 : 1;
    }
    return lost;
  }

  private static long vmm(Cpu cpu, HostAddressSpace space, long first, int rounds) {
    long lost = 0;
    byte[] bytes = new byte[1];
    for (int i = 0; i < rounds; i++) {
      long hva = first + i % PAGES << 12;
      space.read(cpu, hva, bytes, 0, 1);
      lost += bytes[0] == (byte) (i < PAGES ? 0 : i - PAGES + 1) ? 0 : 1;
      bytes[0] = (byte) (i + 1);
      space.write(cpu, hva, bytes, 0, 1);
    }
    return lost;
  }

  private static void reclaim(Cpu cpu, TestHost test, int rounds) {
    Reclaimer reclaimer = new Reclaimer(test.platform, test.space);
    for (int i = 0; i < rounds; i++) {
      reclaimer.reclaim(cpu, 5);
    }
  }

  private static void move(Cpu cpu, HostAddressSpace space, long first, int rounds) {
    for (int i = 0; i < rounds; i++) {
      long hvn = first + i % (3 * PAGES);
      switch (i % 4) {
        case 0 -> space.migratePage(cpu, hvn);
        case 1 -> space.writeBack(cpu, hvn);
        case 2 -> space.evict(cpu, hvn);
        default -> space.protect(cpu, hvn, 3, true);
      }
    }
  }

  private long lostInLockstep(int schedules, int level) {
    long lost = 0;
    for (int seed = 0; seed < schedules; seed++) {
      lost += inLockstep(seed, level);
    }
    return lost;
  }

  /** Whether a write is lost under one of so many schedules at most. */
  private boolean losesInLockstep(int schedules) {
    for (int seed = 0; seed < schedules; seed++) {
      if (inLockstep(seed, 1) > 0) {
        return true;
      }
    }
    return false;
  }

  private long inLockstep(long seed, int level) {
    try (HostMemory host = HostMemory.reserve(4096)) {
      LockstepPlatform platform = new LockstepPlatform(host, CPUS, true, Schedule.of(seed));
      return run(platform.execution(), host, ROUNDS, level);
    }
  }

  @Test
  void inLockstepNoWriteIsLost() {
    assertThat(lostInLockstep(60, 1)).isZero();
    assertThat(lostInLockstep(10, 2)).isZero();
  }

  @Test
  void onThreadsNoWriteIsLost() {
    for (int level = 1; level <= 2; level++) {
      try (HostMemory host = HostMemory.reserve(4096)) {
        ThreadPlatform platform = new ThreadPlatform(host, CPUS, true);
        assertThat(run(new CpuThreads(platform), host, 20_000, level)).isZero();
      }
    }
  }

  @Test
  void aUserThatUsesStaleAnswersLosesWrites() {
    checksSequence = false;
    assertThat(losesInLockstep(1000)).isTrue();
  }

  @Test
  void aUserThatKeepsDirtToItselfLosesWrites() {
    reportsDirt = false;
    assertThat(losesInLockstep(5)).isTrue();
  }
}
