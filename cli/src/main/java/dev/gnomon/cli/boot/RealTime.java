package dev.gnomon.cli.boot;

import dev.gnomon.machine.device.TimeSource;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntConsumer;

/**
 * The host's time as the machine's, and a thread that sounds the alarms. An alarm is never early,
 * and late by what the host's timer takes.
 */
final class RealTime implements TimeSource, AutoCloseable {
  private final long startNanos = System.nanoTime();
  private final long[] alarms;
  private final Thread thread = Thread.ofPlatform().daemon().name("alarms").unstarted(this::sound);

  /** Written before the thread starts. */
  private IntConsumer bell = vcpu -> {};

  private volatile boolean isOver;

  /** Of so many vCPUs. */
  RealTime(int vcpus) {
    alarms = new long[vcpus];
    Arrays.fill(alarms, Long.MAX_VALUE);
  }

  /** Starts to sound alarms: to be called with the vCPU whose alarm it is. */
  void begin(IntConsumer alarm) {
    bell = alarm;
    thread.start();
  }

  @Override
  public long nanoseconds(int vcpu) {
    return System.nanoTime() - startNanos;
  }

  @Override
  public long epochSeconds() {
    return TimeUnit.MILLISECONDS.toSeconds(System.currentTimeMillis());
  }

  @Override
  public void setAlarm(int vcpu, long nanoseconds) {
    synchronized (alarms) {
      alarms[vcpu] = nanoseconds;
    }
    LockSupport.unpark(thread);
  }

  private void sound() {
    while (!isOver) {
      long next = ringDue(nanoseconds(0));
      if (next == Long.MAX_VALUE) {
        LockSupport.park(this);
      } else {
        LockSupport.parkNanos(this, next - nanoseconds(0));
      }
    }
  }

  /** Sounds the alarms that are due; returns when the next one is. */
  private long ringDue(long now) {
    long next = Long.MAX_VALUE;
    for (int vcpu = 0; vcpu < alarms.length; vcpu++) {
      boolean isDue;
      synchronized (alarms) {
        isDue = alarms[vcpu] <= now;
        if (isDue) {
          alarms[vcpu] = Long.MAX_VALUE;
        }
        next = Math.min(next, alarms[vcpu]);
      }
      if (isDue) {
        bell.accept(vcpu);
      }
    }
    return next;
  }

  /** Sounds no more alarms. */
  @Override
  public void close() {
    isOver = true;
    LockSupport.unpark(thread);
  }
}
