package dev.gnomon.machine.guest;

import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How the guest runs its traces.
 *
 * @param usesLargePages whether the guest maps 2 MiB pages where it can
 * @param isVerified whether every load and fetch is checked
 * @param seed from which each process's own is made
 * @param sliceAccesses the longest time slice, in accesses
 * @param processes how many address spaces, 0 for as many as it takes: see {@link #processes(int,
 *     int)}
 * @param threads how many players of a trace share an address space
 * @param features what the guest does besides
 * @param nesting how a hypervisor in the guest runs all of this, or null if there is none
 */
public record GuestConfig(
    boolean usesLargePages,
    boolean isVerified,
    long seed,
    int sliceAccesses,
    int processes,
    int threads,
    Set<GuestFeature> features,
    @Nullable Nesting nesting) {

  /** About a millisecond. */
  public static final int DEFAULT_SLICE = 20_000;

  /** No address space is shared by more. */
  public static final int MOST_THREADS = 64;

  /** No guest has more players: every two of them share a page. */
  public static final int MOST_PLAYERS = 256;

  public GuestConfig {
    if (sliceAccesses < 1) {
      throw new IllegalArgumentException("a time slice has at least one access");
    }
    if (processes < 0 || threads < 1 || threads > MOST_THREADS) {
      throw new IllegalArgumentException("so many processes and threads cannot be");
    }
    features =
        features.isEmpty() ? Set.of() : Collections.unmodifiableSet(EnumSet.copyOf(features));
  }

  /** A guest that does nothing besides, with as many processes as it takes. */
  public GuestConfig(boolean usesLargePages, boolean isVerified, long seed, int sliceAccesses) {
    this(usesLargePages, isVerified, seed, sliceAccesses, 0, 1, Set.of(), null);
  }

  /** As this, with processes and threads that do more than play. */
  public GuestConfig with(int processCount, int threadCount, Set<GuestFeature> more) {
    return new GuestConfig(
        usesLargePages, isVerified, seed, sliceAccesses, processCount, threadCount, more, nesting);
  }

  /** As this, run by a hypervisor in the guest. */
  public GuestConfig with(@Nullable Nesting how) {
    return new GuestConfig(
        usesLargePages, isVerified, seed, sliceAccesses, processes, threads, features, how);
  }

  /**
   * How many processes play so many traces: if it was not said, one for each trace, or, with fewer
   * traces than vCPUs, as many of each as it takes to have more processes than vCPUs.
   */
  public int processes(int traces, int vcpus) {
    if (processes > 0) {
      return processes;
    }
    return traces >= vcpus || threads > 1 ? traces : traces * (vcpus / traces + 1);
  }

  /** Which of so many traces a player plays. */
  public int traceOf(int player, int traces) {
    return player / threads % traces;
  }

  boolean has(GuestFeature feature) {
    return features.contains(feature);
  }
}
