package dev.gnomon.machine.migration;

import dev.gnomon.machine.guest.GuestState;

/** Passes all on, but changes one byte of a frame each time it is sent. */
record SpoilingSink(PageSink sink, long spoiltFrame, int offset) implements PageSink {
  @Override
  public void begin(VmDescription description) {
    sink.begin(description);
  }

  @Override
  public void page(long frame, byte[] content) {
    byte[] sent = content.clone();
    if (frame == spoiltFrame) {
      sent[offset] ^= 1;
    }
    sink.page(frame, sent);
  }

  @Override
  public void zeros(long frame) {
    sink.zeros(frame);
  }

  @Override
  public void endRound() {
    sink.endRound();
  }

  @Override
  public void guestState(GuestState state) {
    sink.guestState(state);
  }

  @Override
  public void compare(long frame, byte[] content) {
    sink.compare(frame, content);
  }

  @Override
  public Comparison comparison() {
    return sink.comparison();
  }
}
