/** What the MMU runs on: host memory, processors, guests, migration. */
module dev.gnomon.machine {
  requires transitive dev.gnomon.mmu;
  requires com.github.luben.zstd_jni;
  requires static org.jspecify;

  exports dev.gnomon.machine;
  exports dev.gnomon.machine.device;
  exports dev.gnomon.machine.fuzz;
  exports dev.gnomon.machine.guest;
  exports dev.gnomon.machine.guest.script;
  exports dev.gnomon.machine.image;
  exports dev.gnomon.machine.kvm;
  exports dev.gnomon.machine.lockstep;
  exports dev.gnomon.machine.memory;
  exports dev.gnomon.machine.migration;
  exports dev.gnomon.machine.processor;
  exports dev.gnomon.machine.recorder;
  exports dev.gnomon.machine.thread;
  exports dev.gnomon.machine.trace;
  exports dev.gnomon.machine.x86;
  exports dev.gnomon.machine.x86.decode;
  exports dev.gnomon.machine.x86.nativeoracle;
}
