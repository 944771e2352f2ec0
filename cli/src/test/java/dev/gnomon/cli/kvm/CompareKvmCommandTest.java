package dev.gnomon.cli.kvm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.gnomon.cli.Gnomon;
import dev.gnomon.cli.usage.ExitStatus;
import dev.gnomon.machine.kvm.KvmDevice;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The same guest under the host's KVM and here; skipped, with the reason, without KVM. */
class CompareKvmCommandTest {
  /** mov eax, [0x40000]; add eax, 5; mov [0x41000], eax. */
  private static final String WORK = "8b042500000400" + "83c005" + "89042500100400";

  /** mov dx, 0x13; out dx, eax; mov dx, 0x14; out dx, al. */
  private static final String PRINT_AND_END = "66ba1300ef" + "66ba1400ee";

  @TempDir private Path directory;
  private final Gnomon gnomon = new Gnomon();

  private Path guest(String name, String hex) throws IOException {
    return Files.write(directory.resolve(name), HexFormat.of().parseHex(hex));
  }

  private static void needsKvm() {
    String obstacle = KvmDevice.obstacle();
    assumeTrue(obstacle.isEmpty(), obstacle);
  }

  @Test
  void guestThatDoesTheSameIsEqual() throws IOException {
    needsKvm();
    Path file = guest("work.long0", WORK + PRINT_AND_END);
    assertThat(gnomon.run("compare-kvm", file.toString(), "--dirty-log"))
        .as(() -> gnomon.out())
        .isEqualTo(ExitStatus.OK);
    assertThat(gnomon.out().lines()).contains("equal    work.long0");
  }

  @Test
  void guestThatPrintsWhoRunsItDiffers() throws IOException {
    needsKvm();
    // rdtsc: no two machines agree.
    Path file = guest("tsc.long0", "0f31" + PRINT_AND_END);
    assertThat(gnomon.run("compare-kvm", file.toString()))
        .as(() -> gnomon.out())
        .isEqualTo(ExitStatus.VIOLATED);
    assertThat(gnomon.out().lines())
        .contains("differs  tsc.long0", "--- the host's KVM", "+++ gnomon")
        .anySatisfy(line -> assertThat(line).startsWith("-VCPU 0 val "))
        .anySatisfy(line -> assertThat(line).startsWith("+VCPU 0 val "));
  }

  @Test
  void guestThatKvmDoesNotEndIsSkipped() throws IOException {
    needsKvm();
    Path file = guest("spin.long0", "ebfe");
    assertThat(gnomon.run("compare-kvm", file.toString(), "--timeout", "1"))
        .isEqualTo(ExitStatus.OK);
    assertThat(gnomon.out().lines())
        .contains(
            "skipped  spin.long0: under the host's KVM: vCPU 0 at rip 10000: has not ended in"
                + " time");
  }

  @Test
  void guestThatKvmRefusesIsSkippedAndCounted() throws IOException {
    needsKvm();
    Files.createDirectories(directory.resolve("guests/bin"));
    guest("guests/bin/a.long0", "f4");
    // The second slot overlaps the first.
    Path list =
        Files.writeString(directory.resolve("runs"), "a1 long 0 a\na2 long 0 a -s 0x1000,0x1000\n");
    assertThat(gnomon.run("compare-kvm", "--runs", list.toString())).isEqualTo(ExitStatus.OK);
    assertThat(gnomon.out().lines())
        .contains(
            "equal    a1",
            "skipped  a2: the host's KVM refuses this guest: KVM_SET_USER_MEMORY_REGION: File"
                + " exists",
            "1 of 1 equal, 1 skipped");
  }

  @Test
  void wrongUsageIsOneLine() {
    assertThat(gnomon.runLine("compare-kvm x.long0 --as linux-1.0")).isEqualTo(ExitStatus.USAGE);
    assertThat(gnomon.err()).hasSize(1);
    assertThat(gnomon.out()).isEmpty();
  }
}
