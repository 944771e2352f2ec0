package dev.gnomon.machine.device;

import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.PhysicalMemory;
import dev.gnomon.mmu.platform.SharedWords;
import dev.gnomon.mmu.sync.SpinLock;

/** A port bus with one device, used by one thread. */
final class PortBusRig {
  private final Cpu cpu = new OneCpu();
  private final PortBus bus = new PortBus(new NoLock());

  /** The old controllers as start-up code sets them: vectors 0x20 and 0x28, nothing masked. */
  static PortBusRig initialize(InterruptControllers controllers) {
    PortBusRig rig = new PortBusRig();
    controllers.attachTo(rig.bus);
    int[][] words = {{0x20, 0x11}, {0x21, 0x20}, {0x21, 4}, {0x21, 1}, {0x21, 0}};
    for (int[] word : words) {
      rig.out(word[0], word[1]);
      rig.out(word[0] + 0x80, word[0] == 0x21 && word[1] == 0x20 ? 0x28 : word[1]);
    }
    return rig;
  }

  void out(int port, int value) {
    bus.out(cpu, port, 1, value);
  }

  long in(int port) {
    return bus.in(cpu, port, 1);
  }

  private static final class OneCpu extends Cpu {
    OneCpu() {
      super(0);
    }

    @Override
    public void awaitChange(SharedWords words, int index, long seen) {
      throw new IllegalStateException("nobody else is there");
    }

    @Override
    public void awaitChange(PhysicalMemory memory, long hpa, long seen) {
      throw new IllegalStateException("nobody else is there");
    }

    @Override
    public void retrying() {
      throw new IllegalStateException("nobody else is there");
    }

    @Override
    public int choose(int n) {
      return 0;
    }
  }

  private static final class NoLock extends SpinLock {
    private boolean isHeld;

    @Override
    public void lock(Cpu cpu) {
      isHeld = true;
    }

    @Override
    public void unlock(Cpu cpu) {
      isHeld = false;
    }

    @Override
    public boolean isHeldBy(Cpu cpu) {
      return isHeld;
    }
  }
}
