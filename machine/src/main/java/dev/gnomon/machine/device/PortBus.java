package dev.gnomon.machine.device;

import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.sync.SpinLock;
import org.jspecify.annotations.Nullable;

/**
 * The 65,536 ports and the devices behind them. Accesses are made one at a time, under a lock that
 * also guards the devices' state.
 */
final class PortBus {
  private static final int PORTS = 1 << 16;

  private final SpinLock lock;

  /** Written while the machine is put together. */
  private final @Nullable PortDevice[] devices = new PortDevice[PORTS];

  PortBus(SpinLock lock) {
    this.lock = lock;
  }

  /**
   * Puts a device at {@code count} ports.
   *
   * @throws IllegalStateException if one of them has a device
   */
  void attach(PortDevice device, int first, int count) {
    for (int port = first; port < first + count; port++) {
      if (devices[port] != null) {
        throw new IllegalStateException("two devices at port 0x" + Integer.toHexString(port));
      }
      devices[port] = device;
    }
  }

  /** Whether there is a device at a port. */
  boolean isClaimed(int port) {
    return devices[port & PORTS - 1] != null;
  }

  /** IN; ones where there is no device. */
  long in(Cpu cpu, int port, int size) {
    PortDevice device = devices[port & PORTS - 1];
    long ones = (1L << 8 * size) - 1;
    if (device == null) {
      return ones;
    }
    lock.lock(cpu);
    try {
      return device.in(port, size) & ones;
    } finally {
      lock.unlock(cpu);
    }
  }

  /** OUT; lost where there is no device. */
  void out(Cpu cpu, int port, int size, long value) {
    PortDevice device = devices[port & PORTS - 1];
    if (device == null) {
      return;
    }
    lock.lock(cpu);
    try {
      device.out(port, size, value & (1L << 8 * size) - 1);
    } finally {
      lock.unlock(cpu);
    }
  }
}
