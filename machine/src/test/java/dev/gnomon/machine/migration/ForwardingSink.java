package dev.gnomon.machine.migration;

import dev.gnomon.machine.guest.GuestState;

/** Passes all on to another sink. */
class ForwardingSink implements PageSink {
  private final PageSink sink;

  ForwardingSink(PageSink sink) {
    this.sink = sink;
  }

  /** A sink that changes one byte of a frame each time it is sent. */
  static PageSink spoiling(PageSink sink, long spoiltFrame, int offset) {
    return new ForwardingSink(sink) {
      @Override
      public void page(long frame, byte[] content) {
        byte[] sent = content.clone();
        if (frame == spoiltFrame) {
          sent[offset] ^= 1;
        }
        super.page(frame, sent);
      }
    };
  }

  @Override
  public void begin(VmDescription description) {
    sink.begin(description);
  }

  @Override
  public void page(long frame, byte[] content) {
    sink.page(frame, content);
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

  @Override
  public void idle() {
    sink.idle();
  }
}
