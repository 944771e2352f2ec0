package dev.gnomon.machine.x86;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.gnomon.machine.InputException;
import dev.gnomon.machine.x86.decode.Mnemonic;
import dev.gnomon.mmu.arch.ControlBits;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class CpuFeaturesTest {
  private static final int LAST = 0x8000_0008;

  private final CpuState state = CpuState.reset();

  private Cpuid.Answer cpuid(CpuFeatures features, int leaf, int subleaf) {
    return new Cpuid(features, 2, 4).answer(leaf, subleaf, state);
  }

  private static String text(int... words) {
    ByteBuffer buffer = ByteBuffer.allocate(4 * words.length).order(ByteOrder.LITTLE_ENDIAN);
    for (int word : words) {
      buffer.putInt(word);
    }
    return new String(buffer.array(), StandardCharsets.US_ASCII);
  }

  @ParameterizedTest
  @CsvSource({"intel, GenuineIntel", "amd, AuthenticAMD"})
  void theVendorIsSpelledAsGuestsReadIt(String vendor, String expected) {
    Cpuid.Answer answer = cpuid(CpuFeatures.all().with("vendor=" + vendor), 0, 0);
    assertThat(text(answer.ebx(), answer.edx(), answer.ecx())).isEqualTo(expected);
    assertThat(answer.eax()).isEqualTo(0x15);
  }

  @Test
  void eachVendorHasItsWayIntoTheKernel() {
    CpuFeatures intel = CpuFeatures.all().with("vendor=intel");
    CpuFeatures amd = CpuFeatures.all().with("vendor=amd");
    assertThat(intel.hasSysenterInLongMode()).isTrue();
    assertThat(intel.hasSyscallInLegacyModes()).isFalse();
    assertThat(amd.hasSysenterInLongMode()).isFalse();
    assertThat(amd.hasSyscallInLegacyModes()).isTrue();
  }

  @Test
  void aMaskedFeatureIsNotReportedAndItsControlBitNotAllowed() {
    CpuFeatures all = CpuFeatures.all();
    CpuFeatures masked = all.with("-pku,-la57,-nx");
    assertThat(cpuid(all, 7, 0).ecx() & (1 << 3 | 1 << 16)).isEqualTo(1 << 3 | 1 << 16);
    assertThat(cpuid(masked, 7, 0).ecx() & (1 << 3 | 1 << 16)).isZero();
    long bits = ControlBits.CR4_PKE | ControlBits.CR4_LA57;
    assertThat(all.cr4Bits() & bits).isEqualTo(bits);
    assertThat(masked.cr4Bits() & bits).isZero();
    assertThat(all.eferBits() & ControlBits.EFER_NXE).isNotZero();
    assertThat(masked.eferBits() & ControlBits.EFER_NXE).isZero();
    assertThat(masked.hasInstruction(Mnemonic.RDPKRU)).isFalse();
    assertThat(all.hasInstruction(Mnemonic.RDPKRU)).isTrue();
  }

  @ParameterizedTest
  @EnumSource(CpuFeature.class)
  void everyFeatureThatCpuidReportsHasABitOfItsOwn(CpuFeature feature) {
    CpuFeatures with = CpuFeatures.all().with("+cx16");
    CpuFeatures without;
    try {
      without = with.with("-" + feature.label());
    } catch (InputException neededByOthers) {
      assertThat(neededByOthers).hasMessageContaining("needs " + feature.label());
      return;
    }
    int bits = 0;
    for (int leaf : new int[] {1, 7, 0x8000_0001, 0x8000_0007}) {
      Cpuid.Answer one = cpuid(with, leaf, 0);
      Cpuid.Answer other = cpuid(without, leaf, 0);
      bits += Integer.bitCount(one.ebx() ^ other.ebx()) + Integer.bitCount(one.ecx() ^ other.ecx());
      bits += Integer.bitCount(one.edx() ^ other.edx());
    }
    boolean isSilent = feature == CpuFeature.CRC32 || feature == CpuFeature.KVM;
    boolean isClflush = feature == CpuFeature.CLFLUSH;
    assertThat(bits).isEqualTo(isSilent ? 0 : isClflush ? 2 : 1);
  }

  @ParameterizedTest
  @EnumSource(CpuFeature.class)
  void whatIsReportedIsThere(CpuFeature feature) {
    Operations operations = new Operations(CpuFeatures.all());
    assertThat(feature.instructions()).allMatch(operations::has);
  }

  @Test
  void withoutItsFeatureAnInstructionIsNotMadeOrIsItsElder() {
    Operations operations = new Operations(CpuFeatures.all().with("-pku,-bmi1,-movbe"));
    assertThat(operations.has(Mnemonic.RDPKRU)).isFalse();
    assertThat(operations.has(Mnemonic.MOVBE)).isFalse();
    assertThat(operations.has(Mnemonic.ANDN)).isFalse();
    assertThat(operations.has(Mnemonic.TZCNT)).as("as BSF").isTrue();
  }

  @Test
  void cmpxchg16bMustBeAskedFor() {
    assertThat(CpuFeatures.all().has(CpuFeature.CX16)).isFalse();
    assertThat(cpuid(CpuFeatures.all().with("+cx16"), 1, 0).ecx() & 1 << 13).isNotZero();
  }

  @Test
  void theWidthOfAddressesIsReportedAndTakenByPaging() {
    CpuFeatures narrow = CpuFeatures.all().with("phys-bits=36");
    assertThat(cpuid(narrow, LAST, 0).eax()).isEqualTo(57 << 8 | 36);
    assertThat(cpuid(narrow.with("-la57"), LAST, 0).eax()).isEqualTo(48 << 8 | 36);
    assertThat(narrow.paging().physicalAddressBits()).isEqualTo(36);
    assertThat(narrow.cr3ReservedBits()).isEqualTo(0x7fff_fff0_0000_0000L);
  }

  @Test
  void whatTheGuestSwitchedOnIsReportedToo() {
    CpuFeatures all = CpuFeatures.all();
    assertThat(cpuid(all, 1, 0).ecx() & 1 << 27).isZero();
    assertThat(cpuid(all, 7, 0).ecx() & 1 << 4).isZero();
    state.cr4 = ControlBits.CR4_OSXSAVE | ControlBits.CR4_PKE;
    assertThat(cpuid(all, 1, 0).ecx() & 1 << 27).isNotZero();
    assertThat(cpuid(all, 7, 0).ecx() & 1 << 4).isNotZero();
  }

  @Test
  void theTopologyIsOneCoreAVcpu() {
    Cpuid.Answer cores = cpuid(CpuFeatures.all(), 0xb, 1);
    assertThat(cores.eax()).isEqualTo(2);
    assertThat(cores.ebx()).isEqualTo(4);
    assertThat(cores.edx()).isEqualTo(2);
    assertThat(cpuid(CpuFeatures.all(), 1, 0).ebx() >>> 24).isEqualTo(2);
  }

  @Test
  void onlyX87AndSseStateCanBeSwitchedOn() {
    assertThat(CpuFeatures.all().xcr0Bits()).isEqualTo(3);
    assertThat(cpuid(CpuFeatures.all(), 0xd, 0).eax()).isEqualTo(3);
    assertThat(CpuFeatures.all().with("-xsave").xcr0Bits()).isZero();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "-pkey; there is no feature 'pkey'",
        "pku; 'pku': expected +FEATURE, -FEATURE, phys-bits=N or vendor=NAME",
        "phys-bits=60; 'phys-bits=60': expected 36 to 52",
        "phys-bits=x; 'phys-bits=x': expected 36 to 52",
        "vendor=via; 'vendor=via': expected intel or amd",
        "-lm; la57 needs lm: take away la57 too",
        "-pku,; '': expected"
      })
  void whatCannotBeIsRefusedWithTheReason(String changes, String reason) {
    assertThatExceptionOfType(InputException.class)
        .isThrownBy(() -> CpuFeatures.all().with(changes))
        .withMessageStartingWith("CPUID \"" + changes + "\": ")
        .withMessageContaining(reason);
  }
}
