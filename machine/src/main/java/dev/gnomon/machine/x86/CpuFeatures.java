package dev.gnomon.machine.x86;

import dev.gnomon.machine.InputException;
import dev.gnomon.machine.x86.decode.Mnemonic;
import dev.gnomon.mmu.arch.ControlBits;
import dev.gnomon.mmu.arch.PagingFeatures;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What a processor is: its vendor, the width of its addresses, and its features, as CPUID reports
 * them. What is not reported is not there: its bits of control registers raise #GP, its
 * instructions #UD. Immutable.
 */
public final class CpuFeatures {
  private static final int DEFAULT_PHYSICAL_BITS = 46;
  private static final int LEAST_PHYSICAL_BITS = 36;
  private static final int MOST_PHYSICAL_BITS = 52;

  /** x87 and SSE. */
  private static final long XCR0 = 3;

  private static final long CR0 =
      ControlBits.CR0_PE
          | ControlBits.CR0_MP
          | ControlBits.CR0_EM
          | ControlBits.CR0_TS
          | ControlBits.CR0_ET
          | ControlBits.CR0_NE
          | ControlBits.CR0_WP
          | ControlBits.CR0_AM
          | ControlBits.CR0_NW
          | ControlBits.CR0_CD
          | ControlBits.CR0_PG;

  /** Whose processor it claims to be. */
  public enum Vendor {
    /** SYSENTER in every mode; SYSCALL in 64-bit code only. */
    INTEL("GenuineIntel", 0x0008_06f8),
    /** SYSCALL in every mode; SYSENTER outside long mode only. */
    AMD("AuthenticAMD", 0x00a1_0f11);

    private final String text;
    private final int signature;

    Vendor(String text, int signature) {
      this.text = text;
      this.signature = signature;
    }

    /** The twelve letters of leaf 0. */
    String text() {
      return text;
    }

    /** Family, model and stepping. */
    int signature() {
      return signature;
    }
  }

  private final Vendor vendor;
  private final int physicalAddressBits;
  private final Set<CpuFeature> features;

  private CpuFeatures(Vendor vendor, int physicalAddressBits, Set<CpuFeature> features) {
    this.vendor = vendor;
    this.physicalAddressBits = physicalAddressBits;
    this.features = Collections.unmodifiableSet(features);
  }

  /** All that there is, but CMPXCHG16B: an Intel processor with 46 bits of physical address. */
  public static CpuFeatures all() {
    return new CpuFeatures(
        Vendor.INTEL, DEFAULT_PHYSICAL_BITS, EnumSet.complementOf(EnumSet.of(CpuFeature.CX16)));
  }

  /**
   * The same, changed: {@code -pku,+cx16,phys-bits=36,vendor=amd}.
   *
   * @throws InputException if the text is no list of changes, names what there is not, or takes
   *     away what another feature needs
   */
  public CpuFeatures with(String changes) {
    Vendor newVendor = vendor;
    int bits = physicalAddressBits;
    Set<CpuFeature> set =
        features.isEmpty() ? EnumSet.noneOf(CpuFeature.class) : EnumSet.copyOf(features);
    for (String word : changes.split(",", -1)) {
      String change = word.strip();
      if (change.startsWith("+")) {
        set.add(feature(change.substring(1), changes));
      } else if (change.startsWith("-")) {
        set.remove(feature(change.substring(1), changes));
      } else if (change.startsWith("phys-bits=")) {
        bits = bits(change, changes);
      } else if (change.startsWith("vendor=")) {
        newVendor = vendor(change, changes);
      } else {
        throw wrong(
            changes, "'" + change + "': expected +FEATURE, -FEATURE, phys-bits=N or vendor=NAME");
      }
    }
    return new CpuFeatures(newVendor, bits, set).checked(changes);
  }

  private CpuFeatures checked(String changes) {
    require(CpuFeature.LM, CpuFeature.PAE, changes);
    require(CpuFeature.LA57, CpuFeature.LM, changes);
    require(CpuFeature.PKU, CpuFeature.LM, changes);
    require(CpuFeature.PCID, CpuFeature.LM, changes);
    require(CpuFeature.PDPE1GB, CpuFeature.LM, changes);
    require(CpuFeature.NX, CpuFeature.PAE, changes);
    require(CpuFeature.PSE36, CpuFeature.PSE, changes);
    require(CpuFeature.SSE, CpuFeature.FXSR, changes);
    require(CpuFeature.SSE2, CpuFeature.SSE, changes);
    require(CpuFeature.X2APIC, CpuFeature.APIC, changes);
    return this;
  }

  private void require(CpuFeature one, CpuFeature needed, String changes) {
    if (has(one) && !has(needed)) {
      throw wrong(
          changes,
          "%s needs %s: take away %s too".formatted(one.label(), needed.label(), one.label()));
    }
  }

  private static CpuFeature feature(String name, String changes) {
    for (CpuFeature each : CpuFeature.values()) {
      if (each.label().equals(name.toLowerCase(Locale.ROOT))) {
        return each;
      }
    }
    String known =
        Arrays.stream(CpuFeature.values()).map(CpuFeature::label).collect(Collectors.joining(" "));
    throw wrong(changes, "there is no feature '" + name + "'; there are " + known);
  }

  private static int bits(String change, String changes) {
    String number = change.substring(change.indexOf('=') + 1);
    if (number.matches("[0-9]{1,3}")) {
      int bits = Integer.parseInt(number);
      if (bits >= LEAST_PHYSICAL_BITS && bits <= MOST_PHYSICAL_BITS) {
        return bits;
      }
    }
    throw wrong(
        changes,
        "'%s': expected %d to %d".formatted(change, LEAST_PHYSICAL_BITS, MOST_PHYSICAL_BITS));
  }

  private static Vendor vendor(String change, String changes) {
    String name = change.substring(change.indexOf('=') + 1);
    for (Vendor each : Vendor.values()) {
      if (each.name().equalsIgnoreCase(name)) {
        return each;
      }
    }
    throw wrong(changes, "'" + change + "': expected intel or amd");
  }

  private static InputException wrong(String changes, String what) {
    return new InputException("CPUID \"" + changes + "\": " + what);
  }

  // --- what there is ---

  public boolean has(CpuFeature feature) {
    return features.contains(feature);
  }

  public Vendor vendor() {
    return vendor;
  }

  /** MAXPHYADDR. */
  public int physicalAddressBits() {
    return physicalAddressBits;
  }

  /** The same with no more bits of physical address than {@code most}. */
  public CpuFeatures withPhysicalAddressBitsUpTo(int most) {
    return new CpuFeatures(vendor, Math.min(most, physicalAddressBits), features);
  }

  /** What paging asks of it. */
  public PagingFeatures paging() {
    return new PagingFeatures(physicalAddressBits, has(CpuFeature.PDPE1GB), has(CpuFeature.PSE36));
  }

  /** Whether SYSCALL and SYSRET work outside 64-bit code. */
  public boolean hasSyscallInLegacyModes() {
    return vendor == Vendor.AMD;
  }

  /** Whether SYSENTER and SYSEXIT work in long mode. */
  public boolean hasSysenterInLongMode() {
    return vendor == Vendor.INTEL;
  }

  /** The bits of CR0 that may be set; bits 63:32 raise #GP, other reserved ones are ignored. */
  public long cr0Bits() {
    return CR0;
  }

  /** The bits of CR4 that may be set; any other raises #GP. */
  public long cr4Bits() {
    return features.stream().mapToLong(CpuFeature::cr4).reduce(0, (one, other) -> one | other);
  }

  /** The bits of EFER that may be set; any other raises #GP. LMA is read-only. */
  public long eferBits() {
    return features.stream().mapToLong(CpuFeature::efer).reduce(0, (one, other) -> one | other);
  }

  /** The bits of XCR0 that may be set; any other raises #GP. */
  public long xcr0Bits() {
    return has(CpuFeature.XSAVE) ? XCR0 : 0;
  }

  /** The bits of CR3 that must be clear in long mode, but for bit 63: see CR4.PCIDE. */
  public long cr3ReservedBits() {
    return ~ControlBits.CR3_NO_FLUSH & -(1L << physicalAddressBits);
  }

  /** Whether an instruction exists. CMPXCHG8B and CMPXCHG16B ask for themselves. */
  public boolean hasInstruction(Mnemonic mnemonic) {
    for (CpuFeature each : CpuFeature.values()) {
      if (!has(each) && each.instructions().contains(mnemonic)) {
        return false;
      }
    }
    return true;
  }
}
