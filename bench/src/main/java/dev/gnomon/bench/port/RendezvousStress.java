package dev.gnomon.bench.port;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.sync.Rendezvous;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/** Questions about the rendezvous with vCPUs in guest mode. */
public class RendezvousStress {
  /** Can a request and an entry miss each other? */
  @JCStressTest
  @Outcome(id = "0, 0", expect = ACCEPTABLE, desc = "The vCPU saw the request and stayed outside.")
  @Outcome(
      id = "0, 1",
      expect = ACCEPTABLE,
      desc = "The requester saw the vCPU inside while it was about to see the request.")
  @Outcome(
      id = "1, 1",
      expect = ACCEPTABLE,
      desc = "The requester saw the vCPU inside, and will wait.")
  @Outcome(id = "1, 0", expect = FORBIDDEN, desc = "The vCPU is inside, and nobody will tell it.")
  @Outcome(expect = FORBIDDEN, desc = "Nothing else can be.")
  @State
  public static class RequestAndEnter {
    final Rendezvous rendezvous = Port.SYNCHRONIZATION.rendezvous(1);

    @Actor
    public void enter(II_Result r) {
      r.r1 = rendezvous.enter(0) ? 1 : 0;
    }

    @Actor
    public void request(II_Result r) {
      rendezvous.request(0, 1);
      r.r2 = rendezvous.isInGuestMode(0) ? 1 : 0;
    }
  }

  /** Does a guest write after the wait for its exit has ended? */
  @JCStressTest
  @Outcome(id = "0, 0", expect = ACCEPTABLE, desc = "The vCPU did not write.")
  @Outcome(id = "1, 1", expect = ACCEPTABLE, desc = "It wrote before the wait ended.")
  @Outcome(id = "0, 1", expect = FORBIDDEN, desc = "It wrote after the wait had ended.")
  @Outcome(expect = FORBIDDEN, desc = "Nothing else can be.")
  @State
  public static class StaleWriteAfterTheWait {
    final Rendezvous rendezvous = Port.SYNCHRONIZATION.rendezvous(1);
    final Cpu host = Port.PLATFORM.cpu(1);
    int page;

    @Actor
    public void guest() {
      if (rendezvous.enter(0)) {
        page = 1;
        rendezvous.leave(0);
      }
    }

    @Actor
    public void flush(II_Result r) {
      rendezvous.requestAllAndWait(host, 1);
      r.r1 = page;
    }

    @Arbiter
    public void result(II_Result r) {
      r.r2 = page;
    }
  }

  /** Does a guest that enters twice write through what it knew before the request? */
  @JCStressTest
  @Outcome(id = "0, 0", expect = ACCEPTABLE, desc = "The vCPU did not write.")
  @Outcome(id = "1, 1", expect = ACCEPTABLE, desc = "It wrote before the wait ended.")
  @Outcome(id = "0, 1", expect = FORBIDDEN, desc = "It wrote after the wait had ended.")
  @Outcome(expect = FORBIDDEN, desc = "Nothing else can be.")
  @State
  public static class StaleWriteInALaterStay {
    final Rendezvous rendezvous = Port.SYNCHRONIZATION.rendezvous(1);
    final Cpu host = Port.PLATFORM.cpu(1);
    int page;

    @Actor
    public void guest() {
      for (int stay = 0; stay < 2; stay++) {
        if (rendezvous.enter(0)) {
          if (stay == 1) {
            page = 1;
          }
          rendezvous.leave(0);
        }
      }
    }

    @Actor
    public void flush(II_Result r) {
      rendezvous.requestAllAndWait(host, 1);
      r.r1 = page;
    }

    @Arbiter
    public void result(II_Result r) {
      r.r2 = page;
    }
  }
}
