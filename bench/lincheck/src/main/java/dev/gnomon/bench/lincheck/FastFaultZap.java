package dev.gnomon.bench.lincheck;

import org.jetbrains.lincheck.Lincheck;
import org.jetbrains.lincheck.LincheckAssertionError;

/**
 * A fast page fault against a zap, under Lincheck's model checker: can a page that the guest wrote
 * come back as it was before?
 *
 * <pre>
 *   FastFaultZap plain|exchange-if-volatile short|whole INVOCATIONS
 * </pre>
 *
 * <p>What is modelled is what {@code bench/spin/fast-fault-zap.pml} says, with two differences.
 * Read sections are not announced, as nobody looks. And the end alone is checked, not that no freed
 * frame is touched. Each access to an atomic word, and to the lock's monitor, is a point where
 * Lincheck may switch threads; it runs at most so many invocations, so it never says that all were
 * tried.
 */
public final class FastFaultZap {
  private static final int FIRST = 1;

  private FastFaultZap() {}

  /** Exits with 0 if nothing was found, with 1 if a page was lost. */
  public static void main(String[] args) {
    if (args.length != 3) {
      System.err.println("FastFaultZap plain|exchange-if-volatile short|whole INVOCATIONS");
      System.exit(2);
    }
    boolean isVolatileExchanged = args[0].equals("exchange-if-volatile");
    boolean isWhole = args[1].equals("whole");
    int invocations = Integer.parseInt(args[2]);
    try {
      Lincheck.runConcurrentTest(invocations, () -> run(isVolatileExchanged, isWhole));
      System.out.println("nothing found in " + invocations + " invocations");
    } catch (LincheckAssertionError e) {
      System.out.println("violated");
      System.err.println(e.getMessage());
      System.exit(1);
    }
  }

  private static void run(boolean isVolatileExchanged, boolean isWhole) {
    SharedState state = isWhole ? SharedState.untouched() : SharedState.cleaned(FIRST);
    Host host = new Host(state, isVolatileExchanged);
    GuestCpu guest = new GuestCpu(state);
    int writes = isWhole ? 2 : 1;
    Thread vcpu =
        new Thread(
            () -> {
              guest.enterGuest();
              for (int i = 1; i <= writes; i++) {
                guest.write(FIRST + i);
              }
              guest.leaveGuest();
            });
    Thread manager =
        new Thread(
            () -> {
              if (isWhole) {
                host.startWriteBack();
                host.clearYoung();
                host.finishWriteBack();
              }
              host.evict();
            });
    vcpu.start();
    manager.start();
    try {
      vcpu.join();
      manager.join();
    } catch (InterruptedException e) {
      throw new IllegalStateException("nobody interrupts", e);
    }
    int written = FIRST + writes;
    int left = state.pageContent();
    if (left != written) {
      throw new AssertionError("the guest wrote " + written + ", what is left is " + left);
    }
  }
}
