package dev.gnomon.cli.run;

import dev.gnomon.mmu.config.DirtyLogKind;
import java.util.Locale;
import java.util.Optional;

/** How writes are logged, if they are. */
enum DirtyLogChoice {
  OFF(Optional.empty()),
  BITMAP(Optional.of(DirtyLogKind.BITMAP)),
  RING(Optional.of(DirtyLogKind.RING)),
  PML(Optional.of(DirtyLogKind.PML));

  private final Optional<DirtyLogKind> kind;

  DirtyLogChoice(Optional<DirtyLogKind> kind) {
    this.kind = kind;
  }

  /** What the MMU is to do; empty for nothing. */
  Optional<DirtyLogKind> kind() {
    return kind;
  }

  boolean isOn() {
    return kind.isPresent();
  }

  /** The word for it. */
  String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
