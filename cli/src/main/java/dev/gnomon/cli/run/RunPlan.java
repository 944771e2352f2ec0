package dev.gnomon.cli.run;

import dev.gnomon.cli.vm.DirtyLogChoice;
import dev.gnomon.cli.vm.ProcessorOptions;
import dev.gnomon.machine.InputException;
import dev.gnomon.machine.VmConfig;
import dev.gnomon.machine.guest.GuestConfig;
import dev.gnomon.machine.migration.HostPort;
import dev.gnomon.machine.processor.TlbConfig;
import dev.gnomon.mmu.Rules;
import dev.gnomon.mmu.config.MmuConfig;
import dev.gnomon.mmu.config.TdpKind;
import java.security.SecureRandom;
import org.jspecify.annotations.Nullable;

/**
 * What is to be run: options that fit together.
 *
 * @param cpu whose processor
 * @param vm the machine
 * @param guestLevels levels of the guest's page tables: 0 (no paging), 2 (32-bit paging), 3 (PAE),
 *     4 or 5
 * @param guest how the traces are played
 * @param rules the decisions
 * @param repeat how often each trace is played
 * @param dirtyLog how writes are logged
 * @param reclaimPercent how many percent of the touched pages stay resident, or null
 * @param migratesHere whether the guest moves to another machine in this process
 * @param migratesTo the receiver that the guest moves to, or null
 * @param bandwidth bytes a second that a migration may send, 0 for no limit
 */
record RunPlan(
    TdpKind cpu,
    VmConfig vm,
    int guestLevels,
    GuestConfig guest,
    Rules rules,
    long repeat,
    DirtyLogChoice dirtyLog,
    @Nullable Integer reclaimPercent,
    boolean migratesHere,
    @Nullable HostPort migratesTo,
    long bandwidth) {

  /** More would only be threads that wait for each other. */
  static final int MOST_VCPUS = 255;

  private static final int DEFAULT_LEVELS = 4;
  private static final int RANDOM_SEED_BITS = 31;

  /**
   * Makes sense of options.
   *
   * @throws InputException if one is out of range, or two do not go together
   */
  static RunPlan of(RunOptions options) {
    checkRanges(options);
    options.machine.processor.check(options.log.kind, options.memory.backed);
    options.memory.backed.check();
    options.guest.check(options.traces.size());
    int guestLevels = options.guest.levels(options.machine.processor, options.memory.backed.bytes);
    checkLog(options.log);
    DirtyLogChoice dirtyLog = dirtyLog(options.log);
    return new RunPlan(
        options.machine.processor.cpu,
        new VmConfig(
            options.play.rules.of(mmu(options, dirtyLog, guestLevels)),
            options.memory.backed.bytes,
            options.memory.backed.hostLevel,
            TlbConfig.DEFAULT),
        guestLevels,
        guest(options, guestLevels),
        options.play.rules.rules(),
        options.play.repeat,
        dirtyLog,
        options.memory.backed.reclaimPercent,
        options.log.migrates,
        options.log.migratesTo == null ? null : HostPort.parse(options.log.migratesTo),
        options.log.bandwidth == null ? 0 : options.log.bandwidth);
  }

  private static void checkRanges(RunOptions options) {
    int vcpus = options.machine.vcpus;
    require(
        vcpus >= 1 && vcpus <= MOST_VCPUS, "--vcpus " + vcpus + ": expected 1 to " + MOST_VCPUS);
    require(options.play.repeat >= 1, "--repeat " + options.play.repeat + ": expected at least 1");
    Long bandwidth = options.log.bandwidth;
    require(
        bandwidth == null || bandwidth >= 1, "--bandwidth " + bandwidth + ": expected at least 1");
  }

  private static void checkLog(RunOptions.Log log) {
    require(
        !log.migrates || log.migratesTo == null,
        "--migrate does not go with --migrate-to: the guest has one destination");
    require(
        !isMigration(log) || log.kind != DirtyLogChoice.OFF,
        "a migration does not go with --dirty-log off: it must know what was written");
    require(
        log.bandwidth == null || isMigration(log),
        "--bandwidth is for --migrate and --migrate-to, and neither is given");
  }

  private static MmuConfig mmu(RunOptions options, DirtyLogChoice dirtyLog, int guestLevels) {
    ProcessorOptions processor = options.machine.processor;
    MmuConfig config =
        processor.mmu(options.machine.vcpus, options.memory.backed.hostLevel, dirtyLog);
    MmuConfig nested = config.withNested(options.guest.nested != null);
    return processor.isShadow() && guestLevels > DEFAULT_LEVELS
        ? nested.withLevels(guestLevels)
        : nested;
  }

  private static boolean isMigration(RunOptions.Log log) {
    return log.migrates || log.migratesTo != null;
  }

  private static DirtyLogChoice dirtyLog(RunOptions.Log log) {
    DirtyLogChoice given = log.kind;
    if (given != null) {
      return given;
    }
    return isMigration(log) ? DirtyLogChoice.BITMAP : DirtyLogChoice.OFF;
  }

  private static GuestConfig guest(RunOptions options, int guestLevels) {
    Long given = options.play.seed;
    long seed =
        given == null ? new SecureRandom().nextLong() >>> Long.SIZE - RANDOM_SEED_BITS : given;
    return options.guest.config(guestLevels, options.play.verifies, seed);
  }

  /** Whether the guest moves at all. */
  boolean migrates() {
    return migratesHere || migratesTo != null;
  }

  private static void require(boolean condition, String message) {
    if (!condition) {
      throw new InputException(message);
    }
  }
}
