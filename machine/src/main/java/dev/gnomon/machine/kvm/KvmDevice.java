package dev.gnomon.machine.kvm;

import static dev.gnomon.machine.kvm.KvmLayouts.CPUID_HEADER;

import dev.gnomon.machine.InputException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Locale;

/** {@code /dev/kvm}. */
public final class KvmDevice {
  private static final String PATH = "/dev/kvm";
  private static final int MOST_CPUID_ENTRIES = 256;

  private final SystemCalls calls;
  private final int file;

  private KvmDevice(SystemCalls calls, int file) {
    this.calls = calls;
    this.file = file;
  }

  /** Why there is no KVM to be had here, in one line; empty if there is. */
  public static String obstacle() {
    String system = System.getProperty("os.name", "").toLowerCase(Locale.ROOT);
    String arch = System.getProperty("os.arch", "").toLowerCase(Locale.ROOT);
    if (!system.contains("linux") || !arch.equals("amd64") && !arch.equals("x86_64")) {
      return "no KVM here: this is not Linux on an x86-64 but %s on %s".formatted(system, arch);
    }
    try (SystemCalls calls = new SystemCalls()) {
      open(calls).close();
      return "";
    } catch (InputException e) {
      return String.valueOf(e.getMessage());
    }
  }

  /**
   * Opens it.
   *
   * @throws InputException if it is not there, not for this user, or of another version
   */
  static KvmDevice open(SystemCalls calls) {
    int file = calls.open(PATH, SystemCalls.READ_WRITE | SystemCalls.CLOSE_ON_EXEC);
    if (file < 0) {
      throw new InputException(
          switch (-file) {
            case SystemCalls.ENOENT -> "no KVM here: there is no " + PATH;
            case SystemCalls.EACCES ->
                "no KVM for this user: %s may not be opened (usually one must be in group kvm)"
                    .formatted(PATH);
            default -> "no KVM here: %s: %s".formatted(PATH, calls.words(file));
          });
    }
    KvmDevice device = new KvmDevice(calls, file);
    int version = calls.ioctl(file, KvmRequests.GET_API_VERSION, 0);
    if (version != KvmRequests.API_VERSION) {
      device.close();
      throw new InputException(
          "no usable KVM here: %s has API version %d, not %d"
              .formatted(PATH, version, KvmRequests.API_VERSION));
    }
    return device;
  }

  /** Makes a VM; returns its file. */
  int createVm() {
    int vm = calls.ioctl(file, KvmRequests.CREATE_VM, 0);
    if (vm < 0) {
      throw new KvmRefusalException("KVM_CREATE_VM: " + calls.words(vm));
    }
    return vm;
  }

  /** Bytes of the structure that a vCPU shares with us. */
  int runBytes() {
    return calls.ioctl(file, KvmRequests.GET_VCPU_MMAP_SIZE, 0);
  }

  /** All of CPUID that KVM can give a guest, as KVM_SET_CPUID2 wants it. */
  MemorySegment supportedCpuid(Arena arena) {
    MemorySegment cpuid =
        arena.allocate(
            CPUID_HEADER.byteSize() + MOST_CPUID_ENTRIES * KvmLayouts.CPUID_ENTRY_BYTES,
            Long.BYTES);
    KvmLayouts.set(cpuid, CPUID_HEADER, "nent", MOST_CPUID_ENTRIES);
    int result = calls.ioctl(file, KvmRequests.GET_SUPPORTED_CPUID, cpuid);
    if (result < 0) {
      throw new KvmRefusalException("KVM_GET_SUPPORTED_CPUID: " + calls.words(result));
    }
    return cpuid;
  }

  void close() {
    calls.close(file);
  }
}
