package dev.gnomon.machine.processor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gnomon.machine.VirtualMachine;
import dev.gnomon.machine.VmConfig;
import dev.gnomon.machine.memory.HostMemory;
import dev.gnomon.machine.memory.SwapSpace;
import dev.gnomon.machine.thread.CpuThreads;
import dev.gnomon.machine.thread.ThreadPlatform;
import dev.gnomon.mmu.Rules;
import dev.gnomon.mmu.arch.ControlRegisters;
import dev.gnomon.mmu.arch.NestedTables;
import dev.gnomon.mmu.arch.PagingMode;
import dev.gnomon.mmu.config.DirtyLogKind;
import dev.gnomon.mmu.config.MmuConfig;
import dev.gnomon.mmu.config.MmuKind;
import dev.gnomon.mmu.config.Stat;
import dev.gnomon.mmu.config.TdpKind;
import dev.gnomon.mmu.platform.Cpu;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * On real threads: L1 changes nested tables on each vCPU, under L2s that run by the very same
 * tables on the others, while the host moves pages, ages and logs them. Whoever has flushed finds
 * one of the two pages that an entry ever leads to; in the end the audit is silent.
 */
class NestedGuestStressTest {
  private static final int VCPUS = 2;
  private static final int ROUNDS = 800;
  private static final int PAGES = 24;
  private static final long TOP = 0x1000;
  private static final long LEAVES = 0x4000;
  private static final long FIRST = 0x40_000;
  private static final long SECOND = 0x80_000;

  private record Setup(MmuConfig mmu, NestedTables tables) {}

  private static Stream<Setup> setups() {
    MmuConfig ept = MmuConfig.of(TdpKind.EPT, VCPUS).withNested(true);
    MmuConfig npt = MmuConfig.of(TdpKind.NPT, VCPUS).withNested(true);
    NestedTables fourLevels = NestedMachine.npt(PagingMode.LEVEL_4, TOP, true);
    return Stream.of(
        new Setup(ept, NestedTables.Ept.of(TOP, 4, true)),
        new Setup(ept.withDirtyLog(DirtyLogKind.PML), NestedTables.Ept.of(TOP, 4, false)),
        new Setup(npt, fourLevels),
        new Setup(npt.withMmu(MmuKind.LEGACY_TDP), fourLevels));
  }

  @ParameterizedTest
  @MethodSource("setups")
  void nestedTablesChangeUnderL2sOnOtherProcessors(Setup setup) {
    try (HostMemory memory = HostMemory.reserve(8192)) {
      ThreadPlatform platform = new ThreadPlatform(memory, VCPUS + VirtualMachine.HOST_CPUS, true);
      CpuThreads threads = new CpuThreads(platform);
      VmConfig config = new VmConfig(setup.mmu(), VmConfig.MINIMUM_MEMORY, 1, TlbConfig.SMALL);
      VirtualMachine vm = new VirtualMachine(threads, SwapSpace.NONE, config, Rules.DEFAULTS);
      Vcpu first = vm.newVcpu(0, (vcpu, gva, code) -> {});
      prepare(first);
      AtomicInteger running = new AtomicInteger(VCPUS);
      for (int i = 0; i < VCPUS; i++) {
        Vcpu vcpu = i == 0 ? first : vm.newVcpu(i, (each, gva, code) -> {});
        Random random = new Random(i);
        threads.start(i, "vcpu" + i, cpu -> hypervise(vcpu, setup.tables(), random, running));
      }
      threads.start(VCPUS, "host", cpu -> disturb(vm, cpu, running));
      threads.join();
      assertThat(vm.mmu().audit(vm.hostCpu(0))).isEmpty();
      assertThat(vm.mmu().statistics().sum(Stat.MMU_PTE_WRITE)).isPositive();
      assertThat(vm.mmu().statistics().sum(Stat.NESTED_VIOLATIONS)).isPositive();
    }
  }

  private static void prepare(Vcpu vcpu) {
    vcpu.enterGuest();
    for (long table = TOP; table < LEAVES; table += 0x1000) {
      vcpu.writeLong(table, table + 0x1000 | 7);
    }
    for (int page = 0; page < PAGES; page++) {
      vcpu.writeLong(FIRST + 0x1000L * page, 1000 + page);
      vcpu.writeLong(SECOND + 0x1000L * page, 2000 + page);
    }
    vcpu.leaveGuest();
  }

  private static void hypervise(
      Vcpu vcpu, NestedTables tables, Random random, AtomicInteger running) {
    vcpu.enterGuest();
    vcpu.nested()
        .onViolation(
            (l1, violation) -> {
              change(l1, (int) (violation.ngpa() >>> 12), random.nextBoolean());
              l1.nested().invalidate();
            });
    for (int round = 0; round < ROUNDS; round++) {
      int page = random.nextInt(PAGES);
      switch (random.nextInt(8)) {
        case 0 -> vcpu.writeLong(LEAVES + 8L * page, 0);
        case 1 -> vcpu.writeLong(LEAVES - 0x1000, LEAVES | 7);
        default -> change(vcpu, page, random.nextBoolean());
      }
      vcpu.nested().invalidate();
      vcpu.nested().run(ControlRegisters.RESET, tables);
      for (int i = 0; i < 3; i++) {
        int other = random.nextInt(PAGES);
        long found = vcpu.readLong(0x1000L * other);
        if (found != 1000 + other && found != 2000 + other) {
          throw new IllegalStateException("L2 reads " + found + " at page " + other);
        }
        vcpu.writeLong(0x1000L * other + 8 + 8L * vcpu.index(), round);
      }
      vcpu.nested().exit();
    }
    vcpu.leaveGuest();
    vcpu.shutDown();
    running.decrementAndGet();
  }

  private static void change(Vcpu vcpu, int page, boolean isFirst) {
    long gpa = (isFirst ? FIRST : SECOND) + 0x1000L * page;
    vcpu.writeLong(LEAVES + 8L * page, gpa | 7);
  }

  private static void disturb(VirtualMachine vm, Cpu cpu, AtomicInteger running) {
    Random random = new Random(VCPUS);
    boolean isLogged = false;
    while (running.get() > 0) {
      long hvn = vm.baseHvn() + (LEAVES >>> 12) + random.nextInt(0x80);
      switch (random.nextInt(6)) {
        case 0, 1 -> vm.hostSpace().migratePage(cpu, hvn);
        case 2 -> vm.mmu().notifier().clearYoung(cpu, hvn, hvn + 1);
        case 3 -> {
          if (isLogged) {
            vm.mmu().slotChanges().stopDirtyLog(cpu, 0);
          } else {
            vm.mmu().slotChanges().startDirtyLog(cpu, 0);
          }
          isLogged = !isLogged;
        }
        case 4 -> vm.mmu().slotChanges().zapAllFast(cpu);
        default -> Thread.onSpinWait();
      }
    }
  }
}
