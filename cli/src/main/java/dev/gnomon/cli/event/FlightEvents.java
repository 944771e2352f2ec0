package dev.gnomon.cli.event;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** The MMU's events as the flight recorder knows them, one class each, by the kernel's names. */
final class FlightEvents {
  private static final String CATEGORY = "KVM MMU";

  private FlightEvents() {}

  @Name("kvm.kvm_mmu_get_page")
  @Label("kvm_mmu_get_page")
  @Description("A page of entries was found or made")
  @Category(CATEGORY)
  @StackTrace(false)
  static final class KvmMmuGetPage extends Event {
    @Label("Generation")
    int gen;

    @Label("gfn")
    long gfn;

    @Label("Role")
    int role;

    @Label("Root Count")
    int rootCount;

    @Label("Unsync")
    boolean isUnsync;

    @Label("New")
    boolean isNew;
  }

  @Name("kvm.kvm_mmu_prepare_zap_page")
  @Label("kvm_mmu_prepare_zap_page")
  @Description("A page of entries is taken apart")
  @Category(CATEGORY)
  @StackTrace(false)
  static final class KvmMmuPrepareZapPage extends Event {
    @Label("Generation")
    int gen;

    @Label("gfn")
    long gfn;

    @Label("Role")
    int role;

    @Label("Root Count")
    int rootCount;

    @Label("Unsync")
    boolean isUnsync;
  }

  @Name("kvm.root_load")
  @Label("root_load")
  @Description("A root was allocated for a vCPU")
  @Category(CATEGORY)
  @StackTrace(false)
  static final class RootLoad extends Event {
    @Label("vCPU")
    int vcpu;

    @Label("hpa")
    long hpa;

    @Label("Role")
    int role;
  }

  @Name("kvm.kvm_mmu_zap_all_fast")
  @Label("kvm_mmu_zap_all_fast")
  @Description("All mappings become obsolete at once")
  @Category(CATEGORY)
  @StackTrace(false)
  static final class KvmMmuZapAllFast extends Event {
    @Label("Valid Generation")
    int validGen;

    @Label("Used Pages")
    long usedPages;
  }

  @Name("kvm.kvm_page_fault")
  @Label("kvm_page_fault")
  @Description("A vCPU left the guest with a fault")
  @Category(CATEGORY)
  @StackTrace(false)
  static final class KvmPageFault extends Event {
    @Label("vCPU")
    int vcpu;

    @Label("Address")
    long address;

    @Label("Error Code")
    long code;
  }

  @Name("kvm.kvm_mmu_spte_requested")
  @Label("kvm_mmu_spte_requested")
  @Description("A fault is about to map")
  @Category(CATEGORY)
  @StackTrace(false)
  static final class KvmMmuSpteRequested extends Event {
    @Label("gfn")
    long gfn;

    @Label("pfn")
    long pfn;

    @Label("Level")
    int level;
  }

  @Name("kvm.kvm_mmu_set_spte")
  @Label("kvm_mmu_set_spte")
  @Description("A fault has mapped")
  @Category(CATEGORY)
  @StackTrace(false)
  static final class KvmMmuSetSpte extends Event {
    @Label("Level")
    int level;

    @Label("gfn")
    long gfn;

    @Label("sptep")
    long sptep;

    @Label("SPTE")
    long spte;
  }

  @Name("kvm.fast_page_fault")
  @Label("fast_page_fault")
  @Description("The fast path was tried")
  @Category(CATEGORY)
  @StackTrace(false)
  static final class FastPageFault extends Event {
    @Label("vCPU")
    int vcpu;

    @Label("Address")
    long address;

    @Label("Error Code")
    long code;

    @Label("sptep")
    long sptep;

    @Label("Old SPTE")
    long oldSpte;

    @Label("New SPTE")
    long newSpte;

    @Label("Spurious")
    boolean isSpurious;

    @Label("Fixed")
    boolean isFixed;
  }

  @Name("kvm.spte_fast")
  @Label("spte_fast")
  @Description("The fast path has exchanged an entry")
  @Category(CATEGORY)
  @StackTrace(false)
  static final class SpteFast extends Event {
    @Label("Level")
    int level;

    @Label("sptep")
    long sptep;

    @Label("Old SPTE")
    long oldSpte;

    @Label("New SPTE")
    long newSpte;
  }

  @Name("kvm.kvm_tdp_mmu_spte_changed")
  @Label("kvm_tdp_mmu_spte_changed")
  @Description("An entry of the TDP MMU changed")
  @Category(CATEGORY)
  @StackTrace(false)
  static final class KvmTdpMmuSpteChanged extends Event {
    @Label("Address Space")
    int asId;

    @Label("gfn")
    long gfn;

    @Label("Level")
    int level;

    @Label("Old SPTE")
    long oldSpte;

    @Label("New SPTE")
    long newSpte;
  }

  @Name("kvm.kvm_mmu_split_huge_page")
  @Label("kvm_mmu_split_huge_page")
  @Description("A large page was split")
  @Category(CATEGORY)
  @StackTrace(false)
  static final class KvmMmuSplitHugePage extends Event {
    @Label("gfn")
    long gfn;

    @Label("SPTE")
    long spte;

    @Label("Level")
    int level;

    @Label("errno")
    int errno;
  }

  @Name("kvm.mark_mmio_spte")
  @Label("mark_mmio_spte")
  @Description("An entry was marked as MMIO")
  @Category(CATEGORY)
  @StackTrace(false)
  static final class MarkMmioSpte extends Event {
    @Label("sptep")
    long sptep;

    @Label("gfn")
    long gfn;

    @Label("Access")
    int access;

    @Label("Generation")
    long gen;
  }

  @Name("kvm.check_mmio_spte")
  @Label("check_mmio_spte")
  @Description("The generation of an MMIO mark was compared")
  @Category(CATEGORY)
  @StackTrace(false)
  static final class CheckMmioSpte extends Event {
    @Label("SPTE")
    long spte;

    @Label("Generation of the Slots")
    long kvmGen;

    @Label("Generation of the SPTE")
    long spteGen;
  }

  @Name("kvm.handle_mmio_page_fault")
  @Label("handle_mmio_page_fault")
  @Description("An MMIO mark has answered a fault")
  @Category(CATEGORY)
  @StackTrace(false)
  static final class HandleMmioPageFault extends Event {
    @Label("Address")
    long address;

    @Label("gfn")
    long gfn;

    @Label("Access")
    int access;
  }

  @Name("kvm.kvm_unmap_hva_range")
  @Label("kvm_unmap_hva_range")
  @Description("The host takes memory away")
  @Category(CATEGORY)
  @StackTrace(false)
  static final class KvmUnmapHvaRange extends Event {
    @Label("Start")
    long start;

    @Label("End")
    long end;
  }

  @Name("kvm.kvm_age_hva")
  @Label("kvm_age_hva")
  @Description("The host asks whether memory was used, and has it forgotten")
  @Category(CATEGORY)
  @StackTrace(false)
  static final class KvmAgeHva extends Event {
    @Label("Start")
    long start;

    @Label("End")
    long end;
  }

  @Name("kvm.kvm_test_age_hva")
  @Label("kvm_test_age_hva")
  @Description("The host asks whether a page was used")
  @Category(CATEGORY)
  @StackTrace(false)
  static final class KvmTestAgeHva extends Event {
    @Label("hva")
    long hva;
  }

  @Name("kvm.kvm_dirty_ring_push")
  @Label("kvm_dirty_ring_push")
  @Description("A page was pushed into a dirty ring")
  @Category(CATEGORY)
  @StackTrace(false)
  static final class KvmDirtyRingPush extends Event {
    @Label("Ring")
    int ring;

    @Label("Dirty")
    long dirty;

    @Label("Reset")
    long reset;

    @Label("Slot")
    int slot;

    @Label("Offset")
    long offset;
  }

  @Name("kvm.kvm_dirty_ring_reset")
  @Label("kvm_dirty_ring_reset")
  @Description("A dirty ring has room again")
  @Category(CATEGORY)
  @StackTrace(false)
  static final class KvmDirtyRingReset extends Event {
    @Label("Ring")
    int ring;

    @Label("Dirty")
    long dirty;

    @Label("Reset")
    long reset;
  }
}
