package dev.gnomon.checker.schedule;

import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.SharedWords;
import dev.gnomon.mmu.sync.Rendezvous;

/**
 * The rendezvous with one word for each vCPU, of its requests and of whether it is in guest mode:
 * so a vCPU enters, if there is no request, in one step.
 */
final class ExploredRendezvous extends Rendezvous {
  private static final long IN_GUEST_MODE = 1L << 62;

  /** Counts entries: who waits for one stay to end cannot take a later one for it. */
  private static final long ENTRY = 1L << 48;

  private static final long REQUESTS = ENTRY - 1;

  private static final Accesses.Change ENTER =
      (value, operand, expected) -> (value & REQUESTS) != 0 ? value : value + ENTRY | IN_GUEST_MODE;

  private final ExploredWords[] states;
  private final Requests[] requests;

  ExploredRendezvous(Stage stage, ExploredMemory memory, int vcpus) {
    states = new ExploredWords[vcpus];
    requests = new Requests[vcpus];
    for (int i = 0; i < vcpus; i++) {
      states[i] = new ExploredWords(stage, memory, false, "requests of vcpu " + i, 1);
      requests[i] = new Requests(states[i]);
    }
  }

  @Override
  public int vcpus() {
    return states.length;
  }

  @Override
  public boolean enter(int vcpu) {
    return (states[vcpu].change(0, ENTER, 0, 0) & REQUESTS) == 0;
  }

  @Override
  public void leave(int vcpu) {
    states[vcpu].getAndAnd(0, ~IN_GUEST_MODE);
  }

  @Override
  public boolean isInGuestMode(int vcpu) {
    return (states[vcpu].get(0) & IN_GUEST_MODE) != 0;
  }

  @Override
  public boolean isRequested(int vcpu) {
    return (states[vcpu].get(0) & REQUESTS) != 0;
  }

  @Override
  public SharedWords requests(int vcpu) {
    return requests[vcpu];
  }

  @Override
  public long take(int vcpu, long mask) {
    long set = states[vcpu].get(0) & mask;
    return set == 0 ? 0 : states[vcpu].getAndAnd(0, ~mask) & mask;
  }

  @Override
  public void request(int vcpu, long bits) {
    states[vcpu].getAndOr(0, bits);
  }

  @Override
  public void requestAllAndWait(Cpu cpu, long bits) {
    long[] seen = new long[states.length];
    for (int vcpu = 0; vcpu < states.length; vcpu++) {
      seen[vcpu] = states[vcpu].getAndOr(0, bits) | bits;
    }
    for (int vcpu = 0; vcpu < states.length; vcpu++) {
      if ((seen[vcpu] & IN_GUEST_MODE) != 0) {
        awaitEndOf(cpu, vcpu, seen[vcpu]);
      }
    }
  }

  @Override
  public void awaitExit(Cpu cpu, int vcpu) {
    long seen = states[vcpu].get(0);
    if ((seen & IN_GUEST_MODE) != 0) {
      awaitEndOf(cpu, vcpu, seen);
    }
  }

  /** Waits until the stay in guest mode that was seen is over. */
  private void awaitEndOf(Cpu cpu, int vcpu, long seen) {
    long now = seen;
    while ((now & ~REQUESTS) == (seen & ~REQUESTS)) {
      cpu.awaitChange(states[vcpu], 0, now);
      now = states[vcpu].get(0);
    }
  }

  @Override
  public void awaitRequest(Cpu cpu, int vcpu) {
    long now;
    while (((now = states[vcpu].get(0)) & REQUESTS) == 0) {
      cpu.awaitChange(states[vcpu], 0, now);
    }
  }

  /** The requests of a vCPU, without the rest of its word. */
  private static final class Requests extends SharedWords {
    private final ExploredWords state;

    Requests(ExploredWords state) {
      this.state = state;
    }

    @Override
    public int length() {
      return 1;
    }

    @Override
    public long get(int index) {
      return state.get(index) & REQUESTS;
    }

    @Override
    public void set(int index, long value) {
      throw refusal();
    }

    @Override
    public long compareAndExchange(int index, long expected, long value) {
      throw refusal();
    }

    @Override
    public long getAndSet(int index, long value) {
      throw refusal();
    }

    @Override
    public long getAndAdd(int index, long delta) {
      throw refusal();
    }

    @Override
    public long getAndAnd(int index, long mask) {
      return state.getAndAnd(index, mask | ~REQUESTS) & REQUESTS;
    }

    @Override
    public long getAndOr(int index, long mask) {
      return state.getAndOr(index, mask & REQUESTS) & REQUESTS;
    }

    private static IllegalStateException refusal() {
      return new IllegalStateException("requests are set and cleared bit by bit");
    }
  }
}
