package dev.gnomon.mmu.slot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gnomon.mmu.testing.TestPlatform;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class MemslotArrayTest {
  private static final TestPlatform PLATFORM = new TestPlatform(1);

  private static Memslot slot(int id, long base, long pages) {
    return Memslot.of(PLATFORM, new SlotRegion(id, base, pages, 0, false), false, false);
  }

  @Property(tries = 300)
  void aGfnIsFoundInTheSlotThatContainsIt(
      @ForAll @Size(max = 12) List<@IntRange(min = 1, max = 20) Integer> sizesAndGaps) {
    List<Memslot> slots = new ArrayList<>();
    long gfn = 0;
    for (int i = 0; i + 1 < sizesAndGaps.size(); i += 2) {
      // Added highest first, as the order of creation must not matter.
      slots.addFirst(slot(i, gfn, sizesAndGaps.get(i)));
      gfn += sizesAndGaps.get(i) + sizesAndGaps.get(i + 1) % 3;
    }
    MemslotArray array = new MemslotArray(0, slots);
    for (long each = 0; each <= gfn + 1; each++) {
      long wanted = each;
      Memslot expected =
          slots.stream()
              .filter(s -> wanted >= s.baseGfn() && wanted < s.baseGfn() + s.pages())
              .findFirst()
              .orElse(null);
      assertThat(array.find(each)).as("gfn %d", each).isSameAs(expected);
    }
  }

  @Test
  void overlappingSlotsAreRefused() {
    List<Memslot> slots = List.of(slot(0, 0, 10), slot(1, 9, 10));
    assertThatThrownBy(() -> new MemslotArray(0, slots))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("overlaps");
  }

  @Test
  void neighbouringSlotsAreNot() {
    assertThat(new MemslotArray(0, List.of(slot(1, 10, 10), slot(0, 0, 10))).size()).isEqualTo(2);
  }

  @Test
  void slotsAreFoundByNumber() {
    MemslotArray array = new MemslotArray(0, List.of(slot(7, 10, 10), slot(3, 0, 10)));
    assertThat(array.byId(7)).extracting(Memslot::baseGfn).isEqualTo(10L);
    assertThat(array.byId(4)).isNull();
  }

  @Test
  void aLargePageIsHeldOnlyIfAllOfItIs() {
    Memslot slot = slot(0, 100, 1500);
    assertThat(slot.holdsPage(600, 2)).isTrue();
    assertThat(slot.holdsPage(511, 2)).isFalse();
    assertThat(slot.holdsPage(1599, 2)).isFalse();
  }

  @Test
  void gfnsAndHostFramesTranslateIntoEachOther() {
    Memslot slot = Memslot.of(PLATFORM, new SlotRegion(0, 100, 50, 7000, false), false, false);
    assertThat(slot.hvn(123)).isEqualTo(7023);
    assertThat(slot.gfnOfHvn(7023)).isEqualTo(123);
  }

  @Test
  void regionsThatMakeNoSenseAreRefused() {
    assertThatThrownBy(() -> new SlotRegion(0, 0, 0, 0, false))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new SlotRegion(-1, 0, 1, 0, false))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
