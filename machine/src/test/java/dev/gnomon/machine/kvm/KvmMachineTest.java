package dev.gnomon.machine.kvm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.gnomon.machine.recorder.GuestMode;
import dev.gnomon.machine.recorder.RecordedRun;
import dev.gnomon.machine.x86.CpuState;
import java.util.HexFormat;
import java.util.List;
import java.util.SortedMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Guests under the host's own KVM; skipped, with the reason, where there is none. */
class KvmMachineTest {
  /** mov dx, 0x14; out dx, al. */
  private static final String END = "66ba1400 ee";

  /** mov eax, 0x1234; mov dx, 0x13; out dx, eax. */
  private static final String PRINT = "b834120000 66ba1300 ef";

  /** mov [0x40000], eax. */
  private static final String STORE = "89042500000400";

  /** mov eax, [0x180000], where the test's guests have no memory behind their tables. */
  private static final String LOAD_MISSING = "8b042500001800";

  @BeforeEach
  void needsKvm() {
    String obstacle = KvmDevice.obstacle();
    assumeTrue(obstacle.isEmpty(), obstacle);
  }

  private static RecordedRun run(boolean isLogged, int ring, int vcpus) {
    return new RecordedRun(
        "t", GuestMode.LONG, 0, "t", 2 << 20, List.of(), isLogged, false, false, ring, vcpus);
  }

  private static byte[] program(String... parts) {
    return HexFormat.of().parseHex(String.join("", parts).replace(" ", ""));
  }

  /** mov ebx, b; mov ecx, c; mov eax, operation; mov dx, 0x11; out dx, eax. */
  private static String hostOperation(int operation, int b, int c) {
    return "bb%02x%02x%02x%02x b9%02x%02x%02x%02x b8%02x000000 66ba1100 ef"
        .formatted(
            b & 0xff,
            b >>> 8 & 0xff,
            b >>> 16 & 0xff,
            b >>> 24,
            c & 0xff,
            c >>> 8 & 0xff,
            c >>> 16 & 0xff,
            c >>> 24,
            operation);
  }

  private static KvmOutcome outcome(RecordedRun run, byte[] program) {
    try (KvmMachine machine = new KvmMachine(run, "t.long0", program, false)) {
      return machine.run(() -> false);
    }
  }

  @Test
  void guestPrintsAndEndsAndItsRegistersAreTold() {
    KvmOutcome outcome = outcome(run(false, 0, 1), program(PRINT, STORE, END));
    assertThat(outcome.trouble()).isEmpty();
    assertThat(outcome.output())
        .contains("MODE long bin t.long0 (22 bytes) vcpus 1 mem 200000", "VCPU 0 val 1234");
    assertThat(outcome.end().states().get(0).gpr[CpuState.RAX]).isEqualTo(0x1234);
    assertThat(outcome.end().states().get(0).rip).as("past the last OUT").isEqualTo(0x10016);
    assertThat(outcome.eventsObstacle()).isEqualTo("not wanted");
  }

  @Test
  void whatTheGuestWroteIsInOurMemory() {
    KvmOutcome outcome = outcome(run(false, 0, 1), program(PRINT, STORE, END));
    SortedMap<Long, byte[]> pages = outcome.end().memory().get(0).pages();
    assertThat(pages.get(0x40L)).startsWith(0x34, 0x12, 0, 0).endsWith(0);
    assertThat(pages.get(0x10L)).startsWith(program(PRINT));
    assertThat(pages).doesNotContainKey(0x41L);
  }

  @Test
  void dirtyLogNamesWhatWasWrittenAndForgetsIt() {
    KvmOutcome outcome =
        outcome(run(true, 0, 1), program(PRINT, STORE, hostOperation(1, 0, 0), PRINT, END));
    List<String> logs =
        outcome.output().stream().filter(line -> line.startsWith("DIRTY slot 0 rc 0 ")).toList();
    assertThat(logs).hasSize(2);
    assertThat(logs.get(0) + " ").contains(" 40 ");
    assertThat(logs.get(1) + " ").doesNotContain(" 40 ");
  }

  @Test
  void dirtyRingNamesWhatWasWritten() {
    KvmOutcome outcome =
        outcome(run(true, 1024, 1), program(PRINT, STORE, hostOperation(21, 0, 0), END));
    assertThat(outcome.output())
        .anySatisfy(line -> assertThat(line + " ").startsWith("RING vcpu 0:").contains(" 0:40 "))
        .anySatisfy(line -> assertThat(line).matches("RING reset [1-9][0-9]*"));
  }

  @Test
  void deletedSlotIsMmioAndComesBackWithItsMemory() {
    RecordedRun run =
        new RecordedRun(
            "t",
            GuestMode.LONG,
            0,
            "t",
            2 << 20,
            List.of(new RecordedRun.Slot(0x180_0000, 0x1000, 0)),
            false,
            false,
            false,
            0,
            1);
    // Page 0x180 of the guest's tables is mapped to the other slot first: PTE at 0x4c00.
    String map = "c7042500 4c0000 07008001";
    String store = "c7042500001800 78563412";
    KvmOutcome outcome =
        outcome(
            run,
            program(
                map,
                store,
                hostOperation(9, 1, 0),
                LOAD_MISSING,
                "66ba1300 ef",
                hostOperation(10, 1, 0x180_0000),
                LOAD_MISSING,
                "66ba1300 ef",
                END));
    assertThat(outcome.trouble()).isEmpty();
    assertThat(outcome.output())
        .containsSubsequence(
            "OP slot delete 1",
            "OP slot set 1 gpa 1800000 size 0 flags 0",
            "MMIO vcpu 0 gpa 1800000 len 4 read 0",
            "VCPU 0 val 5a5a5a5a",
            "OP slot add 1 gpa 1800000",
            "VCPU 0 val 12345678");
  }

  @Test
  void vcpusTakeTurns() {
    String yield = "66ba1200 ee";
    // RDI is the number of the vCPU.
    String printNumber = "89f8 66ba1300 ef";
    KvmOutcome outcome = outcome(run(false, 0, 2), program(printNumber, yield, printNumber, END));
    assertThat(outcome.output())
        .containsSubsequence(
            "VCPU 0 val 0",
            "OP yield from 0",
            "VCPU 1 val 1",
            "OP yield from 1",
            "VCPU 0 val 0",
            "VCPU 1 val 1");
  }

  @Test
  void hostOperationThatIsNotDoneEndsTheGuestPlainly() {
    KvmOutcome outcome = outcome(run(false, 0, 1), program(hostOperation(15, 0, 0), END));
    assertThat(outcome.trouble())
        .singleElement()
        .extracting(KvmOutcome.Trouble::text)
        .asString()
        .endsWith("host operation 15 is not done under the host's KVM");
  }

  @Test
  void shutdownIsTold() {
    // lidt [0x40000], where there are zeros; then ud2 is a triple fault.
    KvmOutcome outcome = outcome(run(false, 0, 1), program("0f011c2500000400", "0f0b"));
    assertThat(outcome.trouble())
        .singleElement()
        .extracting(KvmOutcome.Trouble::text)
        .asString()
        .startsWith("vCPU 0 at rip ");
    assertThat(outcome.output()).anySatisfy(line -> assertThat(line).contains(" exit_reason "));
  }

  @Test
  void overlappingSlotIsRefusedInOneLine() {
    RecordedRun run =
        new RecordedRun(
            "t",
            GuestMode.LONG,
            0,
            "t",
            2 << 20,
            List.of(new RecordedRun.Slot(0x1000, 0x1000, 0)),
            false,
            false,
            false,
            0,
            1);
    assertThatThrownBy(() -> new KvmMachine(run, "t", program(END), false))
        .isInstanceOf(KvmRefusalException.class)
        .hasMessage("the host's KVM refuses this guest: KVM_SET_USER_MEMORY_REGION: File exists");
  }
}
