package dev.gnomon.machine.x86;

import dev.gnomon.machine.x86.CpuFeature.Register;
import dev.gnomon.mmu.arch.ControlBits;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * The answers of CPUID, made of {@link CpuFeatures}.
 *
 * <p>Sources: Intel SDM vol. 2A, CPUID; AMD APM vol. 3, appendix E.
 */
final class Cpuid {
  private static final int LAST_BASIC = 0x15;
  private static final int FIRST_HYPERVISOR = 0x4000_0000;
  private static final int FIRST_EXTENDED = 0x8000_0000;
  private static final int LAST_EXTENDED = 0x8000_0008;
  private static final int CACHE_LINE = 64;

  /** Bytes of the area that XSAVE would save: x87 and SSE, and the header. */
  private static final int SAVED_STATE = 576;

  private static final long APIC_ENABLED = 1L << 11;
  private static final int OSXSAVE = 1 << 27;
  private static final int OSPKE = 1 << 4;
  private static final String BRAND = "Gnomon x86 processor";
  private static final Answer NOTHING = new Answer(0, 0, 0, 0);

  private final CpuFeatures features;
  private final int apicId;
  private final int cpus;

  /** What a leaf says. */
  record Answer(int eax, int ebx, int ecx, int edx) {}

  /**
   * The answers of one vCPU.
   *
   * @param apicId its number
   * @param cpus how many there are, each a core of its own
   */
  Cpuid(CpuFeatures features, int apicId, int cpus) {
    this.features = features;
    this.apicId = apicId;
    this.cpus = cpus;
  }

  /**
   * Answers.
   *
   * @param leaf EAX
   * @param subleaf ECX
   * @param state some bits say what the guest has switched on
   */
  Answer answer(int leaf, int subleaf, CpuState state) {
    if (leaf == FIRST_HYPERVISOR || leaf == FIRST_HYPERVISOR + 1) {
      return features.has(CpuFeature.HYPERVISOR) ? hypervisor(leaf) : basic(LAST_BASIC, 0, state);
    }
    if (leaf >= 0 && leaf <= LAST_BASIC) {
      return basic(leaf, subleaf, state);
    }
    if (leaf >= FIRST_EXTENDED && leaf <= LAST_EXTENDED) {
      return extended(leaf);
    }
    // An Intel processor takes what is beyond for the last basic leaf; an AMD one says nothing.
    return features.vendor() == CpuFeatures.Vendor.INTEL && leaf > LAST_BASIC
        ? basic(LAST_BASIC, subleaf, state)
        : NOTHING;
  }

  private Answer basic(int leaf, int subleaf, CpuState state) {
    return switch (leaf) {
      case 0 -> named(LAST_BASIC);
      case 1 -> versions(state);
      case 4 -> features.vendor() == CpuFeatures.Vendor.INTEL ? cache(subleaf) : NOTHING;
      case 7 -> subleaf == 0 ? structured(state) : NOTHING;
      case 0xb -> topology(subleaf);
      case 0xd -> savedState(subleaf);
      default -> NOTHING;
    };
  }

  private int bits(int leaf, Register register) {
    int bits = 0;
    for (CpuFeature each : CpuFeature.values()) {
      if (features.has(each)) {
        bits |= each.bitIn(leaf, register);
      }
    }
    return bits;
  }

  /** The vendor's name, in the order EBX, EDX, ECX. */
  private Answer named(int last) {
    int[] words = words(features.vendor().text(), 12);
    return new Answer(last, words[0], words[2], words[1]);
  }

  private static int[] words(String text, int bytes) {
    ByteBuffer buffer = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    buffer.put(text.getBytes(StandardCharsets.US_ASCII)).rewind();
    int[] words = new int[bytes / 4];
    buffer.asIntBuffer().get(words);
    return words;
  }

  private Answer versions(CpuState state) {
    int ecx = bits(1, Register.ECX);
    if ((state.cr4 & ControlBits.CR4_OSXSAVE) != 0) {
      ecx |= OSXSAVE;
    }
    int edx = bits(1, Register.EDX);
    if ((state.apicBase & APIC_ENABLED) == 0) {
      edx &= ~CpuFeature.APIC.bitIn(1, Register.EDX);
    }
    int lines = features.has(CpuFeature.CLFLUSH) ? CACHE_LINE / 8 << 8 : 0;
    int ebx = lines | (Math.min(cpus, 255) << 16) | (apicId & 0xff) << 24;
    boolean isThreaded = cpus > 1;
    return new Answer(features.vendor().signature(), ebx, ecx, isThreaded ? edx | 1 << 28 : edx);
  }

  /** Level-1 data and code, level 2, each of a core's own; sets of one size. */
  private Answer cache(int subleaf) {
    int type =
        switch (subleaf) {
          case 0 -> 1 | 1 << 5;
          case 1 -> 2 | 1 << 5;
          case 2 -> 3 | 2 << 5;
          default -> 0;
        };
    if (type == 0) {
      return NOTHING;
    }
    int ways = subleaf == 2 ? 16 : 8;
    int sets = subleaf == 2 ? 1024 : 64;
    int eax = type | 1 << 8 | Math.min(63, (1 << coreBits()) - 1) << 26;
    return new Answer(eax, CACHE_LINE - 1 | ways - 1 << 22, sets - 1, 0);
  }

  private Answer structured(CpuState state) {
    int ecx = bits(7, Register.ECX);
    if ((state.cr4 & ControlBits.CR4_PKE) != 0) {
      ecx |= OSPKE;
    }
    return new Answer(0, bits(7, Register.EBX), ecx, bits(7, Register.EDX));
  }

  /** One thread to a core, all cores in one package. */
  private Answer topology(int subleaf) {
    return switch (subleaf) {
      case 0 -> new Answer(0, 1, 1 << 8, apicId);
      case 1 -> new Answer(coreBits(), cpus, 2 << 8 | 1, apicId);
      default -> new Answer(0, 0, subleaf & 0xff, apicId);
    };
  }

  private int coreBits() {
    return Integer.SIZE - Integer.numberOfLeadingZeros(cpus - 1);
  }

  private Answer savedState(int subleaf) {
    if (!features.has(CpuFeature.XSAVE) || subleaf != 0) {
      return NOTHING;
    }
    return new Answer((int) features.xcr0Bits(), SAVED_STATE, SAVED_STATE, 0);
  }

  private Answer hypervisor(int leaf) {
    if (leaf != FIRST_HYPERVISOR) {
      return NOTHING;
    }
    int[] words = words(features.has(CpuFeature.KVM) ? "KVMKVMKVM" : "GnomonGnomon", 12);
    return new Answer(FIRST_HYPERVISOR + 1, words[0], words[1], words[2]);
  }

  private Answer extended(int leaf) {
    return switch (leaf) {
      case FIRST_EXTENDED -> named(LAST_EXTENDED);
      case 0x8000_0001 -> {
        int edx = bits(leaf, Register.EDX);
        // AMD repeats there what leaf 1 says in these places.
        int repeated =
            features.vendor() == CpuFeatures.Vendor.AMD ? bits(1, Register.EDX) & 0x0183_f3ff : 0;
        yield new Answer(0, 0, bits(leaf, Register.ECX), edx | repeated);
      }
      case 0x8000_0002, 0x8000_0003, 0x8000_0004 -> {
        int[] words = words(BRAND, 48);
        int at = 4 * (leaf - 0x8000_0002);
        yield new Answer(words[at], words[at + 1], words[at + 2], words[at + 3]);
      }
      case 0x8000_0007 -> new Answer(0, 0, 0, bits(leaf, Register.EDX));
      case 0x8000_0008 -> {
        int linear = features.has(CpuFeature.LA57) ? 57 : features.has(CpuFeature.LM) ? 48 : 32;
        int cores = features.vendor() == CpuFeatures.Vendor.AMD ? cpus - 1 & 0xff : 0;
        yield new Answer(features.physicalAddressBits() | linear << 8, 0, cores, 0);
      }
      default -> NOTHING;
    };
  }
}
