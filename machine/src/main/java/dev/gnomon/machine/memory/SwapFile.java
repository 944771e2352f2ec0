package dev.gnomon.machine.memory;

import dev.gnomon.machine.InputException;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.PhysicalMemory;
import dev.gnomon.mmu.platform.Platform;
import dev.gnomon.mmu.sync.SpinLock;
import dev.gnomon.mmu.sync.Synchronization;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.BitSet;

/**
 * A swap space in a temporary file, which grows as slots are written and is gone when it is closed
 * or the process ends, however it ends.
 *
 * <p>A thread that uses it must not be interrupted: Java closes a file channel under an interrupted
 * thread, and with it goes the only copy of the pages.
 */
public final class SwapFile implements SwapSpace, AutoCloseable {
  private final PhysicalMemory memory;
  private final Path path;
  private final FileChannel channel;
  private final int slots;

  /** Guards {@code taken} and {@code next}. */
  private final SpinLock lock;

  private final BitSet taken = new BitSet();
  private int next;

  /** By CPU, and owned by it. */
  private final ByteBuffer[] buffers;

  private SwapFile(
      Platform platform,
      Synchronization synchronization,
      Path path,
      FileChannel channel,
      int slots) {
    memory = platform.memory();
    this.path = path;
    this.channel = channel;
    this.slots = slots;
    lock = synchronization.spinLock();
    buffers = new ByteBuffer[platform.cpus()];
    for (int i = 0; i < buffers.length; i++) {
      buffers[i] = ByteBuffer.allocate(PhysicalMemory.FRAME_SIZE);
    }
  }

  /**
   * Makes a swap file.
   *
   * @param directory an existing directory
   * @param slots how many pages it can hold, at most
   * @throws InputException if no file can be made there
   * @throws IllegalArgumentException if there would be no slot
   */
  public static SwapFile create(
      Platform platform, Synchronization synchronization, Path directory, int slots) {
    if (slots < 1) {
      throw new IllegalArgumentException("a swap file of " + slots + " slots");
    }
    try {
      Path path = Files.createTempFile(directory, "gnomon-", ".swap");
      FileChannel channel =
          FileChannel.open(
              path,
              StandardOpenOption.READ,
              StandardOpenOption.WRITE,
              StandardOpenOption.DELETE_ON_CLOSE);
      return new SwapFile(platform, synchronization, path, channel, slots);
    } catch (IOException e) {
      throw new InputException("no swap file can be made in " + directory + ": " + reason(e));
    }
  }

  /** How many slots are taken; exact while no CPU takes or gives back. */
  public int slotsTaken(Cpu cpu) {
    lock.lock(cpu);
    int count = taken.cardinality();
    lock.unlock(cpu);
    return count;
  }

  @Override
  public long allocate(Cpu cpu) {
    lock.lock(cpu);
    int slot = taken.nextClearBit(next);
    if (slot >= slots) {
      slot = taken.nextClearBit(0);
    }
    boolean isFull = slot >= slots;
    if (!isFull) {
      taken.set(slot);
      next = slot + 1;
    }
    lock.unlock(cpu);
    if (isFull) {
      throw new InputException("the swap file is full: all its " + slots + " pages are taken");
    }
    return slot;
  }

  @Override
  public void free(Cpu cpu, long slot) {
    lock.lock(cpu);
    boolean wasTaken = slot >= 0 && slot < slots && taken.get((int) slot);
    if (wasTaken) {
      taken.clear((int) slot);
    }
    lock.unlock(cpu);
    if (!wasTaken) {
      throw new IllegalStateException("swap slot " + slot + " is given back, but is not taken");
    }
  }

  @Override
  public void write(Cpu cpu, long slot, long pfn) {
    ByteBuffer buffer = buffers[cpu.index()].clear();
    memory.read(PhysicalMemory.hpa(pfn), buffer.array(), 0, PhysicalMemory.FRAME_SIZE);
    long start = PhysicalMemory.hpa(slot);
    try {
      while (buffer.hasRemaining()) {
        channel.write(buffer, start + buffer.position());
      }
    } catch (IOException e) {
      throw new InputException("cannot write to the swap file " + path + ": " + reason(e));
    }
  }

  @Override
  public void read(Cpu cpu, long slot, long pfn) {
    ByteBuffer buffer = buffers[cpu.index()].clear();
    long start = PhysicalMemory.hpa(slot);
    try {
      while (buffer.hasRemaining()) {
        if (channel.read(buffer, start + buffer.position()) < 0) {
          throw new EOFException("it ends before slot " + slot);
        }
      }
    } catch (IOException e) {
      throw new InputException("cannot read the swap file " + path + ": " + reason(e));
    }
    memory.write(PhysicalMemory.hpa(pfn), buffer.array(), 0, PhysicalMemory.FRAME_SIZE);
  }

  /** Removes the file. No CPU may use it any more. */
  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      throw new InputException("cannot close the swap file " + path + ": " + reason(e));
    }
  }

  private static String reason(IOException e) {
    String message = e.getMessage();
    return e.getClass().getSimpleName() + (message == null ? "" : ": " + message);
  }
}
