package dev.gnomon.machine.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.gnomon.machine.InputException;
import dev.gnomon.mmu.platform.PhysicalMemory;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class HostMemoryTest {
  private static final long GIB_FRAMES = 1 << 18;

  @Test
  void startsAtAGigabyteAndNeverAtFrameZero() {
    try (HostMemory host = HostMemory.reserve(100)) {
      assertThat(host.firstFrame()).isPositive();
      assertThat(host.firstFrame() % GIB_FRAMES).isZero();
      assertThat(host.frameCount()).isEqualTo(100);
    }
  }

  @Test
  void extentsDoNotOverlapAndBookkeepingLiesWithin() {
    List<HostMemory> open = new ArrayList<>();
    long[] sizes = {1, GIB_FRAMES, 3 * GIB_FRAMES - 1, 512, 2 * GIB_FRAMES};
    for (long frames : sizes) {
      open.add(HostMemory.reserve(frames));
    }
    for (HostMemory one : open) {
      assertThat(one.extent().endFrame()).isGreaterThan(one.firstFrame() + one.frameCount());
      for (HostMemory other : open) {
        assertThat(
                one == other
                    || one.extent().endFrame() <= other.firstFrame()
                    || other.extent().endFrame() <= one.firstFrame())
            .isTrue();
      }
    }
    open.forEach(HostMemory::close);
  }

  @Test
  void aClosedExtentIsGivenOutAgainAndReadsAsZeros() {
    HostMemory first = HostMemory.reserve(10);
    long hpa = PhysicalMemory.hpa(first.firstFrame() + 3);
    first.memory().setLong(hpa, 42);
    first.close();
    first.close();
    try (HostMemory second = HostMemory.reserve(10)) {
      assertThat(second.firstFrame()).isEqualTo(first.firstFrame());
      assertThat(second.memory().getLong(hpa)).isZero();
      assertThatExceptionOfType(IllegalArgumentException.class)
          .isThrownBy(() -> first.memory().getLong(hpa))
          .withMessageContaining("closed");
    }
  }

  @Test
  void anotherExtentsMemoryIsOutOfBounds() {
    try (HostMemory one = HostMemory.reserve(10);
        HostMemory other = HostMemory.reserve(10)) {
      long hpa = PhysicalMemory.hpa(other.firstFrame());
      for (long bad : new long[] {hpa, 0, -8, Long.MIN_VALUE, Long.MAX_VALUE - 7}) {
        assertThatExceptionOfType(IllegalArgumentException.class)
            .isThrownBy(() -> one.memory().getLong(bad));
        assertThatExceptionOfType(IllegalArgumentException.class)
            .isThrownBy(() -> one.memory().setByte(bad, (byte) 1));
        assertThatExceptionOfType(IllegalArgumentException.class)
            .isThrownBy(() -> one.memory().fill(PhysicalMemory.pfn(bad), 1));
      }
    }
  }

  @Test
  void misalignedAccessesFail() {
    try (HostMemory host = HostMemory.reserve(10)) {
      long hpa = PhysicalMemory.hpa(host.firstFrame());
      PhysicalMemory memory = host.memory();
      assertThatExceptionOfType(IllegalArgumentException.class)
          .isThrownBy(() -> memory.getLong(hpa + 4));
      assertThatExceptionOfType(IllegalArgumentException.class)
          .isThrownBy(() -> memory.setInt(hpa + 2, 1));
      assertThatExceptionOfType(IllegalArgumentException.class)
          .isThrownBy(() -> memory.getShort(hpa + 1));
      assertThatExceptionOfType(IllegalArgumentException.class)
          .isThrownBy(() -> memory.compareAndExchangeLong(hpa + 1, 0, 1));
    }
  }

  @Test
  void bulkAccessesStayWithinAFrame() {
    try (HostMemory host = HostMemory.reserve(10)) {
      PhysicalMemory memory = host.memory();
      long pfn = host.firstFrame();
      memory.fill(pfn, 0x0807060504030201L);
      memory.copy(pfn, pfn + 1);
      byte[] bytes = new byte[4096];
      memory.read(PhysicalMemory.hpa(pfn + 1), bytes, 0, 4096);
      assertThat(bytes).startsWith(1, 2, 3, 4, 5, 6, 7, 8).endsWith(7, 8);
      memory.write(PhysicalMemory.hpa(pfn + 1) + 1, bytes, 0, 2);
      assertThat(memory.getInt(PhysicalMemory.hpa(pfn + 1))).isEqualTo(0x04020101);
      assertThatExceptionOfType(IllegalArgumentException.class)
          .isThrownBy(() -> memory.read(PhysicalMemory.hpa(pfn) + 1, bytes, 0, 4096));
    }
  }

  @Test
  void moreThanThereIsFailsInOneLine() {
    for (long frames : new long[] {1L << 40, Long.MAX_VALUE}) {
      assertThatExceptionOfType(InputException.class)
          .isThrownBy(() -> HostMemory.reserve(frames))
          .withMessageMatching(".+");
    }
  }

  /** Also a test of the Java heap that it takes: run with -Xmx512m it passes. */
  @Test
  void aTerabyteCanBeTouchedHereAndThere() {
    long tebibyte = 1L << 28;
    try (TestHost test = TestHost.of(tebibyte, 1)) {
      long first = test.space.map(test.cpu, tebibyte, 1);
      for (long i = 0; i < 1000; i++) {
        test.setWord(first + i * 268_435 % tebibyte, i + 1);
      }
      for (long i = 0; i < 1000; i++) {
        assertThat(test.word(first + i * 268_435 % tebibyte)).isEqualTo(i + 1);
      }
      assertThat(test.space.residentPages()).isEqualTo(1000);
      assertThat(test.frames.allocated()).isLessThan(5000);
    }
  }

  @Test
  void aTerabyteOfOneGigabytePagesCostsOnlyWhatIsTouched() {
    long tebibyte = 1L << 28;
    try (TestHost test = TestHost.of(tebibyte + GIB_FRAMES, 1)) {
      long first = test.space.map(test.cpu, tebibyte, 3);
      for (long gib = 0; gib < 1024; gib += 8) {
        test.setWord(first + gib * GIB_FRAMES + gib, gib + 1);
      }
      assertThat(test.space.residentPages()).isEqualTo(128 * GIB_FRAMES);
      assertThat(test.word(first + 8 * GIB_FRAMES + 8)).isEqualTo(9);
      assertThat(test.word(first + 8 * GIB_FRAMES + 9)).isZero();
    }
  }
}
