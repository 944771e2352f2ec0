package dev.gnomon.checker.litmus;

import dev.gnomon.checker.schedule.MemoryModel;

/**
 * What a litmus file says about the machine beyond its VM: what nature may do, and how coarse the
 * model is.
 *
 * @param memoryModel how stores become visible, where the user does not say
 * @param speculates whether a TLB may have loaded any translation that a walk could have made
 * @param dropsTranslations whether a TLB may have dropped any entry
 * @param locks how locks are modelled
 */
public record Conditions(
    MemoryModel memoryModel, boolean speculates, boolean dropsTranslations, Locks locks) {

  /** What holds if a file says nothing. */
  public static final Conditions DEFAULT =
      new Conditions(MemoryModel.SC, false, false, Locks.ABSTRACT);

  /** How locks are modelled. */
  public enum Locks {
    /** Taking one is one step. */
    ABSTRACT,
    /** Those that {@code run} uses, word by word. */
    WORDS
  }

  Conditions withMemoryModel(MemoryModel value) {
    return new Conditions(value, speculates, dropsTranslations, locks);
  }

  Conditions withSpeculation(boolean value) {
    return new Conditions(memoryModel, value, dropsTranslations, locks);
  }

  Conditions withDrops(boolean value) {
    return new Conditions(memoryModel, speculates, value, locks);
  }

  Conditions withLocks(Locks value) {
    return new Conditions(memoryModel, speculates, dropsTranslations, value);
  }
}
