package dev.gnomon.machine.memory;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gnomon.mmu.platform.Cpu;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** Whatever the host does with pages, memory holds what was last written. */
class HostAddressSpacePropertyTest {
  private static final int PAGES = 1100;

  private enum Act {
    GUEST_WRITE,
    VMM_WRITE,
    GUEST_READ,
    EVICT,
    RECLAIM,
    MIGRATE,
    WRITE_BACK,
    PROTECT,
    UNPROTECT,
    UNMAP
  }

  private record Step(Act act, int page) {}

  private final Map<Long, Long> written = new HashMap<>();
  private long firstMapped;
  private long firstWritable;

  @Provide
  Arbitrary<List<Step>> steps() {
    Arbitrary<Integer> pages =
        Arbitraries.oneOf(
            Arbitraries.integers().between(505, 520), Arbitraries.integers().between(0, PAGES - 1));
    return Combinators.combine(Arbitraries.of(Act.class), pages)
        .as(Step::new)
        .list()
        .ofMinSize(20)
        .ofMaxSize(200);
  }

  @Property(tries = 150)
  void contentIsWhatWasLastWritten(@ForAll("steps") List<Step> steps) {
    for (int level = 1; level <= 2; level++) {
      try (TestHost test = TestHost.of(4 * PAGES, 1)) {
        ToyMmu mmu = new ToyMmu(test.execution, test.space);
        Reclaimer reclaimer = new Reclaimer(test.platform, test.space);
        long first = test.space.map(test.cpu, PAGES, level);
        written.clear();
        firstMapped = first;
        firstWritable = first;
        for (int i = 0; i < steps.size(); i++) {
          Step step = steps.get(i);
          perform(test, mmu, reclaimer, step.act, first, first + step.page, i + 1);
        }
        written.forEach((hvn, value) -> assertThat(mmu.read(test.cpu, hvn)).isEqualTo(value));
        test.space.unmap(test.cpu, first, PAGES);
        assertThat(test.space.residentPages()).isZero();
        assertThat(test.space.touchedPages()).isZero();
      }
    }
  }

  private void perform(
      TestHost test, ToyMmu mmu, Reclaimer reclaimer, Act act, long first, long hvn, long value) {
    Cpu cpu = test.cpu;
    HostAddressSpace space = test.space;
    if (hvn < firstMapped) {
      return;
    }
    switch (act) {
      case GUEST_WRITE -> {
        assertThat(mmu.write(cpu, hvn, value)).isEqualTo(hvn >= firstWritable);
        if (hvn >= firstWritable) {
          written.put(hvn, value);
        }
      }
      case VMM_WRITE -> {
        if (hvn >= firstWritable) {
          test.setWord(hvn, value);
          written.put(hvn, value);
        }
      }
      case GUEST_READ -> assertThat(mmu.read(cpu, hvn)).isEqualTo(written.getOrDefault(hvn, 0L));
      case EVICT -> space.evict(cpu, hvn);
      case RECLAIM -> reclaimer.reclaim(cpu, (int) (hvn - first) / 4);
      case MIGRATE -> space.migratePage(cpu, hvn);
      case WRITE_BACK -> space.writeBack(cpu, hvn);
      case PROTECT -> {
        space.protect(cpu, first, hvn - first, false);
        firstWritable = Math.max(hvn, firstWritable);
      }
      case UNPROTECT -> {
        space.protect(cpu, first, PAGES, true);
        firstWritable = first;
      }
      case UNMAP -> {
        if (hvn - firstMapped < 40) {
          space.unmap(cpu, first, hvn - first);
          firstMapped = hvn;
          written.keySet().removeIf(gone -> gone < firstMapped);
        }
      }
    }
  }
}
