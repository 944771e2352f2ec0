package dev.gnomon.checker.mutation;

import java.util.List;
import java.util.stream.Stream;

/** All deliberate faults. */
final class Mutants {
  private Mutants() {}

  static List<Mutant> all() {
    return Stream.of(
            ZapMutants.all(),
            FaultMutants.all(),
            LogMutants.all(),
            TrackingMutants.all(),
            ProcessorMutants.all(),
            SyncMutants.all(),
            HalvesMutants.all())
        .flatMap(List::stream)
        .toList();
  }
}
