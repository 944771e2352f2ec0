package dev.gnomon.machine.device;

import dev.gnomon.machine.memory.HostMemory;
import dev.gnomon.machine.thread.ThreadPlatform;
import dev.gnomon.mmu.sync.Rendezvous;
import dev.gnomon.mmu.tlb.Requests;

/** Local APICs without vCPUs, switched on, used by one thread. */
final class ApicRig implements AutoCloseable {
  static final int FLAT = 0xf000_0000 | 0x0fff_ffff;
  static final int CLUSTER = 0x0fff_ffff;

  final ApicWords words;
  final LocalApic[] apics;
  private final Rendezvous rendezvous;
  private final HostMemory host = HostMemory.reserve(4096);

  ApicRig(int vcpus) {
    ThreadPlatform platform = new ThreadPlatform(host, 1, false);
    rendezvous = platform.synchronization().rendezvous(vcpus);
    words = new ApicWords(platform, rendezvous, vcpus);
    ApicBus bus = new ApicBus(words);
    apics = new LocalApic[vcpus];
    for (int i = 0; i < vcpus; i++) {
      apics[i] = new LocalApic(i, words, bus, new ApicTimer(true));
      apics[i].write(ApicRegisters.SPURIOUS, 0x1ff, 0);
    }
  }

  /** Writes both halves of the interrupt command register of an xAPIC. */
  void send(int from, int destination, int command) {
    apics[from].write(ApicRegisters.COMMAND_HIGH, destination << 24, 0);
    apics[from].write(ApicRegisters.COMMAND, command, 0);
  }

  /** Whether a vCPU has been called; it is not any more then. */
  boolean wasCalled(int vcpu) {
    return rendezvous.take(vcpu, Requests.EVENT) != 0;
  }

  @Override
  public void close() {
    host.close();
  }
}
