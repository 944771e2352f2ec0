package dev.gnomon.machine.device;

/**
 * The 8254 timer (Intel's data sheet of the 82C54): three counters at 1,193,182 Hz, counted from
 * the machine's time when somebody looks. Counter 0 interrupts through line 0; what drives that is
 * {@link #update}, and {@link #nextEdge} says when.
 *
 * <p>Binary counts only; mode 1 and 5 count as mode 0 and 4 do, since no gate triggers them.
 */
final class IntervalTimer extends BytePorts {
  static final int FIRST_PORT = 0x40;
  static final int PORTS = 4;

  private static final long FREQUENCY = 1_193_182;
  private static final long NANOS = 1_000_000_000;
  private static final int COMMAND = 3;
  private static final int LINE = 0;
  private static final int COUNTERS = 3;

  /** The clock that counts. */
  interface Clock {
    long nanoseconds();
  }

  private final Clock clock;
  private final InterruptLines lines;
  private final Counter[] counters = new Counter[COUNTERS];

  /** Expirations of counter 0 that have been signalled. */
  private long signalled;

  IntervalTimer(Clock clock, InterruptLines lines) {
    this.clock = clock;
    this.lines = lines;
    for (int i = 0; i < COUNTERS; i++) {
      counters[i] = new Counter();
    }
  }

  /** Whether it is at a port. */
  static boolean isAt(int port) {
    return port >= FIRST_PORT && port < FIRST_PORT + PORTS;
  }

  @Override
  int in(int port) {
    int which = port - FIRST_PORT;
    return which < COUNTERS ? counters[which].read(ticks()) : NOTHING;
  }

  @Override
  void out(int port, int value) {
    int which = port - FIRST_PORT;
    if (which < COUNTERS) {
      counters[which].write(value, ticks());
      if (which == 0) {
        signalled = 0;
      }
    } else if (which == COMMAND) {
      command(value);
    }
  }

  private void command(int value) {
    int which = value >>> 6;
    if (which < COUNTERS) {
      counters[which].command(value, ticks());
    } else {
      // Read-back: bits clear say what is to be latched of the counters in bits 1 to 3.
      for (int i = 0; i < COUNTERS; i++) {
        if ((value & 2 << i) != 0) {
          counters[i].latch((value & 0x20) == 0, (value & 0x10) == 0, ticks());
        }
      }
    }
  }

  private long ticks() {
    long nanoseconds = clock.nanoseconds();
    return nanoseconds / NANOS * FREQUENCY + nanoseconds % NANOS * FREQUENCY / NANOS;
  }

  /** The output of counter 2, which the speaker's port shows. */
  boolean isSpeakerHigh() {
    return counters[2].isHigh(ticks());
  }

  /** Raises line 0 if counter 0 has expired since. */
  void update() {
    long expirations = counters[0].expirations(ticks());
    if (expirations > signalled) {
      signalled = expirations;
      lines.set(LINE, false);
      lines.set(LINE, true);
    }
  }

  /** When counter 0 next expires, in nanoseconds; {@link Long#MAX_VALUE} for never. */
  long nextEdge() {
    long tick = counters[0].nextExpiration(signalled);
    if (tick == Long.MAX_VALUE) {
      return tick;
    }
    return tick / FREQUENCY * NANOS + (tick % FREQUENCY * NANOS + FREQUENCY - 1) / FREQUENCY;
  }

  /** One of its counters. */
  private static final class Counter {
    private static final int LOW_BYTE = 1;
    private static final int HIGH_BYTE = 2;

    private int access = 3;
    private int mode = 3;
    private int reload = 0x10000;
    private long startTick;
    private boolean isRunning;
    private boolean isHighByteNext;
    private int lowByte;
    private int latched = -1;
    private int latchedStatus = -1;

    void command(int value, long tick) {
      int newAccess = value >>> 4 & 3;
      if (newAccess == 0) {
        latch(true, false, tick);
        return;
      }
      access = newAccess;
      int newMode = value >>> 1 & 7;
      mode = newMode > 5 ? newMode & 3 : newMode;
      isRunning = false;
      isHighByteNext = false;
      latched = -1;
    }

    void latch(boolean count, boolean status, long tick) {
      if (status && latchedStatus < 0) {
        latchedStatus =
            (isHigh(tick) ? 0x80 : 0) | (isRunning ? 0 : 0x40) | access << 4 | mode << 1;
      }
      if (count && latched < 0) {
        latched = count(tick);
      }
    }

    void write(int value, long tick) {
      switch (access) {
        case LOW_BYTE -> start(value, tick);
        case HIGH_BYTE -> start(value << 8, tick);
        default -> {
          if (isHighByteNext) {
            start(lowByte | value << 8, tick);
          } else {
            lowByte = value;
          }
          isHighByteNext = !isHighByteNext;
        }
      }
    }

    private void start(int value, long tick) {
      reload = value == 0 ? 0x10000 : value;
      startTick = tick;
      isRunning = true;
    }

    int read(long tick) {
      if (latchedStatus >= 0) {
        int status = latchedStatus;
        latchedStatus = -1;
        return status;
      }
      int value = latched >= 0 ? latched : count(tick);
      boolean isHigh = access == HIGH_BYTE || access == 3 && isHighByteNext;
      if (access == 3) {
        isHighByteNext = !isHighByteNext;
      }
      if (access != 3 || !isHighByteNext) {
        latched = -1;
      }
      return isHigh ? value >>> 8 & 0xff : value & 0xff;
    }

    private boolean isPeriodic() {
      return mode == 2 || mode == 3;
    }

    private int count(long tick) {
      if (!isRunning) {
        return reload & 0xffff;
      }
      long elapsed = tick - startTick;
      if (!isPeriodic()) {
        return (int) (reload - elapsed) & 0xffff;
      }
      long phase = elapsed % reload;
      return (int) (mode == 3 ? reload - 2 * phase % reload : reload - phase) & 0xffff;
    }

    boolean isHigh(long tick) {
      if (!isRunning) {
        return mode != 0;
      }
      long elapsed = tick - startTick;
      return switch (mode) {
        case 0, 1 -> elapsed >= reload;
        case 2 -> elapsed % reload != reload - 1;
        case 3 -> elapsed % reload < (reload + 1) / 2;
        default -> elapsed != reload;
      };
    }

    long expirations(long tick) {
      if (!isRunning) {
        return 0;
      }
      long times = (tick - startTick) / reload;
      return isPeriodic() ? times : Math.min(times, 1);
    }

    long nextExpiration(long after) {
      return !isRunning || !isPeriodic() && after > 0
          ? Long.MAX_VALUE
          : startTick + (after + 1) * reload;
    }
  }
}
