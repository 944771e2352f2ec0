package dev.gnomon.cli.run;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.gnomon.cli.Gnomon;
import dev.gnomon.cli.TinyTrace;
import dev.gnomon.cli.usage.ExitStatus;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A whole run, verified, under every configuration; and what each option changes. */
class RunConfigurationsTest {
  private static final String MEMORY = " --memory 64m";

  @TempDir private static Path directory;
  private static Path trace;

  @BeforeAll
  static void writeTrace() throws IOException {
    trace = TinyTrace.write(directory, 20_000, 1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--ad on",
        "--ad off",
        "--cpu amd",
        "--levels 5",
        "--cpu amd --levels 5",
        "--host-pages 2m",
        "--guest-pages 2m",
        "--host-pages 2m --guest-pages 2m",
        "--dirty-log bitmap",
        "--dirty-log bitmap --ad off",
        "--dirty-log ring",
        "--dirty-log pml",
        "--dirty-log pml --ad off",
        "--dirty-log pml --host-pages 2m",
        "--cpu amd --dirty-log ring --host-pages 2m",
        "--reclaim 30",
        "--reclaim 30 --ad off",
        "--reclaim 30 --host-pages 2m",
        "--reclaim 30 --dirty-log pml",
        "--migrate",
        "--migrate --dirty-log ring",
        "--migrate --dirty-log pml --host-pages 2m",
        "--migrate --ad off --reclaim 50",
        "--migrate --cpu amd --levels 5",
        "--migrate --bandwidth 20m",
        "--tdp-mmu off",
        "--tdp-mmu off --cpu amd --dirty-log ring --host-pages 2m",
        "--tdp-mmu off --migrate --ad off --reclaim 50",
        "--mmu shadow --levels 5 --dirty-log bitmap",
        "--mmu shadow --host-pages 2m --guest-pages 2m --reclaim 30",
        "--mmu shadow --migrate --reclaim 50",
        "--guest-paging 32 --guest-pages 2m --reclaim 30",
        "--guest-paging pae --migrate",
        "--guest-paging 5level",
        "--mmu shadow --guest-paging 32 --migrate --reclaim 50",
        "--mmu shadow --guest-paging pae --reclaim 30",
        "--mmu shadow --guest-paging 5level --guest-pages 2m",
        "--mmu shadow --host-bits 32 --guest-paging 32 --migrate",
        "--cpu amd --host-bits 32 --dirty-log ring",
        "--mmu shadow --migrate --dirty-log ring --host-pages 2m",
        "--guest-paging none --reclaim 30",
        "--mmu shadow --guest-paging none --migrate --reclaim 50",
        "--mmu shadow --host-bits 32 --guest-paging none --dirty-log bitmap",
        "--cpu amd --host-bits 32 --guest-paging none --migrate",
        "--processes 3 --migrate --reclaim 50",
        "--tdp-mmu off --processes 2 --threads 2 --migrate --ad off",
        "--cpu amd --host-bits 32 --processes 2 --threads 2 --guest-pages 2m --migrate",
        "--mmu shadow --processes 2 --threads 2 --migrate --reclaim 50",
        "--mmu shadow --processes 3 --guest-paging 32 --migrate --reclaim 50",
        "--mmu shadow --processes 2 --threads 2 --guest-paging pae --migrate --reclaim 50",
        "--mmu shadow --processes 3 --guest-paging 5level --host-pages 2m --guest-pages 2m",
        "--mmu shadow --host-bits 32 --processes 2 --threads 2 --migrate --reclaim 50",
        "--nested ept --processes 2 --migrate --reclaim 50",
        "--nested ept --nested-ad off --nested-execute-only --processes 2 --threads 2",
        "--nested ept --tdp-mmu off --levels 5 --migrate",
        "--nested npt --cpu amd --processes 2 --dirty-log ring",
        "--nested npt --cpu amd --guest-paging 32 --migrate --reclaim 50",
        "--nested npt --cpu amd --guest-paging pae --processes 2 --migrate --reclaim 50",
        "--nested npt --cpu amd --host-bits 32 --guest-paging 32 --migrate --reclaim 50",
        "--nested npt --cpu amd --host-bits 32 --processes 2 --threads 2 --reclaim 50",
        "--mmu shadow --guest-paging none --migrate --rule special-roots=local",
        "--mmu shadow --processes 3 --guest-paging 32 --reclaim 50 --rule special-roots=local",
        "--mmu shadow --host-bits 32 --processes 3 --migrate --rule special-roots=local",
        "--cpu amd --host-bits 32 --migrate --reclaim 50 --rule special-roots=local",
        "--nested npt --cpu amd --host-bits 32 --processes 2 --migrate --rule special-roots=local",
        "--nested npt --cpu amd --guest-paging 32 --reclaim 50 --rule special-roots=local",
        "--nested npt --cpu amd --guest-paging pae --levels 5 --migrate --rule special-roots=local",
      })
  void everyLoadIsRight(String options) throws IOException {
    JsonNode report = run("--verify --vcpus 2 " + options + MEMORY);
    assertThat(report.at("/verify/mismatches").asLong()).isZero();
    assertThat(report.at("/verify/loads_checked").asLong()).isPositive();
    assertThat(report.at("/migration/differing_pages").asLong()).isZero();
    assertThat(report.at("/violations")).isEmpty();
    long mean = report.at("/accesses").asLong() / 2;
    report
        .at("/accesses_per_vcpu")
        .forEach(each -> assertThat(each.asLong()).isGreaterThanOrEqualTo(mean / 2));
  }

  @Test
  void hostPagesOfAGigabyteAreMapped() throws IOException {
    JsonNode report = run("--host-pages 1g --memory 1g --verify");
    assertThat(report.at("/stats/pages_1g").asLong()).isPositive();
  }

  @Test
  void allKeysAreAlwaysThere() throws IOException {
    JsonNode plain = run(MEMORY.trim());
    JsonNode full = run("--verify --vcpus 2 --migrate --reclaim 50" + MEMORY);
    assertThat(keys("", plain)).isEqualTo(keys("", full));
    assertThat(keys("", plain))
        .contains(
            "/accesses",
            "/accesses_per_vcpu",
            "/seconds",
            "/accesses_per_second",
            "/vcpus",
            "/mmu/kind",
            "/stats/pf_taken",
            "/stats/pf_fixed",
            "/stats/pf_fast",
            "/stats/pf_spurious",
            "/stats/pf_emulate",
            "/stats/pf_mmio_spte_created",
            "/stats/tlb_flush",
            "/stats/remote_tlb_flush",
            "/stats/pages_4k",
            "/stats/pages_2m",
            "/stats/pages_1g",
            "/tlb/hits",
            "/tlb/misses",
            "/tlb/walk_loads",
            "/migration/rounds",
            "/migration/pages_sent",
            "/migration/pages_redirtied",
            "/migration/accesses_during",
            "/migration/stopped_pages",
            "/migration/differing_pages",
            "/verify/loads_checked",
            "/verify/mismatches",
            "/reclaim/evicted",
            "/reclaim/refaulted");
  }

  @Test
  void mmuSaysHowItWasSetUp() throws IOException {
    JsonNode mmu =
        run("--cpu intel --ad off --levels 5 --host-pages 2m --dirty-log ring" + MEMORY).get("mmu");
    assertThat(mmu.get("cpu").asText()).isEqualTo("intel");
    assertThat(mmu.get("format").asText()).isEqualTo("ept");
    assertThat(mmu.get("ad").asBoolean()).isFalse();
    assertThat(mmu.get("levels").asInt()).isEqualTo(5);
    assertThat(mmu.get("host_pages").asText()).isEqualTo("2m");
    assertThat(mmu.get("dirty_log").asText()).isEqualTo("ring");
    assertThat(mmu.get("memory").asLong()).isEqualTo(64L << 20);
  }

  @Test
  void reportSaysWhichMmuAndHowTheGuestPages() throws IOException {
    JsonNode report = run("--mmu shadow --host-bits 32 --guest-paging 32 --vcpus 2" + MEMORY);
    assertThat(report.at("/mmu/kind").asText()).isEqualTo("shadow");
    assertThat(report.at("/mmu/tdp_mmu").asBoolean()).isFalse();
    assertThat(report.at("/mmu/host_bits").asInt()).isEqualTo(32);
    assertThat(report.at("/mmu/guest_paging").asText()).isEqualTo("32");
    assertThat(report.at("/stats/mmu_cache_miss").asLong()).isPositive();
    assertThat(report.at("/stats/mmu_made_unsync").asLong()).isPositive();
    assertThat(report.at("/stats/tlb_flush").asLong()).isPositive();
    assertThat(run(MEMORY.trim()).at("/stats/mmu_cache_miss").asLong()).isZero();
  }

  @Test
  void guestSaysWhatItDid() throws IOException {
    JsonNode guest = run("--processes 2 --guest-does fork,move --vcpus 2" + MEMORY).get("guest");
    assertThat(guest.get("does")).hasSize(2);
    assertThat(guest.at("/stats/forks").asLong()).isPositive();
    assertThat(guest.at("/stats/pages_unmapped").asLong()).isZero();
    JsonNode plain = run("--processes 5 --guest-does none" + MEMORY);
    assertThat(plain.get("processes").asInt()).isEqualTo(5);
    assertThat(plain.at("/guest/stats/forks").asLong()).isZero();
  }

  @Test
  void repeatPlaysTheTraceSoOften() throws IOException {
    long once = run(MEMORY.trim()).get("accesses").asLong();
    assertThat(run("--repeat 3" + MEMORY).get("accesses").asLong()).isEqualTo(3 * once);
  }

  @Test
  void seedIsKeptAndOtherwiseRandom() throws IOException {
    assertThat(run("--seed 42" + MEMORY).get("seed").asLong()).isEqualTo(42);
    assertThat(run(MEMORY.trim()).get("seed").asLong())
        .isNotEqualTo(run(MEMORY.trim()).get("seed").asLong());
  }

  @Test
  void reclaimKeepsNoMoreThanItMay() throws IOException {
    JsonNode reclaim = run("--reclaim 30 --vcpus 2" + MEMORY).get("reclaim");
    assertThat(reclaim.get("evicted").asLong()).isPositive();
    assertThat(reclaim.get("resident").asLong())
        .isLessThanOrEqualTo(reclaim.get("touched").asLong() * 30 / 100 + 1);
  }

  @Test
  void migrationSendsPagesWhileTheGuestRuns() throws IOException {
    JsonNode migration = run("--migrate --vcpus 2 --repeat 20" + MEMORY).get("migration");
    // On a busy computer the vCPUs may get no turn before so small a guest is sent.
    for (int i = 0; i < 9 && migration.get("accesses_during").asLong() == 0; i++) {
      migration = run("--migrate --vcpus 2 --repeat 20" + MEMORY).get("migration");
    }
    assertThat(migration.get("rounds").asInt()).isGreaterThanOrEqualTo(2);
    assertThat(migration.get("pages_sent").asLong()).isPositive();
    assertThat(migration.get("accesses_during").asLong()).isPositive();
    assertThat(migration.get("each_round")).hasSize(migration.get("rounds").asInt());
  }

  @Test
  void largePagesAreMappedWhereHostAndGuestHaveThem() throws IOException {
    JsonNode stats = run("--host-pages 2m --guest-pages 2m" + MEMORY).get("stats");
    assertThat(stats.get("pages_2m").asLong()).isPositive();
    assertThat(run(MEMORY.trim()).at("/stats/pages_2m").asLong()).isZero();
  }

  @Test
  void anExplicitRulePrevailsOverTheKernels() throws IOException {
    JsonNode rules =
        run("--rule writable-leaf=shadow-present --as linux-6.12" + MEMORY).at("/rules");
    assertThat(rules.at("/huge-recovery").asText()).isEqualTo("zap");
    assertThat(rules.at("/writable-leaf").asText()).isEqualTo("shadow-present");
  }

  @Test
  void ruleIsReported() throws IOException {
    assertThat(run("--rule fast-fault=off" + MEMORY).at("/rules/fast-fault").asText())
        .isEqualTo("off");
  }

  private static JsonNode run(String options) throws IOException {
    Gnomon gnomon = new Gnomon();
    Path file = directory.resolve("report.json");
    int status = gnomon.runLine("run %s --quiet --json %s %s".formatted(trace, file, options));
    assertThat(gnomon.err()).isEmpty();
    assertThat(status).isEqualTo(ExitStatus.OK);
    assertThat(gnomon.out()).isEmpty();
    return new ObjectMapper().readTree(Files.readString(file));
  }

  private static List<String> keys(String path, JsonNode node) {
    List<String> keys = new ArrayList<>();
    node.properties()
        .forEach(
            entry -> {
              String key = path + "/" + entry.getKey();
              keys.add(key);
              keys.addAll(keys(key, entry.getValue()));
            });
    return keys;
  }
}
