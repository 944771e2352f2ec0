package dev.gnomon.machine.device;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gnomon.machine.VirtualMachine;
import dev.gnomon.machine.VmConfig;
import dev.gnomon.machine.image.GuestImage;
import dev.gnomon.machine.image.StartMode;
import dev.gnomon.machine.memory.HostMemory;
import dev.gnomon.machine.memory.SwapSpace;
import dev.gnomon.machine.processor.TlbConfig;
import dev.gnomon.machine.thread.CpuThreads;
import dev.gnomon.machine.thread.ThreadPlatform;
import dev.gnomon.machine.x86.CpuFeatures;
import dev.gnomon.machine.x86.X86Cpu;
import dev.gnomon.mmu.Rules;
import dev.gnomon.mmu.config.MmuConfig;
import dev.gnomon.mmu.config.TdpKind;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Programs on the PC, their vCPUs in turn. */
class PcMachineTest {
  private static final int VCPUS = 2;
  private static final long MEMORY = 4L << 20;

  private final HostMemory host = HostMemory.reserve(8192);
  private final StringBuilder printed = new StringBuilder();
  private final List<String> told = new ArrayList<>();
  private boolean stopsAtUnclaimedPorts;

  private final Console console =
      new Console() {
        private boolean hasByte = true;

        @Override
        public void write(int value) {
          printed.append((char) value);
        }

        @Override
        public boolean hasInput() {
          return hasByte;
        }

        @Override
        public int read() {
          hasByte = false;
          return 'I';
        }
      };

  @AfterEach
  void close() {
    host.close();
  }

  private Ending run(GuestImage image, int quantum) {
    int cpus = VCPUS + VirtualMachine.HOST_CPUS;
    VirtualMachine vm =
        new VirtualMachine(
            new CpuThreads(new ThreadPlatform(host, cpus, false)),
            SwapSpace.NONE,
            new VmConfig(MmuConfig.of(TdpKind.EPT, VCPUS), MEMORY, 1, TlbConfig.DEFAULT),
            Rules.DEFAULTS);
    Turns turns = new Turns(VCPUS, quantum);
    PcMachine machine =
        new PcMachine(
            vm,
            new PcConfig(VCPUS, vm.memoryMap(), true, true, 36, false),
            CpuFeatures.all(),
            turns,
            console,
            new Listener());
    machine.boot(image, "", List.of());
    turns.run(machine);
    Ending ending = machine.pc().ending();
    assertThat(ending).isNotNull();
    return ending;
  }

  private final class Listener implements PcListener {
    @Override
    public boolean unclaimedPort(X86Cpu cpu, int port, int size, boolean isWrite, long value) {
      told.add((isWrite ? "out " : "in ") + Integer.toHexString(port) + " " + size);
      return stopsAtUnclaimedPorts;
    }

    @Override
    public void unknownInstruction(X86Cpu cpu, long rip, byte[] bytes) {
      told.add(Long.toHexString(rip) + ": " + HexFormat.of().formatHex(bytes, 0, 2));
    }
  }

  private Ending run(String code) {
    byte[] bytes = HexFormat.ofDelimiter(" ").parseHex(code);
    return run(GuestImage.flat("code", bytes, 0x7c00, null, StartMode.REAL), 100);
  }

  private static byte[] resource(String name) {
    try (InputStream in = PcMachineTest.class.getResourceAsStream(name)) {
      return in.readAllBytes();
    } catch (IOException e) {
      throw new AssertionError(name, e);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 10, 1000})
  void everyKindOfEventIsDelivered(int quantum) {
    byte[] file = resource("events.bin");
    Ending ending =
        run(GuestImage.flat("events", file, 0x10_0000, null, StartMode.FLAT32), quantum);
    assertThat(printed.toString()).isEqualTo("PINDtSAA\n");
    assertThat(ending).isEqualTo(new Ending(Ending.Kind.EXIT, 0, 0));
  }

  @Test
  void valueOfTheExitPortIsTheEnd() {
    // mov al, 0x2a; out 0xf4, al
    assertThat(run("b0 2a e6 f4")).isEqualTo(new Ending(Ending.Kind.EXIT, 0, 0x2a));
  }

  @Test
  void haltWithInterruptsOffIsDeath() {
    // cli; hlt
    assertThat(run("fa f4").kind()).isEqualTo(Ending.Kind.DEAD);
  }

  @Test
  void haltWithInterruptsOnAndNothingToComeIsTheEnd() {
    // sti; hlt
    assertThat(run("fb f4").kind()).isEqualTo(Ending.Kind.IDLE);
  }

  @Test
  void tripleFaultIsAShutdown() {
    // lidt cs:[0x7c08] (limit 0); int3; 6 zeros
    assertThat(run("2e 0f 01 1e 08 7c cc 90 00 00 00 00 00 00").kind())
        .isEqualTo(Ending.Kind.SHUTDOWN);
  }

  @Test
  void fastResetEndsTheMachine() {
    // mov al, 1; out 0x92, al
    assertThat(run("b0 01 e6 92").kind()).isEqualTo(Ending.Kind.RESET);
  }

  @Test
  void unclaimedPortReadsAsOnesAndIsTold() {
    // in ax, 0x99; out 0xf4, ax
    assertThat(run("e5 99 e7 f4").value()).isEqualTo(0xffff);
    assertThat(told).containsExactly("in 99 2");
  }

  @Test
  void unclaimedPortCanStopTheMachine() {
    stopsAtUnclaimedPorts = true;
    // out 0x99, al; jmp $
    assertThat(run("e6 99 eb fe")).isEqualTo(new Ending(Ending.Kind.UNCLAIMED_PORT, 0, 0x99));
  }

  @Test
  void sameProgramTakesTheSameTimeAgain() {
    // rdtsc; out 0xf4, eax
    long first = run("0f 31 66 e7 f4").value();
    assertThat(first).isPositive();
    assertThat(run("0f 31 66 e7 f4").value()).isEqualTo(first);
  }

  @Test
  void unknownInstructionIsTold() {
    // lidt cs:[0x7c08] (limit 0); fld1; 6 zeros
    run("2e 0f 01 1e 08 7c d9 e8 00 00 00 00 00 00");
    assertThat(told).containsExactly("7c06: d9e8");
  }

  @Test
  void instructionThatIsMeantToBeUndefinedIsNot() {
    // lidt cs:[0x7c08] (limit 0); ud2; 6 zeros
    run("2e 0f 01 1e 08 7c 0f 0b 00 00 00 00 00 00");
    assertThat(told).isEmpty();
  }
}
