package dev.gnomon.cli.event;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/**
 * The shadow MMU's own events as the flight recorder knows them; those that the kernel has no
 * tracepoint for by what they tell.
 */
final class FlightShadowEvents {
  private static final String CATEGORY = "KVM MMU";

  private FlightShadowEvents() {}

  @Name("kvm.sp_alloc")
  @Label("sp_alloc")
  @Description("A page of the shadow MMU was made")
  @Category(CATEGORY)
  @StackTrace(false)
  static final class SpAlloc extends Event {
    @Label("hpa")
    long hpa;

    @Label("gfn")
    long gfn;

    @Label("Role")
    int role;
  }

  /** What is told of a page that gets out of step with the guest's table, or into it again. */
  @Category(CATEGORY)
  @StackTrace(false)
  abstract static class PageEvent extends Event {
    @Label("Generation")
    int gen;

    @Label("gfn")
    long gfn;

    @Label("Role")
    int role;

    @Label("Root Count")
    int rootCount;
  }

  @Name("kvm.kvm_mmu_unsync_page")
  @Label("kvm_mmu_unsync_page")
  @Description("A page is about to become unsync")
  static final class KvmMmuUnsyncPage extends PageEvent {}

  @Name("kvm.kvm_mmu_sync_page")
  @Label("kvm_mmu_sync_page")
  @Description("A page is brought into step with the table of the guest, or goes")
  static final class KvmMmuSyncPage extends PageEvent {}

  /** What is told of an entry of the guest that a walk changes. */
  @Category(CATEGORY)
  @StackTrace(false)
  abstract static class GuestEntryEvent extends Event {
    @Label("gpa")
    long gpa;
  }

  @Name("kvm.kvm_mmu_set_accessed_bit")
  @Label("kvm_mmu_set_accessed_bit")
  @Description("The walk sets A in an entry of the guest")
  static final class KvmMmuSetAccessedBit extends GuestEntryEvent {}

  @Name("kvm.kvm_mmu_set_dirty_bit")
  @Label("kvm_mmu_set_dirty_bit")
  @Description("The walk sets D in an entry of the guest")
  static final class KvmMmuSetDirtyBit extends GuestEntryEvent {}

  @Name("kvm.kvm_mmu_walker_error")
  @Label("kvm_mmu_walker_error")
  @Description("The walk of the tables of the guest has failed")
  @Category(CATEGORY)
  @StackTrace(false)
  static final class KvmMmuWalkerError extends Event {
    @Label("Error Code")
    long code;
  }

  /** What is told of an entry that changes. */
  @Category(CATEGORY)
  @StackTrace(false)
  abstract static class SpteEvent extends Event {
    @Label("Level")
    int level;

    @Label("Address of the Entry")
    long sptep;

    @Label("Old Entry")
    long oldSpte;

    @Label("New Entry")
    long newSpte;
  }

  @Name("kvm.spte_set")
  @Label("spte_set")
  @Description("An entry that was not shadow-present was written")
  static final class SpteSet extends SpteEvent {}

  @Name("kvm.spte_update")
  @Label("spte_update")
  @Description("A leaf was replaced by one of the same frame")
  static final class SpteUpdate extends SpteEvent {}

  @Name("kvm.spte_clear")
  @Label("spte_clear")
  @Description("An entry was cleared")
  static final class SpteClear extends SpteEvent {}

  @Name("kvm.spte_clear_no_track")
  @Label("spte_clear_no_track")
  @Description("An entry that is no leaf was cleared")
  static final class SpteClearNoTrack extends SpteEvent {}

  @Name("kvm.spte_age")
  @Label("spte_age")
  @Description("A leaf was made to look unused")
  static final class SpteAge extends SpteEvent {}

  /** What is told of a leaf that gets into the reverse map, or out of it. */
  @Category(CATEGORY)
  @StackTrace(false)
  abstract static class RmapEvent extends Event {
    @Label("gfn")
    long gfn;

    @Label("Level")
    int level;

    @Label("Address of the Entry")
    long sptep;

    @Label("Count")
    int count;
  }

  @Name("kvm.rmap_add")
  @Label("rmap_add")
  @Description("A leaf was entered into the reverse map")
  static final class RmapAdd extends RmapEvent {}

  @Name("kvm.rmap_remove")
  @Label("rmap_remove")
  @Description("A leaf was taken out of the reverse map")
  static final class RmapRemove extends RmapEvent {}
}
