package dev.gnomon.machine.device;

/** What the board keeps of one vCPU. Used by its CPU. */
final class Seat {

  /** What a vCPU is doing, apart from executing instructions. */
  enum Activity {
    RUNNING,
    HALTED,
    /** INIT came while it ran: whoever runs it is to initialise it. */
    TO_INITIALIZE,
    AWAITING_START
  }

  final LocalApic apic;
  Activity activity;

  /** What the time-stamp counter is ahead of the time. */
  long timestampOffset;

  /** The alarm that was asked for last. */
  long alarm = Long.MAX_VALUE;

  /** Of the boot processor: when the old timer expires next. */
  long deviceAlarm = Long.MAX_VALUE;

  Seat(LocalApic apic, boolean isBootProcessor) {
    this.apic = apic;
    activity = isBootProcessor ? Activity.RUNNING : Activity.AWAITING_START;
  }
}
