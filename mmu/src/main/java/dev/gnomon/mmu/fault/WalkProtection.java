package dev.gnomon.mmu.fault;

import dev.gnomon.mmu.config.RuleValue;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.sync.ReadCopyUpdate;
import dev.gnomon.mmu.tlb.AnnouncedWalks;

/** The shipped values of {@code lockless-walk}. */
public enum WalkProtection implements LocklessWalkRule, RuleValue {
  UNPROTECTED("never shipped: tables are freed under the walk") {
    @Override
    public LocklessWalk create(ReadCopyUpdate rcu) {
      return NOTHING;
    }

    @Override
    public LocklessWalk create(AnnouncedWalks walks) {
      return NOTHING;
    }
  },
  NO_BARRIER("never shipped: a walk over shadow pages is announced, and may begin before that") {
    @Override
    public LocklessWalk create(AnnouncedWalks walks) {
      return new Announced(walks, false);
    }
  },
  PROTECTED("announced, with a barrier, since 3.5; in the TDP MMU an RCU read section, since 5.10");

  private static final LocklessWalk NOTHING =
      new LocklessWalk() {
        @Override
        public void begin(Cpu cpu) {}

        @Override
        public void end(Cpu cpu) {}
      };

  private final String history;

  WalkProtection(String history) {
    this.history = history;
  }

  @Override
  public LocklessWalk create(ReadCopyUpdate rcu) {
    return new LocklessWalk() {
      @Override
      public void begin(Cpu cpu) {
        rcu.readLock(cpu);
      }

      @Override
      public void end(Cpu cpu) {
        rcu.readUnlock(cpu);
      }
    };
  }

  @Override
  public LocklessWalk create(AnnouncedWalks walks) {
    return new Announced(walks, true);
  }

  @Override
  public String history() {
    return history;
  }

  private record Announced(AnnouncedWalks walks, boolean hasBarrier) implements LocklessWalk {
    @Override
    public void begin(Cpu cpu) {
      walks.announce(cpu);
      if (hasBarrier) {
        walks.barrier();
      }
    }

    @Override
    public void end(Cpu cpu) {
      walks.end(cpu);
    }
  }
}
