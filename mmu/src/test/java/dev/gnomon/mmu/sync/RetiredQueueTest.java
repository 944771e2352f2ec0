package dev.gnomon.mmu.sync;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class RetiredQueueTest {
  private record Entry(long epoch, long thing) {}

  @Property
  void itIsAQueue(@ForAll("bursts") List<Integer> bursts) {
    RetiredQueue queue = new RetiredQueue();
    Deque<Entry> model = new ArrayDeque<>();
    long next = 0;
    for (int burst : bursts) {
      for (int i = 0; i < burst; i++, next++) {
        queue.add(next, ~next);
        model.add(new Entry(next, ~next));
      }
      for (int i = 0; i < -burst && !model.isEmpty(); i++) {
        assertThat(queue.firstEpoch()).isEqualTo(model.getFirst().epoch);
        assertThat(queue.removeFirst()).isEqualTo(model.removeFirst().thing);
      }
      assertThat(queue.size()).isEqualTo(model.size());
      assertThat(queue.isEmpty()).isEqualTo(model.isEmpty());
    }
    while (!model.isEmpty()) {
      assertThat(queue.removeFirst()).isEqualTo(model.removeFirst().thing);
    }
    assertThat(queue.isEmpty()).isTrue();
  }

  /** How many are added, or, negated, removed; so many that the ring wraps and grows. */
  @Provide
  Arbitrary<List<Integer>> bursts() {
    return Arbitraries.integers().between(-40, 50).list().ofMaxSize(30);
  }
}
