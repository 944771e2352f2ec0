package dev.gnomon.machine.port;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Timeout;

/**
 * The contract of the port, tier 0 and, on top of it, tier 1. A wait that never ends shows as a
 * timeout, or as whatever the back end says of a deadlock.
 */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
public abstract class PlatformContract {

  /** The back end that is to pass. */
  protected abstract Backend backend();

  @Nested
  class Memory extends MemoryContract {
    Memory() {
      super(PlatformContract.this.backend());
    }
  }

  @Nested
  class Words extends WordsContract {
    Words() {
      super(PlatformContract.this.backend());
    }
  }

  @Nested
  class FrameAllocation extends FramesContract {
    FrameAllocation() {
      super(PlatformContract.this.backend());
    }
  }

  @Nested
  class Atomicity extends AtomicityContract {
    Atomicity() {
      super(PlatformContract.this.backend());
    }
  }

  @Nested
  class Ordering extends OrderingContract {
    Ordering() {
      super(PlatformContract.this.backend());
    }
  }

  @Nested
  class Halves extends HalvesContract {
    Halves() {
      super(PlatformContract.this.backend());
    }
  }

  @Nested
  class Bodies extends ExecutionContract {
    Bodies() {
      super(PlatformContract.this.backend());
    }
  }

  @Nested
  class Locks extends LockContract {
    Locks() {
      super(PlatformContract.this.backend());
    }
  }

  @Nested
  class GracePeriods extends ReadCopyUpdateContract {
    GracePeriods() {
      super(PlatformContract.this.backend());
    }
  }

  @Nested
  class GuestMode extends RendezvousContract {
    GuestMode() {
      super(PlatformContract.this.backend());
    }
  }
}
