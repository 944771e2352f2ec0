package dev.gnomon.mmu.sync;

import dev.gnomon.mmu.platform.Platform;

/** Makes tier 1 of a platform's shared words: written once, for every platform. */
public final class WordSynchronization extends Synchronization {
  private final Platform platform;

  public WordSynchronization(Platform platform) {
    this.platform = platform;
  }

  @Override
  public SpinLock spinLock() {
    return new WordSpinLock(platform);
  }

  @Override
  public MmuLock mmuLock() {
    return new WordMmuLock(platform);
  }

  @Override
  public ReadCopyUpdate readCopyUpdate(ReadCopyUpdate.Reclaimer reclaimer) {
    return new WordReadCopyUpdate(platform, reclaimer);
  }

  @Override
  public Rendezvous rendezvous(int vcpus) {
    return new WordRendezvous(platform, vcpus);
  }
}
