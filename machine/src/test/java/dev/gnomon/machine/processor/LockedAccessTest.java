package dev.gnomon.machine.processor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gnomon.machine.VirtualMachine;
import dev.gnomon.machine.VmConfig;
import dev.gnomon.machine.memory.HostMemory;
import dev.gnomon.machine.memory.SwapSpace;
import dev.gnomon.machine.thread.CpuThreads;
import dev.gnomon.machine.thread.ThreadPlatform;
import dev.gnomon.mmu.Rules;
import dev.gnomon.mmu.config.MmuConfig;
import dev.gnomon.mmu.config.TdpKind;
import java.util.Random;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LockedAccessTest {
  private static final long BASE = 0x4000;

  /** Each operation, at any alignment and across pages, does what it does to a plain array. */
  @Property(tries = 40, edgeCases = EdgeCasesMode.NONE)
  void anUpdateIsThatOfTheWord(@ForAll long seed, @ForAll @IntRange(max = 3) int sizeShift) {
    Random random = new Random(seed);
    int size = 1 << sizeShift;
    long mask = -1L >>> 64 - 8 * size;
    try (ProcessorRig rig = new ProcessorRig(MmuConfig.of(TdpKind.EPT, 1), TlbConfig.DEFAULT)) {
      LockedAccess locked = rig.vcpu.locked();
      for (int i = 0; i < 40; i++) {
        long gva = BASE + 0xff0 + random.nextInt(24);
        long old = random.nextLong() & mask;
        long operand = random.nextLong();
        rig.vcpu.write(gva - 1, 1, 0x5a);
        rig.vcpu.write(gva + size, 1, 0xa5);
        rig.vcpu.write(gva, size, old);
        LockedOperation operation =
            LockedOperation.values()[random.nextInt(LockedOperation.values().length)];
        long expected = random.nextBoolean() ? old : old ^ 1;
        long returned =
            switch (operation) {
              case ADD -> locked.fetchAndAdd(gva, size, operand);
              case AND -> locked.fetchAndAnd(gva, size, operand);
              case OR -> locked.fetchAndOr(gva, size, operand);
              case XOR -> locked.fetchAndXor(gva, size, operand);
              case EXCHANGE -> locked.exchange(gva, size, operand);
              case COMPARE -> locked.compareAndExchange(gva, size, expected, operand);
            };
        long now =
            switch (operation) {
              case ADD -> old + operand;
              case AND -> old & operand;
              case OR -> old | operand;
              case XOR -> old ^ operand;
              case EXCHANGE -> operand;
              case COMPARE -> old == expected ? operand : old;
            };
        assertThat(returned).as("%s of %d at %x", operation, size, gva).isEqualTo(old);
        assertThat(rig.vcpu.read(gva, size)).as(operation.name()).isEqualTo(now & mask);
        assertThat(rig.vcpu.read(gva - 1, 1)).isEqualTo(0x5a);
        assertThat(rig.vcpu.read(gva + size, 1)).isEqualTo(0xa5);
      }
    }
  }

  /** Within a word, across words, across pages: no update of several vCPUs is lost. */
  @ParameterizedTest
  @ValueSource(longs = {BASE + 8, BASE + 0x12, BASE + 0x1d, BASE + 0xffe})
  void updatesOfSeveralVcpusAddUp(long gva) {
    int vcpus = 2;
    int updates = 2_000;
    MmuConfig mmu = MmuConfig.of(TdpKind.NPT, vcpus);
    try (HostMemory memory = HostMemory.reserve(4096)) {
      ThreadPlatform platform = new ThreadPlatform(memory, vcpus + VirtualMachine.HOST_CPUS, true);
      CpuThreads threads = new CpuThreads(platform);
      VirtualMachine vm =
          new VirtualMachine(
              threads,
              SwapSpace.NONE,
              new VmConfig(mmu, VmConfig.MINIMUM_MEMORY, 1, TlbConfig.DEFAULT),
              Rules.DEFAULTS);
      for (int i = 0; i < vcpus; i++) {
        Vcpu vcpu = vm.newVcpu(i, (each, address, code) -> {});
        threads.start(
            i,
            "vcpu" + i,
            cpu -> {
              vcpu.enterGuest();
              for (int n = 0; n < updates; n++) {
                vcpu.locked().fetchAndAdd(gva, 4, 3);
              }
              vcpu.leaveGuest();
              vcpu.shutDown();
            });
      }
      threads.join();
      Vcpu reader = vm.newVcpu(0, (each, address, code) -> {});
      reader.enterGuest();
      long sum = reader.read(gva, 4);
      reader.leaveGuest();
      reader.shutDown();
      assertThat(sum).isEqualTo(3L * vcpus * updates);
      vm.close();
    }
  }
}
