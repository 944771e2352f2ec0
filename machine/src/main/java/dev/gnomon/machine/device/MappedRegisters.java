package dev.gnomon.machine.device;

import dev.gnomon.mmu.platform.Cpu;

/** The registers that lie among guest-physical addresses: local APIC and I/O APIC, else ones. */
final class MappedRegisters {
  private final Devices devices;

  MappedRegisters(Devices devices) {
    this.devices = devices;
  }

  /**
   * Reads 1, 2, 4 or 8 bytes; zero-extended.
   *
   * @param apic of the vCPU that reads
   * @param now the time in nanoseconds
   */
  long read(Cpu cpu, LocalApic apic, long gpa, int size, long now) {
    int shift = Byte.SIZE * (int) (gpa & 3);
    if (isAt(apic, gpa)) {
      return cut(apic.read(register(gpa), now) >>> shift, size);
    }
    if (isAtIoApic(gpa)) {
      return cut(devices.readIoApic(cpu, (int) (gpa - IoApic.BASE) & ~3) >>> shift, size);
    }
    return cut(-1, size);
  }

  /** Writes; returns whether it was to the local APIC. */
  boolean write(Cpu cpu, LocalApic apic, long gpa, long value, long now) {
    if (isAt(apic, gpa)) {
      apic.write(register(gpa), (int) value, now);
      return true;
    }
    if (isAtIoApic(gpa)) {
      devices.writeIoApic(cpu, (int) (gpa - IoApic.BASE), (int) value);
    }
    return false;
  }

  /** Registers lie 16 bytes apart. */
  private static int register(long gpa) {
    return (int) (gpa & LocalApic.SIZE - 1) >>> 4;
  }

  private static boolean isAt(LocalApic apic, long gpa) {
    return apic.isEnabled()
        && !apic.isX2apic()
        && gpa >= apic.address()
        && gpa < apic.address() + LocalApic.SIZE;
  }

  private static boolean isAtIoApic(long gpa) {
    return gpa >= IoApic.BASE && gpa < IoApic.BASE + IoApic.SIZE;
  }

  private static long cut(long value, int size) {
    return value & -1L >>> Long.SIZE - Byte.SIZE * size;
  }
}
