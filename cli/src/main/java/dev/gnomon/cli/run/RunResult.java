package dev.gnomon.cli.run;

import dev.gnomon.machine.guest.Guest;
import dev.gnomon.machine.guest.GuestStat;
import dev.gnomon.machine.guest.Mismatch;
import dev.gnomon.machine.migration.MigrationResult;
import dev.gnomon.mmu.config.Stat;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * What came of a run.
 *
 * @param plan what was run
 * @param traces the names of the traces
 * @param processes how many processes played them
 * @param accessesPerVcpu accesses of the traces that each vCPU made
 * @param seconds from the start of the guest's processes to their end
 * @param counts what the machines counted
 * @param tlb what the translation caches did
 * @param guest what the guest's kernel counted of its own doing
 * @param overheadBytes page tables and their bookkeeping
 * @param log what the dirty log reported
 * @param migration the migration, or null
 * @param migrationFailure why there was none although there was to be one, or null
 * @param hasFinishedThere whether the guest finished at another process
 * @param verified what was checked, or null
 * @param violations invariants that do not hold, a line each
 * @param wasInterrupted whether the run was cut short
 */
record RunResult(
    RunPlan plan,
    List<String> traces,
    int processes,
    List<Long> accessesPerVcpu,
    double seconds,
    Counts counts,
    Tlb tlb,
    Map<GuestStat, Long> guest,
    long overheadBytes,
    Log log,
    @Nullable MigrationResult migration,
    @Nullable String migrationFailure,
    boolean hasFinishedThere,
    Guest.@Nullable VerifyResult verified,
    List<String> violations,
    boolean wasInterrupted) {

  /**
   * Translation caches, of the vCPUs in this process.
   *
   * @param hits accesses of the traces, less misses; the misses may be more where a run is so short
   *     that it takes hardly anything but faults
   * @param misses accesses, the guest kernel's too, that no level of the TLB could serve
   * @param walkLoads entries of page tables that walks have read
   */
  record Tlb(long hits, long misses, long walkLoads) {
    static Tlb of(Guest guest) {
      long misses = guest.tlbMisses();
      long accesses = LongStream.of(guest.accessesPerVcpu()).sum();
      return new Tlb(Math.max(0, accesses - misses), misses, guest.walkLoads());
    }
  }

  /**
   * The dirty log.
   *
   * @param reports how often it was read
   * @param pages how many pages it reported in all
   */
  record Log(long reports, long pages) {
    static final Log NONE = new Log(0, 0);
  }

  /** The host's reclaim; counts of 4 KiB pages. */
  record Reclaim(
      long evicted,
      long refaulted,
      long writtenOut,
      long droppedClean,
      long resident,
      long touched) {

    /** What happened here and then there; what there is, is what there is there. */
    Reclaim then(Reclaim later) {
      return new Reclaim(
          evicted + later.evicted,
          refaulted + later.refaulted,
          writtenOut + later.writtenOut,
          droppedClean + later.droppedClean,
          later.resident,
          later.touched);
    }
  }

  /** Accesses of the traces, by all vCPUs. */
  long accesses() {
    return accessesPerVcpu.stream().mapToLong(Long::longValue).sum();
  }

  double accessesPerSecond() {
    return seconds > 0 ? accesses() / seconds : 0;
  }

  long stat(Stat stat) {
    return counts.stats().getOrDefault(stat, 0L);
  }

  Reclaim reclaim() {
    return counts.reclaim();
  }

  /** What must hold and does not, a line each; empty if all is well. */
  List<String> wrong() {
    List<String> wrong = new ArrayList<>();
    if (verified != null && verified.mismatches() > 0) {
      Mismatch first = verified.first();
      wrong.add(
          "%d of %d checked loads were wrong; the first page lost: %s"
              .formatted(
                  verified.mismatches(),
                  verified.loadsChecked(),
                  first == null ? "unknown" : first.describe()));
    }
    if (migration != null && !migration.isIdentical()) {
      wrong.add(
          "after migration %d pages differ; the first page lost: gpa %#x"
              .formatted(migration.differingPages(), migration.firstDifferingGpa()));
    }
    violations.forEach(violation -> wrong.add("audit: " + violation));
    return wrong;
  }

  /** Whether it was to reclaim, and could not. */
  boolean hasReclaimedNothing() {
    return plan.reclaimPercent() != null && reclaim().evicted == 0 && !wasInterrupted;
  }
}
