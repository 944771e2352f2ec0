package dev.gnomon.machine.device;

import dev.gnomon.machine.GuestMemoryMap;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.Platform;
import dev.gnomon.mmu.platform.SharedWords;
import dev.gnomon.mmu.sync.SpinLock;
import dev.gnomon.mmu.sync.Synchronization;
import java.util.function.LongConsumer;

/**
 * What all vCPUs share of a PC: the port bus with its devices, and the I/O APIC. Any CPU may call
 * it; one lock orders them.
 */
final class Devices {
  private final SpinLock lock;
  private final PortBus bus;
  private final SerialPort serial;
  private final InterruptControllers controllers;
  private final IntervalTimer timer;
  private final IoApic ioApic = new IoApic();

  /** Whether the old controllers request an interrupt; written under the lock. */
  private final SharedWords requesting;

  /** Whoever the devices need. */
  interface Surroundings {
    /** The old controllers request an interrupt of the boot processor. */
    void interruptRequested();

    /** The guest wants to be reset. */
    void reset();
  }

  Devices(
      Platform platform,
      Synchronization synchronization,
      GuestMemoryMap memory,
      int vcpus,
      TimeSource time,
      Console console,
      LongConsumer exit,
      Surroundings surroundings) {
    lock = synchronization.spinLock();
    bus = new PortBus(lock);
    requesting = platform.newWords(1);
    controllers = new InterruptControllers(() -> changed(surroundings));
    controllers.attachTo(bus);
    serial = new SerialPort(console, controllers);
    bus.attach(serial, SerialPort.FIRST_PORT, SerialPort.PORTS);
    timer = new IntervalTimer(() -> time.nanoseconds(0), controllers);
    bus.attach(timer, IntervalTimer.FIRST_PORT, IntervalTimer.PORTS);
    new SystemPorts(timer, surroundings::reset).attachTo(bus);
    bus.attach(
        new RealTimeClock(time, memory.lowBytes(), memory.highBytes()),
        RealTimeClock.FIRST_PORT,
        RealTimeClock.PORTS);
    bus.attach(
        new FirmwareConfiguration(vcpus, memory.memoryBytes()),
        FirmwareConfiguration.SELECTOR,
        FirmwareConfiguration.PORTS);
    bus.attach(new DebugExit(exit), DebugExit.FIRST_PORT, DebugExit.PORTS);
  }

  private void changed(Surroundings surroundings) {
    boolean isRequesting = controllers.isRequesting();
    boolean wasRequesting = requesting.get(0) != 0;
    requesting.set(0, isRequesting ? 1 : 0);
    if (isRequesting && !wasRequesting) {
      surroundings.interruptRequested();
    }
  }

  PortBus bus() {
    return bus;
  }

  /** Whether the old controllers request an interrupt of the boot processor. */
  boolean isRequesting() {
    return requesting.get(0) != 0;
  }

  /** The boot processor acknowledges the old controllers' interrupt; returns its vector. */
  int acknowledge(Cpu cpu) {
    lock.lock(cpu);
    try {
      return controllers.acknowledge();
    } finally {
      lock.unlock(cpu);
    }
  }

  /** Looks at the time and at the console; returns when the old timer expires next. */
  long update(Cpu cpu) {
    lock.lock(cpu);
    try {
      timer.update();
      serial.update();
      return timer.nextEdge();
    } finally {
      lock.unlock(cpu);
    }
  }

  /** Whether a key on the console would interrupt the guest. */
  boolean awaitsInput(Cpu cpu) {
    lock.lock(cpu);
    try {
      return serial.isReceiveEnabled();
    } finally {
      lock.unlock(cpu);
    }
  }

  long readIoApic(Cpu cpu, int offset) {
    lock.lock(cpu);
    try {
      return ioApic.read(offset);
    } finally {
      lock.unlock(cpu);
    }
  }

  void writeIoApic(Cpu cpu, int offset, int value) {
    lock.lock(cpu);
    try {
      ioApic.write(offset, value);
    } finally {
      lock.unlock(cpu);
    }
  }
}
