package dev.gnomon.cli.boot;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gnomon.cli.Gnomon;
import dev.gnomon.cli.usage.ExitStatus;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BootCommandTest {
  private static final Path SMP =
      Path.of(System.getProperty("basedir", "")).resolve("../examples/boot/smp.elf").normalize();

  @TempDir private Path directory;
  private final Gnomon gnomon = new Gnomon();

  /** Boots a flat binary in real mode. */
  private int boot(String code, String... options) throws IOException {
    Path file = directory.resolve("code.bin");
    Files.write(file, HexFormat.ofDelimiter(" ").parseHex(code));
    String[] line = new String[options.length + 6];
    String[] first = {"boot", file.toString(), "--load", "0x7c00", "--memory", "2m"};
    System.arraycopy(first, 0, line, 0, first.length);
    System.arraycopy(options, 0, line, first.length, options.length);
    return gnomon.run(line);
  }

  private String smpOutput(int cpus, String arguments) {
    return """
    smp: started as %s%s
    16 page faults handled
    %d processors up
    5 timer interrupts
    1 interrupt held back
    %d processors called
    %d increments under the lock
    """
        .formatted(SMP, arguments, cpus, cpus - 1, 1000 * cpus);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--cpus 1",
        "--cpus 3",
        "--cpus 2 --cpuid -x2apic,-tsc_deadline",
        "--cpus 2 --cpu amd --reclaim 60",
        "--cpus 2 --dirty-log pml --host-pages 2m",
        "--cpus 3 --deterministic",
        "--cpus 2 --deterministic --quantum 1 --dirty-log ring",
        "--cpus 2 --ad off --levels 5 --deterministic",
        "--cpus 2 --mmu shadow",
        "--cpus 2 --mmu shadow --deterministic --quantum 1 --dirty-log ring",
        "--cpus 3 --mmu shadow --reclaim 60",
        "--cpus 2 --tdp-mmu off --host-pages 2m"
      })
  void exampleBootsOnThreadsAndInTurn(String options) {
    int status = gnomon.runLine("boot " + SMP + " --memory 64m --timeout 60 " + options);
    assertThat(gnomon.err()).isEmpty();
    assertThat(gnomon.out()).isEqualTo(smpOutput(options.charAt(7) - '0', ""));
    assertThat(status).isEqualTo(1);
  }

  @Test
  void imageIsToldItsArguments() {
    gnomon.run("boot", SMP.toString(), "--memory", "64m", "--append", "a=1 b", "--deterministic");
    assertThat(gnomon.out()).isEqualTo(smpOutput(1, " a=1 b"));
  }

  @Test
  void sameSeedlessRunInTurnDoesTheSame() throws IOException {
    JsonNode first = report();
    assertThat(first.get("instructions").asLong()).isGreaterThan(10_000);
    assertThat(report()).isEqualTo(first);
  }

  private JsonNode report() throws IOException {
    Path json = directory.resolve("report.json");
    gnomon.runLine("boot " + SMP + " --memory 64m --cpus 3 --deterministic --json " + json);
    ObjectNode report = (ObjectNode) new ObjectMapper().readTree(Files.readString(json));
    report.remove("seconds");
    report.remove("mips");
    return report;
  }

  @Test
  void jsonOnStandardOutputSendsTheConsoleElsewhere() throws IOException {
    int status = gnomon.runLine("boot " + SMP + " --memory 64m --deterministic --json -");
    JsonNode report = new ObjectMapper().readTree(gnomon.out());
    assertThat(report.get("ending").asText()).isEqualTo("exit");
    assertThat(report.get("exit_status").asInt()).isEqualTo(status);
    assertThat(report.get("stats").get("pf_taken").asLong()).isPositive();
    assertThat(gnomon.err()).contains("16 page faults handled");
  }

  @Test
  void statisticsAreToldOnStandardError() {
    gnomon.runLine("boot " + SMP + " --memory 64m --deterministic --stat");
    assertThat(String.join("\n", gnomon.err()))
        .contains("MIPS", "pf_guest 16", "in turn, 1,000 instructions each", "multiboot elf32");
  }

  @ParameterizedTest
  @CsvSource({"0,1", "1,3", "2,5", "127,255", "128,1"})
  void exitStatusIsTheGuests(int value, int status) throws IOException {
    // mov al, VALUE; out 0xf4, al
    assertThat(boot("b0 %02x e6 f4".formatted(value))).isEqualTo(status);
    assertThat(gnomon.err()).isEmpty();
  }

  @Test
  void deadGuestIsSaidToBe() throws IOException {
    // cli; hlt
    assertThat(boot("fa f4", "--cpus", "2")).isEqualTo(ExitStatus.VIOLATED);
    assertThat(gnomon.err())
        .hasSize(3)
        .contains("gnomon: the guest is dead: all vCPUs have halted, and interrupts are off");
    assertThat(gnomon.err().get(1)).startsWith("gnomon: vCPU 0: RIP 0x7c02").contains("real mode");
  }

  @ParameterizedTest
  @ValueSource(strings = {"--deterministic", "--dirty-log=bitmap"})
  void guestThatHasNothingMoreToDoEndsWell(String option) throws IOException {
    // sti; hlt
    assertThat(boot("fb f4", option)).isEqualTo(ExitStatus.OK);
    assertThat(gnomon.err())
        .containsExactly("gnomon: the guest has halted; nothing is left that would interrupt it");
  }

  @Test
  void tripleFaultIsSaidWithWhatLedToIt() throws IOException {
    // lidt cs:[0x7c08] (limit 0); int3; nop; 6 zeros
    assertThat(boot("2e 0f 01 1e 08 7c cc 90 00 00 00 00 00 00")).isEqualTo(ExitStatus.VIOLATED);
    assertThat(gnomon.err().get(0)).startsWith("gnomon: vCPU 0 shut down: triple fault");
  }

  @Test
  void unknownInstructionIsSaidWithItsBytesAndMode() throws IOException {
    // lidt cs:[0x7c08] (limit 0); fld1; 6 zeros
    boot("2e 0f 01 1e 08 7c d9 e8 00 00 00 00 00 00");
    assertThat(gnomon.err().get(0))
        .startsWith("gnomon: vCPU 0 does not know the instruction at RIP 0x7c06, in real mode")
        .contains("d9 e8 00");
  }

  @Test
  void unclaimedPortIsSaidOnceAndReadsAsOnes() throws IOException {
    // in al, 0x99; in al, 0x99; out 0xf4, al
    assertThat(boot("e4 99 e4 99 e6 f4")).isEqualTo(0xff);
    assertThat(gnomon.err())
        .containsExactly("gnomon: nothing is at port 0x99: vCPU 0 reads 1 byte there (RIP 0x7c02)");
  }

  @Test
  void unclaimedPortCanBeTheEnd() throws IOException {
    assertThat(boot("e6 99 eb fe", "--unclaimed", "stop")).isEqualTo(ExitStatus.VIOLATED);
    assertThat(gnomon.err().get(1))
        .isEqualTo("gnomon: stopped at a port that nothing is behind, 0x99, which vCPU 0 used");
  }

  @Test
  void timeoutEndsAGuestThatGoesOn() throws IOException {
    // jmp $
    assertThat(boot("eb fe", "--timeout", "0.2")).isEqualTo(ExitStatus.VIOLATED);
    assertThat(gnomon.err()).contains("gnomon: the guest did not end within 0.2 s");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--cpus 0 | --cpus 0: expected 1 to 255",
        "--quantum 5 | --quantum is for --deterministic, which is missing",
        "--memory 3m | --memory 3m: expected a multiple of 2m",
        "--timeout -1 | --timeout -1.0: expected more than 0",
        "--mode real | --entry and --mode are for a flat binary: --load is missing",
        "--cpu amd --dirty-log pml | --cpu amd does not go with --dirty-log pml:"
            + " page-modification logging is Intel's"
      })
  void optionsThatDoNotFitAreRefused(String options, String message) {
    assertThat(gnomon.runLine("boot " + SMP + " " + options)).isEqualTo(ExitStatus.USAGE);
    assertThat(gnomon.err()).containsExactly("gnomon: " + message);
  }

  @Test
  void badImageIsOneLine() throws IOException {
    Path text = Files.writeString(directory.resolve("text"), "hello");
    assertThat(gnomon.run("boot", text.toString())).isEqualTo(ExitStatus.USAGE);
    assertThat(gnomon.run("boot", directory.toString())).isEqualTo(ExitStatus.USAGE);
    assertThat(gnomon.run("boot", directory.resolve("no").toString())).isEqualTo(ExitStatus.USAGE);
    assertThat(gnomon.err())
        .containsExactly(
            "gnomon: "
                + text
                + ": neither a multiboot image nor an ELF file; --load says where a flat binary"
                + " goes",
            "gnomon: " + directory + ": this is a directory",
            "gnomon: " + directory.resolve("no") + ": there is no such file");
  }

  @Test
  void imageThatDoesNotFitSaysSo() {
    assertThat(gnomon.runLine("boot " + SMP + " --load 0x1fffff --memory 2m"))
        .isEqualTo(ExitStatus.USAGE);
    assertThat(gnomon.err().get(0)).contains("does not lie in the guest's memory (2 MiB, from 0)");
  }

  @ParameterizedTest
  @ValueSource(strings = {"--mmu shadow", "--cpu amd"})
  void hostOf32BitsHasNoLongMode(String option) throws IOException {
    String[] options = ("--host-bits 32 " + option).split(" ");
    // Bit 29 of what CPUID 0x8000_0001 leaves in EDX, written to port 0xf4.
    String code = "66 b8 01 00 00 80 0f a2 66 c1 ea 1d 66 83 e2 01 88 d0 e6 f4";
    assertThat(boot(code, options)).isEqualTo(1);
    assertThat(boot(code)).isEqualTo(1 << 1 | 1);
  }

  @Test
  void shadowPagingOffersNoProtectionKeys() throws IOException {
    // Bit 3 of what CPUID 7 leaves in ECX, written to port 0xf4.
    String code = "66 b8 07 00 00 00 66 31 c9 0f a2 66 c1 e9 03 66 83 e1 01 88 c8 e6 f4";
    assertThat(boot(code, "--mmu", "shadow")).isEqualTo(1);
    assertThat(boot(code)).isEqualTo(1 << 1 | 1);
    assertThat(boot(code, "--mmu", "shadow", "--cpuid", "+pku")).isEqualTo(2);
  }
}
