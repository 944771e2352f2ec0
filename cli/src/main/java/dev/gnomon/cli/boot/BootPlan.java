package dev.gnomon.cli.boot;

import dev.gnomon.cli.vm.DirtyLogChoice;
import dev.gnomon.cli.vm.ProcessorOptions;
import dev.gnomon.machine.InputException;
import dev.gnomon.machine.VmConfig;
import dev.gnomon.machine.image.BootModule;
import dev.gnomon.machine.image.GuestImage;
import dev.gnomon.machine.image.StartMode;
import dev.gnomon.machine.processor.TlbConfig;
import dev.gnomon.machine.x86.CpuFeature;
import dev.gnomon.machine.x86.CpuFeatures;
import dev.gnomon.mmu.Rules;
import dev.gnomon.mmu.config.TdpKind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is to be booted: options that fit together.
 *
 * @param image what boots
 * @param commandLine what it is told
 * @param modules what is placed beside it
 * @param cpu whose processor
 * @param vm the machine
 * @param features what CPUID reports
 * @param rules the decisions
 * @param dirtyLog how writes are logged
 * @param reclaimPercent how many percent of the touched pages stay resident, or null
 * @param quantum instructions in a turn if the vCPUs run in turn, else 0
 * @param timeoutSeconds after how long the guest is ended, or null
 * @param unclaimed what is done about ports that nobody claims
 */
record BootPlan(
    GuestImage image,
    String commandLine,
    List<BootModule> modules,
    TdpKind cpu,
    VmConfig vm,
    CpuFeatures features,
    Rules rules,
    DirtyLogChoice dirtyLog,
    @Nullable Integer reclaimPercent,
    int quantum,
    @Nullable Double timeoutSeconds,
    Oddities.Policy unclaimed) {

  /** More would only be threads that wait for each other. */
  static final int MOST_VCPUS = 255;

  /** What a 32-bit host cannot give its guests: long mode, and what is only there with it. */
  private static final String WITHOUT_LONG_MODE =
      "-la57,-pku,-invpcid,-pcid,-pdpe1gb,-syscall,-lahf_lm,-lm";

  private static final int DEFAULT_QUANTUM = 1000;
  private static final long REAL_MODE_END = 1L << 20;

  /**
   * Makes sense of options.
   *
   * @throws InputException if one is out of range, two do not go together, or the image is bad
   */
  static BootPlan of(BootOptions options) {
    int vcpus = options.machine.cpus;
    require(vcpus >= 1 && vcpus <= MOST_VCPUS, "--cpus " + vcpus + ": expected 1 to " + MOST_VCPUS);
    options.machine.processor.check(options.memory.dirtyLog, options.memory.backed);
    options.memory.backed.check();
    Double timeout = options.run.timeout;
    require(timeout == null || timeout > 0, "--timeout " + timeout + ": expected more than 0");
    VmConfig vm =
        new VmConfig(
            options.run.rules.of(
                options.machine.processor.mmu(
                    vcpus, options.memory.backed.hostLevel, options.memory.dirtyLog)),
            options.memory.backed.bytes,
            options.memory.backed.hostLevel,
            TlbConfig.DEFAULT);
    return new BootPlan(
        image(options),
        options.image + (options.placed.append.isEmpty() ? "" : " " + options.placed.append),
        options.placed.modules.stream().map(BootPlan::module).toList(),
        options.machine.processor.cpu,
        vm,
        features(options.machine.processor, options.machine.cpuid, vm.mmu().physicalAddressBits()),
        options.run.rules.rules(),
        options.memory.dirtyLog,
        options.memory.backed.reclaimPercent,
        quantum(options.run),
        timeout,
        options.run.unclaimed);
  }

  private static int quantum(BootOptions.Run run) {
    Integer given = run.quantum;
    require(
        given == null || run.isDeterministic, "--quantum is for --deterministic, which is missing");
    require(given == null || given >= 1, "--quantum " + given + ": expected at least 1");
    return run.isDeterministic ? given == null ? DEFAULT_QUANTUM : given : 0;
  }

  private static CpuFeatures features(
      ProcessorOptions processor, @Nullable String changes, int hostBits) {
    CpuFeatures all = CpuFeatures.all().withPhysicalAddressBitsUpTo(hostBits);
    if (processor.cpu == TdpKind.NPT) {
      all = all.with("vendor=amd");
    }
    if (processor.isHost32()) {
      all = all.with(WITHOUT_LONG_MODE);
    }
    if (processor.isShadow() && all.has(CpuFeature.PKU)) {
      // Entries of shadow tables bear no key of the guest's.
      all = all.with("-pku");
    }
    if (changes == null) {
      return all;
    }
    CpuFeatures features = all.with(changes);
    require(
        features.physicalAddressBits() <= hostBits,
        "--cpuid %s: the host's physical addresses have %d bits".formatted(changes, hostBits));
    require(
        !processor.isHost32() || !features.has(CpuFeature.LM),
        "--cpuid %s does not go with --host-bits 32: that host has no long mode"
            .formatted(changes));
    require(
        !processor.isShadow() || !features.has(CpuFeature.PKU),
        "--cpuid %s does not go with --mmu shadow: its tables have no protection keys"
            .formatted(changes));
    return features;
  }

  private static GuestImage image(BootOptions options) {
    BootOptions.Image placed = options.placed;
    byte[] file = read(options.image);
    Long load = placed.load;
    if (load == null) {
      require(
          placed.entry == null && placed.mode == null,
          "--entry and --mode are for a flat binary: --load is missing");
      return GuestImage.read(options.image, file);
    }
    StartMode mode = placed.mode;
    if (mode == null) {
      mode = load < REAL_MODE_END ? StartMode.REAL : StartMode.FLAT32;
    }
    return GuestImage.flat(options.image, file, load, placed.entry, mode);
  }

  private static BootModule module(String text) {
    return new BootModule(text, read(text.split(" ", 2)[0]));
  }

  private static byte[] read(String name) {
    try {
      Path path = Path.of(name);
      if (Files.isDirectory(path)) {
        throw new InputException(name + ": this is a directory");
      }
      return Files.readAllBytes(path);
    } catch (InvalidPathException e) {
      throw new InputException(name + ": not a file name here", e);
    } catch (NoSuchFileException e) {
      throw new InputException(name + ": there is no such file", e);
    } catch (IOException e) {
      throw new InputException(name + ": cannot be read: " + e.getMessage(), e);
    } catch (OutOfMemoryError e) {
      throw new InputException(name + ": too large to be read", e);
    }
  }

  /** Whether the vCPUs run in turn on one thread. */
  boolean isInTurn() {
    return quantum > 0;
  }

  private static void require(boolean condition, String message) {
    if (!condition) {
      throw new InputException(message);
    }
  }
}
