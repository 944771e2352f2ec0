package dev.gnomon.machine.fuzz;

import dev.gnomon.machine.processor.Vcpu;
import dev.gnomon.mmu.arch.AccessKind;
import dev.gnomon.mmu.arch.NestedViolation;
import dev.gnomon.mmu.platform.PhysicalMemory;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Does accesses on a vCPU, and keeps what came of the last. */
final class AccessOutcome {
  private final Vcpu vcpu;
  private final WatchedMemory watch;
  private final PhysicalMemory memory;

  private boolean isFault;
  private long faultGva;
  private long faultCode;
  private long seen;
  private @Nullable NestedViolation violation;

  AccessOutcome(Vcpu vcpu, WatchedMemory watch) {
    this.vcpu = vcpu;
    this.watch = watch;
    memory = watch;
  }

  /** Whether the guest got a page fault. */
  boolean isFault() {
    return isFault;
  }

  /** CR2. */
  long faultGva() {
    return faultGva;
  }

  long faultCode() {
    return faultCode;
  }

  /** What L1 got in place of an access of L2's. */
  @Nullable NestedViolation violation() {
    return violation;
  }

  /** A byte of what was read. */
  long seenByte(int at) {
    return seen >>> 8 * at & 0xff;
  }

  /** Where the pieces went. */
  WatchedMemory watch() {
    return watch;
  }

  /**
   * Does one.
   *
   * @param isByAddress whether the vCPU is asked for the hpa only, as an instruction engine does;
   *     for accesses that are {@linkplain AccessRequest#isWhole whole} and not implicit
   */
  void perform(AccessRequest request, boolean isByAddress) {
    isFault = false;
    seen = 0;
    violation = null;
    watch.begin();
    try {
      if (isByAddress) {
        performByAddress(request);
      } else if (request.isWrite()) {
        write(request);
      } else {
        seen = read(request);
      }
    } catch (FuzzVm.GuestFault fault) {
      isFault = true;
      faultGva = fault.gva;
      faultCode = fault.code;
    } catch (FuzzVm.Violated violated) {
      violation = violated.violation;
    }
  }

  private long read(AccessRequest request) {
    long gva = request.gva();
    int size = request.size();
    if (request.kind() == AccessKind.FETCH) {
      return vcpu.fetch(gva, size);
    }
    return request.isImplicit() ? vcpu.readSystem(gva, size) : vcpu.read(gva, size);
  }

  private void write(AccessRequest request) {
    if (request.isImplicit()) {
      vcpu.writeSystem(request.gva(), request.size(), request.value());
    } else {
      vcpu.write(request.gva(), request.size(), request.value());
    }
  }

  private void performByAddress(AccessRequest request) {
    if (vcpu.isInterrupted()) {
      vcpu.takeRequests();
    }
    long gva = request.gva();
    int size = request.size();
    long hpa =
        switch (request.kind()) {
          case READ -> vcpu.readable(gva);
          case WRITE -> vcpu.writable(gva);
          case FETCH -> vcpu.executable(gva);
        };
    if (!request.isWrite()) {
      seen = hpa < 0 ? vcpu.emulateRead(size) : load(hpa, size);
    } else if (hpa < 0) {
      vcpu.emulateWrite(size, request.value());
    } else {
      store(hpa, size, request.value());
    }
  }

  private long load(long hpa, int size) {
    return switch (size) {
      case 1 -> memory.getByte(hpa) & 0xffL;
      case 2 -> memory.getShort(hpa) & 0xffffL;
      case 4 -> memory.getInt(hpa) & 0xffff_ffffL;
      default -> memory.getLong(hpa);
    };
  }

  private void store(long hpa, int size, long value) {
    switch (size) {
      case 1 -> memory.setByte(hpa, (byte) value);
      case 2 -> memory.setShort(hpa, (short) value);
      case 4 -> memory.setInt(hpa, (int) value);
      default -> memory.setLong(hpa, value);
    }
  }

  /** In words, with the pages of memory that hpas belong to. */
  String text(AccessRequest request, FuzzVm vm) {
    StringBuilder text = new StringBuilder();
    if (violation != null) {
      text.append(violation);
    } else if (isFault) {
      text.append("fault %x at %x".formatted(faultCode, faultGva));
    } else {
      text.append(request.isWrite() ? "written" : "read %x".formatted(seen));
    }
    for (int i = 0; i < watch.count(); i++) {
      WatchedMemory.Touch kind = watch.kind(i);
      boolean isHpa = kind == WatchedMemory.Touch.LOAD || kind == WatchedMemory.Touch.STORE;
      text.append(
          "; %s of %d at %s"
              .formatted(
                  kind.name().toLowerCase(Locale.ROOT).replace('_', ' '),
                  watch.size(i),
                  isHpa ? vm.describe(watch.address(i)) : "gpa %x".formatted(watch.address(i))));
    }
    return text.toString();
  }
}
