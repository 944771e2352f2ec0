package dev.gnomon.mmu.slot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.sync.WordSynchronization;
import dev.gnomon.mmu.testing.TestPlatform;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class MemslotsTest {
  private final TestPlatform platform = new TestPlatform(2);
  private final Cpu cpu = platform.cpu(0);
  private final Memslots memslots =
      new Memslots(platform, new WordSynchronization(platform), false, false);

  private long add(int id, long base, long pages) {
    memslots.lock().lock(cpu);
    try {
      return memslots.exchange(cpu, id, memslots.create(new SlotRegion(id, base, pages, 0, false)));
    } finally {
      memslots.lock().unlock(cpu);
    }
  }

  @Test
  void theGenerationStartsAtZeroAndGrowsByTwo() {
    assertThat(memslots.current().generation()).isZero();
    assertThat(add(0, 0, 10)).isEqualTo(2);
    assertThat(add(1, 10, 10)).isEqualTo(4);
    assertThat(memslots.current().generation()).isEqualTo(4);
  }

  @Test
  void anExchangeReplacesTheSlotOfTheSameNumber() {
    add(0, 0, 10);
    add(0, 100, 10);
    assertThat(memslots.current().size()).isEqualTo(1);
    assertThat(memslots.current().find(5)).isNull();
    assertThat(memslots.current().find(105)).isNotNull();
  }

  @Test
  void anExchangeThatWouldOverlapChangesNothing() {
    add(0, 0, 10);
    assertThatThrownBy(() -> add(1, 5, 10)).isInstanceOf(IllegalArgumentException.class);
    assertThat(memslots.current().generation()).isEqualTo(2);
    assertThat(memslots.current().size()).isEqualTo(1);
    assertThat(memslots.isExchanging()).isFalse();
  }

  @Test
  void anExchangeNeedsTheSlotsLock() {
    Memslot slot = memslots.create(new SlotRegion(0, 0, 1, 0, false));
    assertThatThrownBy(() -> memslots.exchange(cpu, 0, slot))
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void anExchangeWaitsForReadersAndIsSeenAsInProgressMeanwhile() {
    Cpu reader = platform.cpu(1);
    memslots.enter(reader);
    MemslotArray old = memslots.current();
    AtomicReference<Boolean> wasExchanging = new AtomicReference<>();
    platform.onWait(
        () -> {
          wasExchanging.set(memslots.isExchanging());
          assertThat(old.find(5)).isNull();
          memslots.leave(reader);
        });
    add(0, 0, 10);
    assertThat(wasExchanging.get()).isTrue();
    assertThat(memslots.isExchanging()).isFalse();
    assertThat(memslots.current().find(5)).isNotNull();
  }
}
