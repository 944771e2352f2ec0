package dev.gnomon.mmu.fault;

import dev.gnomon.mmu.config.RuleValue;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.sync.ReadCopyUpdate;

/** The shipped values of {@code lockless-walk} that concern the TDP MMU. */
public enum WalkProtection implements LocklessWalkRule, RuleValue {
  UNPROTECTED("never shipped: tables are freed under the walk") {
    @Override
    public LocklessWalk create(ReadCopyUpdate rcu) {
      return new LocklessWalk() {
        @Override
        public void begin(Cpu cpu) {}

        @Override
        public void end(Cpu cpu) {}
      };
    }
  },
  PROTECTED("since 5.10: an RCU read section") {
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
  };

  private final String history;

  WalkProtection(String history) {
    this.history = history;
  }

  @Override
  public String history() {
    return history;
  }
}
