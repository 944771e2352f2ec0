package dev.gnomon.mmu.shadow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

/** Sets of entries against a plain list of blocks, and the words that stand for them. */
class EntryListsPropertyTest {
  private final EntryLists lists = new EntryLists();

  /** What a set is: blocks of 14, the newest first; who leaves is replaced by the first's last. */
  private static final class Model {
    final List<List<Long>> blocks = new ArrayList<>();

    void add(long entry) {
      if (blocks.isEmpty() || blocks.getFirst().size() == 14) {
        blocks.addFirst(new ArrayList<>());
      }
      blocks.getFirst().add(entry);
    }

    void remove(long entry) {
      List<Long> first = blocks.getFirst();
      for (List<Long> block : blocks) {
        int at = block.indexOf(entry);
        if (at >= 0) {
          block.set(at, first.getLast());
          first.removeLast();
          break;
        }
      }
      if (first.isEmpty()) {
        blocks.removeFirst();
      }
    }

    List<Long> all() {
      return blocks.stream().flatMap(List::stream).toList();
    }
  }

  @Property(tries = 300)
  void aSetIsItsBlocksInTheirOrder(
      @ForAll @Size(max = 200) List<@IntRange(min = 0, max = 59) Integer> toggles) {
    Model model = new Model();
    long head = EntryLists.EMPTY;
    for (int toggle : toggles) {
      long entry = 0x10_0000L + 8L * toggle;
      int before = model.all().size();
      assertThat(lists.count(head)).isEqualTo(before);
      if (model.all().contains(entry)) {
        model.remove(entry);
        head = lists.remove(head, entry);
      } else {
        model.add(entry);
        head = lists.add(head, entry);
      }
      assertThat(lists.toArray(head)).containsExactly(longs(model.all()));
      assertThat(byCursor(head)).isEqualTo(model.all());
    }
    lists.clear(head);
    assertThat(lists.blocks()).isZero();
  }

  private List<Long> byCursor(long head) {
    List<Long> all = new ArrayList<>();
    for (long at = lists.begin(head); at != EntryLists.END; at = lists.next(at)) {
      all.add(lists.entry(at));
    }
    return all;
  }

  private static long[] longs(List<Long> values) {
    return values.stream().mapToLong(Long::longValue).toArray();
  }

  @Test
  void aSetOfOneIsTheEntryItself() {
    assertThat(lists.add(EntryLists.EMPTY, 0x1238)).isEqualTo(0x1238);
    assertThat(lists.remove(0x1238, 0x1238)).isEqualTo(EntryLists.EMPTY);
    assertThat(lists.blocks()).isZero();
  }

  @Test
  void whatIsNotThereCannotBeRemoved() {
    long head = lists.add(lists.add(EntryLists.EMPTY, 0x1000), 0x2000);
    assertThatThrownBy(() -> lists.remove(head, 0x3000)).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> lists.remove(EntryLists.EMPTY, 0x3000))
        .isInstanceOf(IllegalStateException.class);
  }
}
