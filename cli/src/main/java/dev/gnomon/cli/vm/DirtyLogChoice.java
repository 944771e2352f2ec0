package dev.gnomon.cli.vm;

import dev.gnomon.mmu.config.DirtyLogKind;
import java.util.Locale;
import java.util.Optional;

/** How writes are logged, if they are. */
public enum DirtyLogChoice {
  /** Not at all. */
  OFF(Optional.empty()),
  /** A bitmap per slot, by write protection. */
  BITMAP(Optional.of(DirtyLogKind.BITMAP)),
  /** A ring per vCPU. */
  RING(Optional.of(DirtyLogKind.RING)),
  /** A bitmap, by cleared D bits. */
  PML(Optional.of(DirtyLogKind.PML));

  private final Optional<DirtyLogKind> kind;

  DirtyLogChoice(Optional<DirtyLogKind> kind) {
    this.kind = kind;
  }

  /** What the MMU is to do; empty for nothing. */
  public Optional<DirtyLogKind> kind() {
    return kind;
  }

  /** Whether anything is logged. */
  public boolean isOn() {
    return kind.isPresent();
  }

  /** The word for it. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
