package dev.gnomon.machine.memory;

import dev.gnomon.machine.thread.CpuThreads;
import dev.gnomon.machine.thread.Execution;
import dev.gnomon.machine.thread.ThreadPlatform;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.PhysicalMemory;
import dev.gnomon.mmu.platform.Platform;

/** A host with one address space, used by one CPU unless a test says otherwise. */
final class TestHost implements AutoCloseable {
  final HostMemory host;
  final Execution execution;
  final Platform platform;
  final PhysicalMemory memory;
  final HostFrames frames;
  final Cpu cpu;
  final HostAddressSpace space;

  TestHost(HostMemory host, Execution execution, SwapSpace swap) {
    this.host = host;
    this.execution = execution;
    platform = execution.platform();
    memory = platform.memory();
    frames = execution.frames();
    cpu = execution.cpu(0);
    space = new HostAddressSpace(cpu, platform, execution.synchronization(), frames, swap);
  }

  /** On real threads, with a swap space in memory. */
  static TestHost of(long frames, int cpus) {
    HostMemory host = HostMemory.reserve(frames);
    ThreadPlatform platform = new ThreadPlatform(host, cpus, true);
    CpuThreads execution = new CpuThreads(platform);
    return new TestHost(host, execution, new SwapMemory(execution));
  }

  void setWord(long hvn, long value) {
    byte[] bytes = new byte[Long.BYTES];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) (value >>> 8 * i);
    }
    space.write(cpu, hvn << 12, bytes, 0, bytes.length);
  }

  long word(long hvn) {
    byte[] bytes = new byte[Long.BYTES];
    space.read(cpu, hvn << 12, bytes, 0, bytes.length);
    long value = 0;
    for (int i = 0; i < bytes.length; i++) {
      value |= (bytes[i] & 0xffL) << 8 * i;
    }
    return value;
  }

  @Override
  public void close() {
    host.close();
  }
}
