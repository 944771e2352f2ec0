package dev.gnomon.machine.x86;

/**
 * The breakpoints of DR0 to DR3, as DR7 switches them on: on execution, which are faults before the
 * instruction, and on data, which are traps after it. Intel SDM vol. 3B, 18.2.4 and 18.2.5.
 *
 * <p>Breakpoints on ports are not hit. While any is on, instructions are executed one by one.
 */
final class Breakpoints {
  private static final int COUNT = 4;
  private static final long ENABLES = 0xff;
  private static final int EXECUTION = 0;
  private static final int WRITE = 1;
  private static final int ACCESS = 3;

  private final CpuState state;
  private boolean isOn;

  /** Of DR6: what the running instruction has hit. */
  private long hit;

  Breakpoints(CpuState state) {
    this.state = state;
  }

  /** DR7 has changed. */
  void changed() {
    isOn = (state.dr[7] & ENABLES) != 0;
    hit = 0;
  }

  /** Whether any is switched on. */
  boolean isOn() {
    return isOn;
  }

  /** The bits of DR6 of those on execution at an address, or 0. */
  long atInstruction(long linear) {
    long bits = 0;
    for (int i = 0; i < COUNT; i++) {
      if (isEnabled(i) && kind(i) == EXECUTION && state.dr[i] == linear) {
        bits |= 1L << i;
      }
    }
    return bits;
  }

  /** Data is being accessed. */
  void accessed(long linear, int size, boolean isWrite) {
    for (int i = 0; i < COUNT; i++) {
      int kind = kind(i);
      if (isEnabled(i) && (kind == ACCESS || kind == WRITE && isWrite)) {
        long length = length(i);
        long start = state.dr[i] & -length;
        if (linear < start + length && start < linear + size) {
          hit |= 1L << i;
        }
      }
    }
  }

  /** The bits of DR6 of what was hit since this was last asked, or 0. */
  long take() {
    long bits = hit;
    hit = 0;
    return bits;
  }

  private boolean isEnabled(int i) {
    return (state.dr[7] >>> 2 * i & 3) != 0;
  }

  private int kind(int i) {
    return (int) (state.dr[7] >>> 16 + 4 * i) & 3;
  }

  private int length(int i) {
    return switch ((int) (state.dr[7] >>> 18 + 4 * i) & 3) {
      case 0 -> 1;
      case 1 -> 2;
      case 2 -> 8;
      default -> 4;
    };
  }
}
