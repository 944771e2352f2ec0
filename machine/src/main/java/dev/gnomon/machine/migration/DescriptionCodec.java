package dev.gnomon.machine.migration;

import dev.gnomon.machine.InputException;
import dev.gnomon.machine.VmConfig;
import dev.gnomon.machine.guest.GuestConfig;
import dev.gnomon.machine.guest.GuestFeature;
import dev.gnomon.machine.guest.Nesting;
import dev.gnomon.machine.processor.TlbConfig;
import dev.gnomon.mmu.config.DirtyLogKind;
import dev.gnomon.mmu.config.MmuConfig;
import dev.gnomon.mmu.config.MmuKind;
import dev.gnomon.mmu.config.SpteLayout;
import dev.gnomon.mmu.config.TdpKind;
import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A {@link VmDescription} on the wire. */
final class DescriptionCodec {
  /** A VM may have so many vCPUs, and so large caches, at most: more is not a VM of ours. */
  private static final int LARGEST_COUNT = 1 << 16;

  private static final TdpKind[] TDP_KINDS = TdpKind.values();
  private static final SpteLayout[] LAYOUTS = SpteLayout.values();
  private static final DirtyLogKind[] LOG_KINDS = DirtyLogKind.values();
  private static final MmuKind[] MMU_KINDS = MmuKind.values();
  private static final Nesting.Format[] NESTED_FORMATS = Nesting.Format.values();
  private static final GuestFeature[] FEATURES = GuestFeature.values();

  private DescriptionCodec() {}

  static void write(PayloadWriter out, VmDescription description) {
    writeMmu(out, description.vm().mmu());
    out.put(description.vm().memoryBytes()).put(description.vm().hostPageLevel());
    writeTlb(out, description.vm().tlb());
    GuestConfig guest = description.guest();
    out.put(description.guestLevels())
        .put(guest.usesLargePages())
        .put(guest.isVerified())
        .put(guest.seed())
        .put(guest.sliceAccesses())
        .put(guest.processes())
        .put(guest.threads())
        .put(bits(guest.features()));
    writeNesting(out, guest.nesting());
  }

  /**
   * Reads it.
   *
   * @throws InputException if it is not one
   */
  static VmDescription read(PayloadReader in) {
    try {
      MmuConfig mmu = readMmu(in);
      VmConfig vm = new VmConfig(mmu, in.getLong(), in.getInt(), readTlb(in));
      int levels = in.getInt();
      GuestConfig guest =
          new GuestConfig(
              in.getBoolean(),
              in.getBoolean(),
              in.getLong(),
              in.getInt(),
              in.getInt(),
              in.getInt(),
              features(in),
              readNesting(in));
      in.end();
      if (levels != 0 && (levels < 2 || levels > 5)) {
        throw in.malformed();
      }
      return new VmDescription(vm, levels, guest);
    } catch (IllegalArgumentException e) {
      throw new InputException("the peer describes a VM that cannot be: " + e.getMessage(), e);
    }
  }

  private static void writeNesting(PayloadWriter out, @Nullable Nesting nesting) {
    out.put(nesting != null);
    if (nesting != null) {
      out.put(nesting.format().ordinal())
          .put(nesting.hasAccessedDirty())
          .put(nesting.usesExecuteOnly());
    }
  }

  private static @Nullable Nesting readNesting(PayloadReader in) {
    return in.getBoolean()
        ? new Nesting(one(in, NESTED_FORMATS), in.getBoolean(), in.getBoolean())
        : null;
  }

  private static int bits(Set<GuestFeature> features) {
    int bits = 0;
    for (GuestFeature each : features) {
      bits |= 1 << each.ordinal();
    }
    return bits;
  }

  private static Set<GuestFeature> features(PayloadReader in) {
    int bits = in.getInt();
    if (bits >>> FEATURES.length != 0) {
      throw in.malformed();
    }
    Set<GuestFeature> features = EnumSet.noneOf(GuestFeature.class);
    for (GuestFeature each : FEATURES) {
      if ((bits & 1 << each.ordinal()) != 0) {
        features.add(each);
      }
    }
    return features;
  }

  private static void writeMmu(PayloadWriter out, MmuConfig mmu) {
    out.put(mmu.tdp().ordinal())
        .put(mmu.layout().ordinal())
        .put(mmu.memoryType())
        .put(mmu.accessedDirty())
        .put(mmu.executeOnly())
        .put(mmu.levels())
        .put(mmu.physicalAddressBits())
        .put(mmu.largestLevel())
        .put(mmu.dirtyLog().ordinal())
        .put(mmu.manualProtect())
        .put(mmu.initiallySet())
        .put(mmu.ringEntries())
        .put(mmu.eagerSplit())
        .put(mmu.nxHugePages())
        .put(mmu.writeTracking())
        .put(mmu.tableEntries())
        .put(mmu.vcpus())
        .put(mmu.mmu().ordinal())
        .put(mmu.hostBits())
        .put(mmu.shadowPages())
        .put(mmu.nested());
  }

  private static MmuConfig readMmu(PayloadReader in) {
    return new MmuConfig(
            one(in, TDP_KINDS),
            one(in, LAYOUTS),
            in.getBoolean(),
            in.getBoolean(),
            in.getBoolean(),
            in.getInt(),
            in.getInt(),
            in.getInt(),
            one(in, LOG_KINDS),
            in.getBoolean(),
            in.getBoolean(),
            in.getInt(),
            in.getBoolean(),
            in.getBoolean(),
            in.getBoolean(),
            in.getInt(),
            count(in),
            one(in, MMU_KINDS),
            in.getInt(),
            in.getInt())
        .withNested(in.getBoolean());
  }

  private static void writeTlb(PayloadWriter out, TlbConfig tlb) {
    out.put(tlb.firstLevel())
        .put(tlb.sets4k())
        .put(tlb.ways4k())
        .put(tlb.sets2m())
        .put(tlb.ways2m())
        .put(tlb.entries1g())
        .put(tlb.structureEntries());
  }

  private static TlbConfig readTlb(PayloadReader in) {
    return new TlbConfig(
        count(in), count(in), count(in), count(in), count(in), count(in), count(in));
  }

  private static int count(PayloadReader in) {
    int count = in.getInt();
    if (count > LARGEST_COUNT) {
      throw in.malformed();
    }
    return count;
  }

  private static <T> T one(PayloadReader in, T[] values) {
    int index = in.getInt();
    if (index < 0 || index >= values.length) {
      throw in.malformed();
    }
    return values[index];
  }
}
