package dev.gnomon.machine.thread;

import dev.gnomon.machine.memory.HostFrames;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.Platform;
import dev.gnomon.mmu.sync.Synchronization;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A platform and the bodies that run on its CPUs. What is written against this class runs on real
 * threads, in lockstep and under the explorer alike.
 *
 * <p>A use has three parts: preparation by the caller, with any {@link #cpu}; bodies, between the
 * first {@link #start} and the return of {@link #join}, during which the caller touches nothing;
 * and checks by the caller. What the caller wrote before is seen by the bodies, and what they wrote
 * by the caller after. More bodies may be started after a join.
 *
 * <p>When a body throws, all others are stopped: their next wait, or call of {@link #checkStopped},
 * throws {@link StoppedException}.
 */
public abstract class Execution {

  /** What the bodies run on. */
  public abstract Platform platform();

  /** The maker of the locks of all that runs here. */
  public abstract Synchronization synchronization();

  /** The allocator of the platform's frames, as the host's memory manager sees it. */
  public abstract HostFrames frames();

  /**
   * The handle of a CPU, always the same one.
   *
   * @throws IndexOutOfBoundsException if the platform has no such CPU
   */
  public abstract Cpu cpu(int index);

  /**
   * Starts a body on a CPU. It may run at once, or not before {@link #join}. A body may start
   * another, but not itself join.
   *
   * @throws IllegalStateException if that CPU runs a body already
   */
  public abstract void start(int cpuIndex, String name, Consumer<Cpu> body);

  /**
   * Returns when every body has returned.
   *
   * @throws CpuFailureException if a body threw: the first one, when all have ended
   * @throws StoppedException if no body failed, but {@link #stop} was called
   */
  public abstract void join();

  /**
   * Stops every body, for good. Anyone may call it; the first call counts.
   *
   * @param cause why, for the exceptions by which the bodies end
   */
  public abstract void stop(@Nullable Throwable cause);

  /**
   * Returns if the execution goes on. For loops that neither wait nor end by themselves, on a path
   * that is taken now and then.
   *
   * @throws StoppedException if it was stopped
   */
  public abstract void checkStopped();
}
