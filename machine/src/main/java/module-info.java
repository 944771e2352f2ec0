/** What the MMU runs on: host memory, processors, guests, migration. */
module dev.gnomon.machine {
  requires dev.gnomon.mmu;
  requires static org.jspecify;
}
