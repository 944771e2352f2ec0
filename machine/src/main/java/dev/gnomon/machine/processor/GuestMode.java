package dev.gnomon.machine.processor;

import dev.gnomon.mmu.VcpuMmu;
import dev.gnomon.mmu.config.Stat;
import dev.gnomon.mmu.config.Statistics;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.Platform;
import dev.gnomon.mmu.platform.SharedWords;
import dev.gnomon.mmu.sync.Rendezvous;
import dev.gnomon.mmu.tlb.Exclusion;
import dev.gnomon.mmu.tlb.Requests;

/**
 * A vCPU's way into the guest and out of it. On the way in it handles requests, loads a root if it
 * has none, announces guest mode, and looks for requests once more (see {@link Rendezvous}).
 */
final class GuestMode {
  private final int vcpu;
  private final Cpu cpu;
  private final Platform platform;
  private final Rendezvous rendezvous;
  private final VcpuMmu mmu;
  private final Statistics statistics;
  private final Translator translator;
  private final Exclusion exclusion;
  private final boolean flushesAlways;
  private boolean isPauseRequested;
  private boolean hasEvent;
  private long exits;

  GuestMode(
      int vcpu,
      Cpu cpu,
      Platform platform,
      Rendezvous rendezvous,
      Exclusion exclusion,
      VcpuMmu mmu,
      Statistics statistics,
      Translator translator,
      ProcessorModel model) {
    this.vcpu = vcpu;
    this.cpu = cpu;
    this.platform = platform;
    this.rendezvous = rendezvous;
    this.exclusion = exclusion;
    this.mmu = mmu;
    this.statistics = statistics;
    this.translator = translator;
    flushesAlways = model.flushesOnEveryExit();
  }

  /** The words whose first holds requests, 0 if there are none. */
  SharedWords requests() {
    return rendezvous.requests(vcpu);
  }

  /** Enters the guest. Returns whether there were requests to handle. */
  boolean enter() {
    boolean wasRequested = false;
    while (true) {
      wasRequested |= handleRequests();
      awaitRingRoom();
      if (!mmu.hasRoot()) {
        mmu.loadRoot(cpu);
        translator.dropAll();
      }
      if (rendezvous.enter(vcpu)) {
        flushOnEntry();
        return wasRequested;
      }
    }
  }

  private void flushOnEntry() {
    if (flushesAlways) {
      translator.dropAll();
    }
  }

  /** Leaves for a request, if there is one, and enters again. In the guest. */
  void poll() {
    if (rendezvous.isRequested(vcpu)) {
      takeInterrupt();
    }
  }

  /** Leaves the guest, for whatever reason. */
  void leave() {
    exits++;
    // Before it is seen to have left: who kicked it to read the log waits for that.
    mmu.drainPml(cpu);
    rendezvous.leave(vcpu);
    statistics.count(cpu, Stat.EXITS);
  }

  /**
   * Leaves the guest for a request, and enters it again. An interrupt serializes: what the guest
   * has stored is in memory before it is seen to leave.
   */
  void takeInterrupt() {
    statistics.count(cpu, Stat.REQUEST_EXITS);
    platform.fullFence();
    leave();
    enter();
  }

  /** Handles requests, outside the guest. Returns whether there were any. */
  boolean handleRequests() {
    long taken = rendezvous.take(vcpu, Requests.ALL);
    if ((taken & Requests.PAUSE) != 0) {
      isPauseRequested = true;
    }
    if ((taken & Requests.EVENT) != 0) {
      hasEvent = true;
    }
    if ((taken & Requests.EXCLUSION) != 0) {
      exclusion.awaitTurn(cpu, vcpu);
    }
    if ((taken & Requests.RELOAD_ROOT) != 0) {
      mmu.dropObsoleteRoots(cpu);
    }
    if ((taken & Requests.TLB_FLUSH) != 0) {
      translator.dropAll();
      statistics.count(cpu, Stat.TLB_FLUSH);
    }
    return taken != 0;
  }

  private void awaitRingRoom() {
    while (mmu.isRingFull()) {
      // The VMM makes room and asks us to look again.
      rendezvous.awaitRequest(cpu, vcpu);
      handleRequests();
    }
  }

  /** How often it has left: what was translated before is not to be used after. */
  long exits() {
    return exits;
  }

  /** Whether a pause or an event has been asked for and not yet been seen to. */
  boolean hasNews() {
    return hasEvent || isPauseRequested;
  }

  /** Whether there was an {@link Requests#EVENT} since the last call. */
  boolean takeEvent() {
    boolean had = hasEvent;
    hasEvent = false;
    return had;
  }

  /** Is alone in the guest from here on. Called in guest mode; returns in it. */
  void beginExclusion() {
    platform.fullFence();
    leave();
    exclusion.begin(cpu, vcpu);
    enter();
  }

  /** Lets the others in again. */
  void endExclusion() {
    platform.fullFence();
    exclusion.end();
  }

  boolean isPauseRequested() {
    return isPauseRequested;
  }

  void resume() {
    isPauseRequested = false;
  }
}
