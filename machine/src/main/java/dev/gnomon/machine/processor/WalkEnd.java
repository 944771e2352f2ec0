package dev.gnomon.machine.processor;

/** How a walk of a vCPU's ended that found nothing, and what is to be known about it. */
final class WalkEnd {

  /** The kinds. */
  enum Outcome {
    TRANSLATED,
    /** The guest's own tables refuse: the code is for the guest. */
    GUEST_FAULT,
    /** The MMU must help: the nested walker knows where. */
    NESTED_FAULT,
    /** The page-modification log must be drained first. */
    PML_FULL,
    /** The VMM must set A or D in an entry that it has read: see {@link #update}. */
    ENTRY_UPDATE
  }

  /** An entry in whose memory the VMM sets A or D. */
  record EntryUpdate(long gpa, int size, long expected, long value) {}

  private Outcome outcome = Outcome.TRANSLATED;
  private long faultCode;
  private EntryUpdate update = new EntryUpdate(0, 0, 0, 0);

  /** How it ended. */
  Outcome outcome() {
    return outcome;
  }

  /** The error code of the last fault, the guest's or the nested one. */
  long faultCode() {
    return faultCode;
  }

  /** What the VMM must do before the walk is made again. */
  EntryUpdate update() {
    return update;
  }

  /** The guest's tables refuse. Returns 0, for whoever returns no translation. */
  long guestFault(long code) {
    set(Outcome.GUEST_FAULT);
    faultCode = code;
    return 0;
  }

  void nestedFault(long code) {
    set(Outcome.NESTED_FAULT);
    faultCode = code;
  }

  void pmlFull() {
    set(Outcome.PML_FULL);
  }

  void needs(EntryUpdate value) {
    set(Outcome.ENTRY_UPDATE);
    update = value;
  }

  private void set(Outcome how) {
    if (outcome != how) {
      // The store of a reference also marks a card for the collector, beside those of other vCPUs.
      outcome = how;
    }
  }
}
