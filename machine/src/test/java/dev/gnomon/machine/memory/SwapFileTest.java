package dev.gnomon.machine.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.gnomon.machine.InputException;
import dev.gnomon.machine.thread.ThreadPlatform;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.PhysicalMemory;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SwapFileTest {
  private final HostMemory host = HostMemory.reserve(100);
  private final ThreadPlatform platform = new ThreadPlatform(host, 1, true);
  private final Cpu cpu = platform.cpu(0);
  private final PhysicalMemory memory = host.memory();

  @TempDir private Path directory;

  @AfterEach
  void close() {
    host.close();
  }

  @Test
  void whatIsWrittenToASlotIsReadBack() {
    long first = host.firstFrame();
    try (SwapFile file = SwapFile.create(platform, platform.synchronization(), directory, 10)) {
      long[] slots = new long[10];
      for (int i = 0; i < 10; i++) {
        slots[i] = file.allocate(cpu);
        memory.fill(first, i);
        file.write(cpu, slots[i], first);
      }
      assertThat(slots).doesNotHaveDuplicates();
      for (int i = 0; i < 10; i++) {
        file.read(cpu, slots[i], first + 1);
        assertThat(memory.getLong(PhysicalMemory.hpa(first + 1))).isEqualTo(i);
        assertThat(memory.getLong(PhysicalMemory.hpa(first + 2) - 8)).isEqualTo(i);
      }
    }
  }

  @Test
  void aFullFileSaysSoAndHasRoomAgainWhenASlotIsGivenBack() {
    try (SwapFile file = SwapFile.create(platform, platform.synchronization(), directory, 2)) {
      long slot = file.allocate(cpu);
      file.allocate(cpu);
      assertThatExceptionOfType(InputException.class)
          .isThrownBy(() -> file.allocate(cpu))
          .withMessage("the swap file is full: all its 2 pages are taken");
      file.free(cpu, slot);
      assertThat(file.slotsTaken(cpu)).isEqualTo(1);
      assertThat(file.allocate(cpu)).isEqualTo(slot);
    }
  }

  @Test
  void aSlotIsGivenBackOnce() {
    try (SwapFile file = SwapFile.create(platform, platform.synchronization(), directory, 2)) {
      long slot = file.allocate(cpu);
      file.free(cpu, slot);
      for (long bad : new long[] {slot, -1, 2}) {
        assertThatIllegalStateException().isThrownBy(() -> file.free(cpu, bad));
      }
    }
  }

  @Test
  void itLeavesNothingBehind() {
    SwapFile file = SwapFile.create(platform, platform.synchronization(), directory, 2);
    file.write(cpu, file.allocate(cpu), host.firstFrame());
    file.close();
    assertThat(directory).isEmptyDirectory();
  }

  @Test
  void aSlotThatWasNeverWrittenCannotBeRead() {
    try (SwapFile file = SwapFile.create(platform, platform.synchronization(), directory, 2)) {
      long slot = file.allocate(cpu);
      assertThatExceptionOfType(InputException.class)
          .isThrownBy(() -> file.read(cpu, slot, host.firstFrame()))
          .withMessageContaining("it ends before slot 0");
    }
  }

  @Test
  void aDirectoryThatIsNotThereIsNamed() {
    Path missing = directory.resolve("missing");
    assertThatExceptionOfType(InputException.class)
        .isThrownBy(() -> SwapFile.create(platform, platform.synchronization(), missing, 2))
        .withMessageContaining(missing.toString())
        .withMessageMatching(".+");
  }
}
