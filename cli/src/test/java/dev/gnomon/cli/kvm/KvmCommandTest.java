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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Flat guests under the host's KVM; what needs it is skipped, with the reason, without it. */
class KvmCommandTest {
  @TempDir private Path directory;
  private final Gnomon gnomon = new Gnomon();

  private Path guest(String name, String hex) throws IOException {
    return Files.write(directory.resolve(name), HexFormat.of().parseHex(hex));
  }

  private static void needsKvm() {
    String obstacle = KvmDevice.obstacle();
    assumeTrue(obstacle.isEmpty(), obstacle);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--runs x --mode long|--runs does not go with a file or options of its machine: the list"
            + " says all of it",
        "--run a x.long0|--run is for a list, and --runs is not given",
        "x.long0 --mode long6|--mode long6: expected real, flat32, p32, pae, long or long5",
        "x.long0 --cpl 1|--cpl 1: expected 0 or 3",
        "x.long0 --vcpus 5|--vcpus 5: expected 1 to 4",
        "x.long0 --memory 1m|--memory 1m: expected a multiple of 4k, 2m to 1g",
        "x.long0 --ring 1025|--ring 1025: expected a power of two",
        "x.long0 --ring 16|--ring 16: expected 1024 to 65536",
        "x.long0 --timeout 0|--timeout 0: expected 1 to 3600",
        "x.long0 --slot 1,4096|--slot 1,4096: expected GPA,SIZE in bytes, whole pages"
            + " (0x800000,0x10000), and perhaps flags, 1 dirty-logged, 2 read-only",
      })
  void wrongUsageIsOneLine(String options, String line) {
    assertThat(gnomon.runLine("kvm " + options)).isEqualTo(ExitStatus.USAGE);
    assertThat(gnomon.err()).containsExactly("gnomon: " + line);
    assertThat(gnomon.out()).isEmpty();
  }

  @Test
  void guestMustBeNamed() {
    assertThat(gnomon.run("kvm")).isEqualTo(ExitStatus.USAGE);
    assertThat(gnomon.err())
        .containsExactly("gnomon: a guest is missing: a file, or --runs with a list of runs");
  }

  @Test
  void withoutKvmIsOneLine() throws IOException {
    String obstacle = KvmDevice.obstacle();
    assumeTrue(!obstacle.isEmpty(), "there is a KVM here");
    assertThat(gnomon.run("kvm", guest("x.long0", "f4").toString())).isEqualTo(ExitStatus.USAGE);
    assertThat(gnomon.err()).containsExactly("gnomon: " + obstacle);
  }

  @Test
  void programMustBeThere() {
    needsKvm();
    Path missing = directory.resolve("none.long0");
    assertThat(gnomon.run("kvm", missing.toString())).isEqualTo(ExitStatus.USAGE);
    assertThat(gnomon.err()).containsExactly("gnomon: " + missing + ": no such file");
  }

  @Test
  void guestPrintsAndEnds() throws IOException {
    needsKvm();
    // mov eax, 42h; mov dx, 13h; out dx, eax; hlt
    Path file = guest("print.long0", "b84200000066ba1300eff4");
    assertThat(gnomon.run("kvm", file.toString(), "--no-events", "--dirty-log"))
        .isEqualTo(ExitStatus.OK);
    assertThat(gnomon.out().lines())
        .contains(
            "OP slot set 0 gpa 0 size 200000 flags 1",
            "MODE long bin print.long0 (11 bytes) vcpus 1 mem 200000",
            "VCPU 0 val 42",
            "OP vm closed")
        .noneMatch(line -> line.startsWith("EVENTS"));
    assertThat(gnomon.err()).isEmpty();
  }

  @Test
  void eventsAreThereOrItIsSaidWhyNot() throws IOException {
    needsKvm();
    assertThat(gnomon.run("kvm", guest("x.long0", "f4").toString())).isEqualTo(ExitStatus.OK);
    assertThat(gnomon.out().lines())
        .filteredOn(line -> line.startsWith("EVENTS"))
        .singleElement()
        .asString()
        .matches("EVENTS ([1-9][0-9]*|left out: .+)");
  }

  @ParameterizedTest
  @CsvSource({"0", "3"})
  void guestThatDoesNotEndIsStopped(String cpl) throws IOException {
    needsKvm();
    Path file = guest("spin.bin", "ebfe");
    assertThat(gnomon.run("kvm", file.toString(), "--cpl", cpl, "--timeout", "1"))
        .isEqualTo(ExitStatus.VIOLATED);
    assertThat(gnomon.err())
        .containsExactly("gnomon: spin.bin: vCPU 0 at rip 10000: has not ended in time");
  }

  @Test
  void runsOfAListAreFoundBesideIt() throws IOException {
    needsKvm();
    Files.createDirectories(directory.resolve("guests/bin"));
    guest("guests/bin/a.long0", "f4");
    guest("guests/bin/a.real", "f4");
    Path list =
        Files.writeString(
            directory.resolve("runs"), "a.long.0 long 0 a\na.real.0 real 0 a\nb.long.0 long 0 b\n");
    assertThat(gnomon.run("kvm", "--runs", list.toString(), "--no-events"))
        .isEqualTo(ExitStatus.OK);
    assertThat(gnomon.out().lines())
        .filteredOn(line -> line.startsWith("RUN "))
        .containsExactly("RUN a.long.0", "RUN a.real.0");
  }
}
