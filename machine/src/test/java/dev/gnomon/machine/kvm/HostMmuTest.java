package dev.gnomon.machine.kvm;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which MMU a host's KVM uses. */
class HostMmuTest {
  @TempDir private Path modules;

  private void parameter(String module, String name, String value) throws IOException {
    Path directory = Files.createDirectories(modules.resolve(module).resolve("parameters"));
    Files.writeString(directory.resolve(name), value + "\n");
  }

  @ParameterizedTest
  @CsvSource({
    "1, Y, NPT",
    "Y, Y, NPT",
    "Y, N, LEGACY",
    "N, Y, SHADOW",
    "0, N, SHADOW",
  })
  void amdIsToldByNptAndTdpMmu(String npt, String tdpMmu, HostMmu mmu) throws IOException {
    parameter("kvm_amd", "npt", npt);
    parameter("kvm", "tdp_mmu", tdpMmu);
    assertThat(HostMmu.of(modules)).isEqualTo(mmu);
  }

  @ParameterizedTest
  @CsvSource({"Y, Y, EPT", "Y, N, EPT_WITHOUT_AD", "N, Y, SHADOW"})
  void intelIsToldByEptAndItsBits(String ept, String bits, HostMmu mmu) throws IOException {
    parameter("kvm_intel", "ept", ept);
    parameter("kvm_intel", "eptad", bits);
    parameter("kvm", "tdp_mmu", "Y");
    assertThat(HostMmu.of(modules)).isEqualTo(mmu);
  }

  @Test
  void pvmShadowsWhateverElseIsLoaded() throws IOException {
    parameter("kvm_intel", "ept", "Y");
    parameter("kvm_pvm", "verbose", "0");
    parameter("kvm", "tdp_mmu", "Y");
    assertThat(HostMmu.of(modules)).isEqualTo(HostMmu.SHADOW);
  }

  @Test
  void noModuleIsUnknown() {
    assertThat(HostMmu.of(modules)).isEqualTo(HostMmu.UNKNOWN);
    assertThat(HostMmu.UNKNOWN.isTdp()).isFalse();
  }
}
