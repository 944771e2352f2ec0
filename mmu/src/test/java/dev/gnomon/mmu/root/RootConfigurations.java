package dev.gnomon.mmu.root;

import dev.gnomon.mmu.arch.ControlBits;
import dev.gnomon.mmu.arch.ControlRegisters;
import dev.gnomon.mmu.arch.NestedTables;
import dev.gnomon.mmu.arch.PagingFeatures;
import dev.gnomon.mmu.arch.PagingMode;
import dev.gnomon.mmu.shadow.GuestFormat;
import dev.gnomon.mmu.table.Role;
import java.util.ArrayList;
import java.util.List;

/**
 * Every configuration that an MMU context can be in, with the shape of the root that the code
 * derives for it: all hosts, all paging modes of the guest, with and without TDP, and all tables
 * that a guest hypervisor may keep for a guest of its own.
 */
final class RootConfigurations {
  private static final PagingFeatures FEATURES = PagingFeatures.of(46);
  private static final long TOP = 0x1000;

  private RootConfigurations() {}

  /** Which context of a vCPU, on which host: between the configurations of one it goes over. */
  record Context(int hostLevels, String name) {
    @Override
    public String toString() {
      return (hostLevels == 3 ? "32-bit" : "64-bit, " + hostLevels + "-level") + " host, " + name;
    }
  }

  /**
   * A configuration.
   *
   * @param text in the words of the table
   * @param isL2 whether it is a guest's guest that runs
   */
  record Configuration(Context context, String text, RootShape shape, boolean isL2) {

    /**
     * Whether a nested transition leads from this one to another, in the same context, which keeps
     * its root: where tables are shadowed without TDP, entry and exit; where nested tables are,
     * from one L2 to the next.
     */
    boolean mayTurnInto(Configuration next) {
      return context.equals(next.context) && (isL2 != next.isL2 || !context.name.equals("no TDP"));
    }
  }

  static List<Configuration> all() {
    List<Configuration> all = new ArrayList<>();
    for (int hostLevels = 3; hostLevels <= 5; hostLevels++) {
      addTdp(all, hostLevels);
      addShadow(all, hostLevels);
      addNested(all, hostLevels);
    }
    return all;
  }

  /** Direct: whatever the guest does, and whether it is L1 or an L2 without nested tables. */
  private static void addTdp(List<Configuration> all, int hostLevels) {
    Context context = new Context(hostLevels, "TDP");
    for (PagingMode mode : PagingMode.values()) {
      if (hostLevels > 3 || !mode.isLong()) {
        int role = Role.direct(hostLevels, false);
        all.add(new Configuration(context, "TDP, guest " + name(mode), shape(role, mode), false));
      }
    }
  }

  private static void addShadow(List<Configuration> all, int hostLevels) {
    Context context = new Context(hostLevels, "no TDP");
    for (PagingMode mode : modes(hostLevels)) {
      GuestFormat format = new GuestFormat(registers(mode), FEATURES);
      all.add(new Configuration(context, "no TDP, guest " + name(mode), shape(format), false));
      all.add(
          new Configuration(
              context, "no TDP, L2 " + name(mode), shape(format.inGuestMode()), true));
    }
  }

  private static void addNested(List<Configuration> all, int hostLevels) {
    Context context = new Context(hostLevels, "nested");
    for (PagingMode mode : modes(hostLevels)) {
      if (mode != PagingMode.NONE) {
        ControlRegisters registers = registers(mode);
        NestedTables npt = new NestedTables.Npt(TOP, registers.cr4(), registers.efer());
        GuestFormat format = GuestFormat.nested(npt, FEATURES, hostLevels, false);
        all.add(new Configuration(context, "NPT of a " + name(mode) + " L1", shape(format), true));
      }
    }
    for (int levels = 4; levels <= hostLevels; levels++) {
      for (boolean hasAccessedDirty : new boolean[] {true, false}) {
        NestedTables ept = NestedTables.Ept.of(TOP, levels, hasAccessedDirty);
        GuestFormat format = GuestFormat.nested(ept, FEATURES, hostLevels, true);
        String text = levels + "-level EPT" + (hasAccessedDirty ? "" : " without A/D");
        all.add(new Configuration(context, text, shape(format), true));
      }
    }
  }

  /** The modes of a guest whose tables are shadowed: no more levels than the host has. */
  private static List<PagingMode> modes(int hostLevels) {
    return List.of(PagingMode.values()).stream()
        .filter(mode -> mode.levels() <= hostLevels)
        .toList();
  }

  private static RootShape shape(GuestFormat format) {
    return shape(format.rootRole(), format.mode());
  }

  private static RootShape shape(int role, PagingMode mode) {
    return new RootShape(Role.level(role), Role.isDirect(role), mode.levels());
  }

  private static String name(PagingMode mode) {
    return switch (mode) {
      case NONE -> "without paging";
      case BITS_32 -> "32-bit";
      case PAE -> "PAE";
      case LEVEL_4 -> "4-level";
      case LEVEL_5 -> "5-level";
    };
  }

  private static ControlRegisters registers(PagingMode mode) {
    long paging = ControlBits.CR0_PE | ControlBits.CR0_PG | ControlBits.CR0_WP;
    return switch (mode) {
      case NONE -> ControlRegisters.RESET;
      case BITS_32 -> new ControlRegisters(paging, TOP, 0, 0, 0, false, false);
      case PAE -> new ControlRegisters(paging, TOP, ControlBits.CR4_PAE, 0, 0, false, false);
      case LEVEL_4 -> ControlRegisters.longMode(4, TOP, false);
      case LEVEL_5 -> ControlRegisters.longMode(5, TOP, false);
    };
  }
}
