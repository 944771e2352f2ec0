package dev.gnomon.mmu.root;

import org.jspecify.annotations.Nullable;

/** The three ways in which "this MMU uses a per-vCPU root" has been written. */
enum RootPredicate {
  A {
    @Override
    boolean test(RootShape wanted, @Nullable Loaded current) {
      return wanted.level() == 3 || !wanted.isDirect() && wanted.guestLevels() <= 3;
    }
  },
  B {
    @Override
    boolean test(RootShape wanted, @Nullable Loaded current) {
      return wanted.isDirect() ? wanted.level() == 3 : wanted.guestLevels() <= 3;
    }
  },
  C {
    @Override
    boolean test(RootShape wanted, @Nullable Loaded current) {
      if (current == null) {
        throw new IllegalStateException("no root is loaded, so nothing can be said");
      }
      return current != Loaded.PAGE;
    }
  };

  /** What a vCPU has loaded when it is asked. */
  enum Loaded {
    /** A root with a shadow page behind it. */
    PAGE,
    /** A per-vCPU root. */
    PER_VCPU,
    /** A page of nothing, for a guest root outside all slots. */
    DUMMY
  }

  /**
   * Whether it says so.
   *
   * @param wanted the root that is about to be used
   * @param current what is loaded by now, or null
   */
  abstract boolean test(RootShape wanted, @Nullable Loaded current);
}
