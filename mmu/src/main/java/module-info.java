/** KVM's x86 MMU, over the port in {@code platform}. */
module dev.gnomon.mmu {
  requires static org.jspecify;

  exports dev.gnomon.mmu;
  exports dev.gnomon.mmu.arch;
  exports dev.gnomon.mmu.config;
  exports dev.gnomon.mmu.dirty;
  exports dev.gnomon.mmu.event;
  exports dev.gnomon.mmu.fault;
  exports dev.gnomon.mmu.notify;
  exports dev.gnomon.mmu.platform;
  exports dev.gnomon.mmu.root;
  exports dev.gnomon.mmu.shadow;
  exports dev.gnomon.mmu.slot;
  exports dev.gnomon.mmu.spte;
  exports dev.gnomon.mmu.sync;
  exports dev.gnomon.mmu.table;
  exports dev.gnomon.mmu.tdp;
  exports dev.gnomon.mmu.tlb;
}
