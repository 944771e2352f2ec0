package dev.gnomon.cli.run;

import dev.gnomon.cli.usage.ByteSize;
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
 * @param guestLevels levels of the guest's page tables: 2 (32-bit paging), 3 (PAE), 4 or 5
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

  private static final int PAE_LEVELS = 3;
  private static final int DEFAULT_LEVELS = 4;
  private static final long MOST_MEMORY_32 = 1792L << 20;
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
    int guestLevels = guestLevels(options);
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
        guest(options),
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

  private static int guestLevels(RunOptions options) {
    ProcessorOptions processor = options.machine.processor;
    Integer given = options.memory.guestPaging;
    Integer levels = processor.levels();
    int guest = given == null ? defaultGuestLevels(processor) : given;
    boolean isLong = guest > PAE_LEVELS;
    require(
        !(processor.isHost32() && isLong),
        "--host-bits 32 does not go with --guest-paging %s: that host has no long mode"
            .formatted(pagingLabel(guest)));
    require(
        isLong || options.memory.backed.bytes <= MOST_MEMORY_32,
        "--guest-paging %s does not go with --memory %s: that guest's kernel maps at most %s"
            .formatted(
                pagingLabel(guest),
                ByteSize.text(options.memory.backed.bytes),
                ByteSize.text(MOST_MEMORY_32)));
    require(
        !processor.isShadow() || levels == null || guest <= levels,
        "--mmu shadow --guest-paging 5level does not go with --levels 4: the tables that shadow"
            + " five levels have five");
    return guest;
  }

  private static int defaultGuestLevels(ProcessorOptions processor) {
    Integer levels = processor.levels();
    return processor.isHost32() ? PAE_LEVELS : levels == null ? DEFAULT_LEVELS : levels;
  }

  private static MmuConfig mmu(RunOptions options, DirtyLogChoice dirtyLog, int guestLevels) {
    ProcessorOptions processor = options.machine.processor;
    MmuConfig config =
        processor.mmu(options.machine.vcpus, options.memory.backed.hostLevel, dirtyLog);
    return processor.isShadow() && guestLevels > DEFAULT_LEVELS
        ? config.withLevels(guestLevels)
        : config;
  }

  /** The word for how a guest with so many levels pages. */
  static String pagingLabel(int levels) {
    return levels == 2 ? "32" : levels == PAE_LEVELS ? "pae" : levels + "level";
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

  private static GuestConfig guest(RunOptions options) {
    Long seed = options.play.seed;
    return new GuestConfig(
        options.memory.guestLevel > 1,
        options.play.verifies,
        seed == null ? new SecureRandom().nextLong() >>> Long.SIZE - RANDOM_SEED_BITS : seed,
        GuestConfig.DEFAULT_SLICE);
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
