package dev.gnomon.machine.guest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gnomon.machine.InputException;
import dev.gnomon.machine.VirtualMachine;
import dev.gnomon.machine.VmConfig;
import dev.gnomon.machine.lockstep.LockstepPlatform;
import dev.gnomon.machine.lockstep.Schedule;
import dev.gnomon.machine.memory.HostMemory;
import dev.gnomon.machine.memory.SwapFile;
import dev.gnomon.machine.processor.TlbConfig;
import dev.gnomon.machine.thread.CpuThreads;
import dev.gnomon.machine.thread.Execution;
import dev.gnomon.machine.thread.ThreadPlatform;
import dev.gnomon.mmu.Rules;
import dev.gnomon.mmu.config.MmuConfig;
import dev.gnomon.mmu.config.TdpKind;
import dev.gnomon.mmu.tdp.ZapOrder;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The same scripts on real threads and in lockstep, in every kind of table. */
class ScriptRunTest {
  private static final long MEMORY = 8L << 20;
  private static final int SEEDS = 40;

  @TempDir private Path swapDirectory;

  @ParameterizedTest
  @ValueSource(strings = {"reclaim", "log", "track"})
  void holdsOnRealThreads(String name) throws IOException {
    for (MmuConfig mmu : configurations()) {
      for (int i = 0; i < 5; i++) {
        assertThat(onThreads(load(name), mmu, Rules.DEFAULTS)).isEmpty();
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"reclaim", "log", "track"})
  void holdsInLockstepUnderEverySeed(String name) throws IOException {
    for (MmuConfig mmu : configurations()) {
      for (long seed = 0; seed < SEEDS; seed++) {
        assertThat(inLockstep(load(name), mmu, Rules.DEFAULTS, seed)).as("seed " + seed).isEmpty();
      }
    }
  }

  @Test
  void anUnsafeRuleIsCaughtUnderSomeSeed() {
    Rules unsafe = Rules.DEFAULTS.with(Rules.ZAP_ORDER, ZapOrder.FREE_BEFORE_FLUSH);
    assertThat(countCaught(unsafe)).isPositive();
    assertThat(countCaught(Rules.DEFAULTS)).isZero();
  }

  /**
   * A vCPU writes and reads one page again and again, which the host takes away again and again.
   */
  private int countCaught(Rules rules) {
    StringBuilder text = new StringBuilder("vcpu 0\n");
    for (int i = 1; i <= 200; i++) {
      text.append("write 0x100000 %d\nread 0x100000 = %d\n".formatted(i, i));
    }
    text.append("host\n").append("evict 0x100000\n".repeat(20));
    Script script = Script.parse("s", text.toString());
    int caught = 0;
    for (long seed = 0; seed < SEEDS; seed++) {
      MmuConfig mmu = MmuConfig.of(TdpKind.EPT, 1);
      caught += inLockstep(script, mmu, rules, seed).isEmpty() ? 0 : 1;
    }
    return caught;
  }

  @Test
  void aMistakeIsNamedWithItsPlace() {
    assertThatThrownBy(() -> Script.parse("s", "vcpu 0\n  raed 0x1000\n"))
        .isInstanceOf(InputException.class)
        .hasMessage("s:2:3: expected an operation of a vCPU, found 'raed'");
    assertThatThrownBy(() -> Script.parse("s", "write 8 1"))
        .hasMessage("s:1:1: expected 'vcpu N', 'host' or 'finally', found 'write 8 1'");
    assertThatThrownBy(() -> Script.parse("s", "host\n evict 0x1001"))
        .hasMessage("s:2:8: expected an address that is a multiple of 8, found '0x1001'");
    assertThatThrownBy(() -> Script.parse("s", "vcpu 0\nwrite 8 x"))
        .hasMessage("s:2:9: expected a number, found 'x'");
  }

  @Test
  void anExpectationThatIsNotMetIsReported() {
    Script script = Script.parse("s", "vcpu 0\n write 0x1000 1\n read 0x1000 = 2\n");
    assertThat(onThreads(script, MmuConfig.of(TdpKind.EPT, 1), Rules.DEFAULTS))
        .containsExactly("line 3: expected 0x2, found 0x1");
  }

  private static List<MmuConfig> configurations() {
    MmuConfig ept = MmuConfig.of(TdpKind.EPT, 2).withWriteTracking(true);
    return List.of(
        ept,
        ept.withAccessedDirty(false),
        MmuConfig.of(TdpKind.NPT, 2).withWriteTracking(true).withLevels(5));
  }

  private static Script load(String name) throws IOException {
    try (InputStream in = ScriptRunTest.class.getResourceAsStream(name + ".script")) {
      return Script.parse(name, new String(in.readAllBytes(), StandardCharsets.UTF_8));
    }
  }

  private List<String> onThreads(Script script, MmuConfig mmu, Rules rules) {
    try (HostMemory host = HostMemory.reserve(8192)) {
      int cpus = mmu.vcpus() + VirtualMachine.HOST_CPUS;
      ThreadPlatform platform = new ThreadPlatform(host, cpus, true);
      return run(script, new CpuThreads(platform), mmu, rules);
    }
  }

  private List<String> inLockstep(Script script, MmuConfig mmu, Rules rules, long seed) {
    try (HostMemory host = HostMemory.reserve(8192)) {
      int cpus = mmu.vcpus() + VirtualMachine.HOST_CPUS;
      LockstepPlatform platform = new LockstepPlatform(host, cpus, true, Schedule.of(seed));
      return run(script, platform.execution(), mmu, rules);
    }
  }

  private List<String> run(Script script, Execution execution, MmuConfig mmu, Rules rules) {
    try (SwapFile swap =
        SwapFile.create(execution.platform(), execution.synchronization(), swapDirectory, 64)) {
      VmConfig config = new VmConfig(mmu, MEMORY, 1, TlbConfig.DEFAULT);
      return new ScriptRun(new VirtualMachine(execution, swap, config, rules), script).run();
    }
  }
}
