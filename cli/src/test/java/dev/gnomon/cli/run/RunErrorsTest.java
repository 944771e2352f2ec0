package dev.gnomon.cli.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gnomon.cli.Gnomon;
import dev.gnomon.cli.usage.ExitStatus;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a user gets wrong is one line, and status 2, and leaves nothing behind. */
class RunErrorsTest {
  @TempDir private Path directory;
  private final Gnomon gnomon = new Gnomon();

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--vcpus 0|--vcpus 0: expected 1 to 255",
        "--repeat 0|--repeat 0: expected at least 1",
        "--reclaim 0|--reclaim 0: expected a percentage, 1 to 100",
        "--bandwidth 0 --migrate|--bandwidth 0: expected at least 1",
        "--memory 3m|--memory 3m: expected a multiple of 2m",
        "--cpu amd --ad off|--cpu amd does not go with --ad off: NPT always has accessed and dirty"
            + " bits",
        "--cpu amd --dirty-log pml"
            + "|--cpu amd does not go with --dirty-log pml: page-modification logging is Intel's",
        "--mmu shadow --tdp-mmu off|--mmu shadow does not go with --tdp-mmu: there is no"
            + " two-dimensional paging",
        "--mmu shadow --ad off|--mmu shadow does not go with --ad off: ordinary page tables always"
            + " have accessed and dirty bits",
        "--mmu shadow --dirty-log pml|--mmu shadow does not go with --dirty-log pml:"
            + " page-modification logging is part of EPT",
        "--host-bits 32|--host-bits 32 with --mmu tdp needs --cpu amd: EPT's tables always have"
            + " four levels",
        "--host-bits 32 --cpu amd --tdp-mmu on|--host-bits 32 does not go with --tdp-mmu on: a"
            + " 32-bit host has no TDP MMU",
        "--host-bits 32 --mmu shadow --levels 4|--host-bits 32 does not go with --levels: PAE"
            + " tables have three",
        "--host-bits 32 --mmu shadow --host-pages 1g|--host-bits 32 does not go with --host-pages"
            + " 1g: PAE tables map 2m at most",
        "--host-bits 32 --cpu amd --memory 4g|--host-bits 32 with --mmu tdp does not go with"
            + " --memory 4g: PAE tables reach up to 4g, of which 3g are memory",
        "--host-bits 32 --mmu shadow --guest-paging 4level|--host-bits 32 does not go with"
            + " --guest-paging 4level: that host has no long mode",
        "--guest-paging pae --memory 2g|--guest-paging pae does not go with --memory 2g: that"
            + " guest's kernel maps at most 1792m",
        "--mmu shadow --guest-paging 5level --levels 4|--mmu shadow --guest-paging 5level does not"
            + " go with --levels 4: the tables that shadow five levels have five",
        "--processes 0|--processes 0 with --threads 1: expected 1 to 256 in all",
        "--threads 65|--threads 65: expected 1 to 64",
        "--processes 8 --threads 64|--processes 8 with --threads 64: expected 1 to 256 in all",
        "--guest-paging none --threads 2|--guest-paging none does not go with --threads: all share"
            + " one address space",
        "--guest-paging none --guest-does fork|--guest-paging none does not go with --guest-does:"
            + " there are no tables to do it with",
        "--nested npt|--nested npt needs --cpu amd",
        "--nested ept --cpu amd|--nested ept needs --cpu intel",
        "--nested ept --guest-paging none|--nested does not go with --guest-paging none: a"
            + " hypervisor pages",
        "--nested ept --mmu shadow|--nested does not go with --mmu shadow: L1 is offered no"
            + " two-dimensional paging there",
        "--nested-ad off|--nested-ad and --nested-execute-only are for --nested ept, which is not"
            + " given",
        "--guest-paging none --guest-pages 2m|--guest-paging none does not go with --guest-pages"
            + " 2m: there are no pages",
        "--guest-paging none --memory 4g|--guest-paging none does not go with --memory 4g: without"
            + " paging 32 bits of address reach 3g of it",
        "--host-pages 1g --memory 512m|--host-pages 1g does not go with --memory 512m: no page"
            + " fits",
        "--migrate --dirty-log off"
            + "|a migration does not go with --dirty-log off: it must know what was written",
        "--migrate --migrate-to h:1"
            + "|--migrate does not go with --migrate-to: the guest has one destination",
        "--bandwidth 1m|--bandwidth is for --migrate and --migrate-to, and neither is given",
        "--migrate-to nowhere|nowhere: not HOST:PORT, nor [IPV6]:PORT",
        "--as linux-6.2|--as linux-6.2: no such kernel here; there are linux-5.17, linux-5.18,"
            + " linux-6.1, linux-6.12, linux-6.13, linux-6.15",
        "--as linux-6.15|--as linux-6.15 needs aging without the lock (aging=lockless), which is"
            + " not built yet",
        "--trace-clock counter|--trace-clock is for --trace-events, which is not given",
        "--trace-clock tsc --trace-events -|--trace-clock tsc: expected mono or counter",
        "--trace-events - --json -|--json - and --trace-events - do not go together",
        "--trace-events /nowhere/t|--trace-events /nowhere/t: cannot be written: /nowhere/t (No"
            + " such file or directory)",
        "--rule tdp-wite=plain|unknown rule 'tdp-wite'; the nearest known is 'tdp-write' (--rule"
            + " '?' lists all)",
        "--rule tdp-write=plan|unknown value 'plan' of rule tdp-write; the nearest known is 'plain'"
            + " (--rule 'tdp-write=?' lists all)",
        "--rule tdp-write|--rule tdp-write: expected NAME=VALUE (--rule 'tdp-write=?' lists the"
            + " values)",
        "- -|standard input ('-') can be played only once",
        "/no/such/trace|/no/such/trace: no such file",
        "--json /no/such/file|--json /no/such/file: there is no such directory",
        "--memory 1024t|cannot have 1090781315 MiB of host memory: the address space of this"
            + " process has 16777216 MiB to share among its machines",
      })
  void wrongUsage(String options, String line) {
    assertThat(gnomon.runLine("run " + options)).isEqualTo(ExitStatus.USAGE);
    if (options.startsWith("--memory 1024t")) {
      assertThat(gnomon.err()).hasSize(1);
      assertThat(gnomon.err().get(0)).startsWith("gnomon: cannot have");
    } else {
      assertThat(gnomon.err()).containsExactly("gnomon: " + line);
    }
    assertThat(gnomon.out()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--vcpu 4|unknown option '--vcpu'; the nearest known is '--vcpus'",
        "--cpu arm|Invalid value for option '--cpu': 'arm' is none of intel, amd; the nearest is"
            + " 'amd'",
        "--ad maybe|Invalid value for option '--ad': 'maybe' is none of on, off; the nearest is"
            + " 'on'",
        "--mmu shadw|Invalid value for option '--mmu': 'shadw' is none of tdp, shadow; the nearest"
            + " is 'shadow'",
        "--levels 3|Invalid value for option '--levels': '3' is none of 4, 5; the nearest is '4'",
        "--vcpus many|Invalid value for option '--vcpus': 'many' is not a whole number",
        "--memory 5x|Invalid value for option '--memory': '5x' is no size: expected bytes, or a"
            + " number with k, m, g or t (512m, 4g, 1t)",
      })
  void wrongOptions(String options, String line) {
    assertThat(gnomon.runLine("run " + options)).isEqualTo(ExitStatus.USAGE);
    assertThat(gnomon.err()).containsExactly("gnomon: " + line + " (gnomon run --help says more)");
  }

  @Test
  void malformedTraceIsNamedWithItsLine() throws IOException {
    Path trace = Files.writeString(directory.resolve("bad.trace"), " L 1000,8\n L zzz,8\n");
    Path json = directory.resolve("report.json");
    assertThat(gnomon.run("run", trace.toString(), "--json", json.toString()))
        .isEqualTo(ExitStatus.USAGE);
    assertThat(gnomon.err()).hasSize(1);
    assertThat(gnomon.err().get(0)).startsWith("gnomon: " + trace + ":2: ");
    assertOnly(trace);
  }

  @Test
  void addressOutsideTheGuestIsRefused() throws IOException {
    Path trace = Files.writeString(directory.resolve("far.trace"), " L 800000000000,8\n");
    assertThat(gnomon.run("run", trace.toString())).isEqualTo(ExitStatus.USAGE);
    assertThat(gnomon.err()).hasSize(1);
    assertThat(gnomon.err().get(0))
        .startsWith("gnomon: " + trace + ": near line 1: address 0x800000000000 is outside");
  }

  @Test
  void guestWithTooLittleMemorySaysSo() throws IOException {
    StringBuilder text = new StringBuilder();
    for (int page = 0; page < 1024; page++) {
      text.append(" S %x,8\n".formatted(0x100_0000L + page * 4096L));
    }
    Path trace = Files.writeString(directory.resolve("large.trace"), text);
    assertThat(gnomon.run("run", trace.toString(), "--memory", "2m")).isEqualTo(ExitStatus.USAGE);
    assertThat(gnomon.err())
        .containsExactly(
            "gnomon: the guest has no frames left: its processes touch more than its 2 MiB; give it"
                + " more with --memory");
  }

  @Test
  void reportThatCannotBeWrittenLeavesNothing() throws IOException {
    Path taken = Files.createDirectory(directory.resolve("taken"));
    assertThat(gnomon.run("run", "--json", taken.toString())).isEqualTo(ExitStatus.USAGE);
    assertThat(gnomon.err()).containsExactly("gnomon: --json " + taken + ": this is a directory");
    assertOnly(taken);
  }

  private void assertOnly(Path file) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      assertThat(files).containsExactly(file);
    }
  }
}
