package dev.gnomon.cli.run;

import dev.gnomon.cli.usage.Interruption;
import dev.gnomon.machine.InputException;
import dev.gnomon.machine.guest.GuestState;
import dev.gnomon.machine.migration.Comparison;
import dev.gnomon.machine.migration.PageSink;
import dev.gnomon.machine.migration.VmDescription;

/**
 * A destination that fails once the run is to end: nobody who presses Ctrl-C wants to wait for the
 * rest of the guest's memory.
 */
final class InterruptibleSink implements PageSink {
  private final PageSink destination;
  private final Interruption interruption;

  InterruptibleSink(PageSink destination, Interruption interruption) {
    this.destination = destination;
    this.interruption = interruption;
  }

  private void check() {
    if (interruption.isRequested()) {
      throw new InputException("interrupted");
    }
  }

  @Override
  public void begin(VmDescription description) {
    destination.begin(description);
  }

  @Override
  public void page(long frame, byte[] content) {
    check();
    destination.page(frame, content);
  }

  @Override
  public void zeros(long frame) {
    check();
    destination.zeros(frame);
  }

  @Override
  public void endRound() {
    destination.endRound();
  }

  @Override
  public void guestState(GuestState state) {
    destination.guestState(state);
  }

  @Override
  public void compare(long frame, byte[] content) {
    check();
    destination.compare(frame, content);
  }

  @Override
  public Comparison comparison() {
    return destination.comparison();
  }

  @Override
  public void idle() {
    check();
    destination.idle();
  }
}
