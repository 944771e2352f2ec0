package dev.gnomon.mmu.slot;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The slots of a VM at one generation: immutable, ordered by gfn, not overlapping. */
public final class MemslotArray {
  private final long generation;
  private final Memslot[] byGfn;

  MemslotArray(long generation, List<Memslot> slots) {
    this.generation = generation;
    byGfn =
        slots.stream().sorted(Comparator.comparingLong(Memslot::baseGfn)).toArray(Memslot[]::new);
    for (int i = 1; i < byGfn.length; i++) {
      if (byGfn[i - 1].endGfn() > byGfn[i].baseGfn()) {
        throw new IllegalArgumentException(byGfn[i] + " overlaps " + byGfn[i - 1]);
      }
    }
  }

  /** The generation, that MMIO entries remember. */
  public long generation() {
    return generation;
  }

  /** The slot that a gfn lies in, or null. Slots on their way out are found too. */
  public @Nullable Memslot find(long gfn) {
    int low = 0;
    int high = byGfn.length - 1;
    while (low <= high) {
      int middle = low + high >>> 1;
      Memslot slot = byGfn[middle];
      if (gfn < slot.baseGfn()) {
        high = middle - 1;
      } else if (gfn >= slot.endGfn()) {
        low = middle + 1;
      } else {
        return slot;
      }
    }
    return null;
  }

  /** The slot of a number, or null. */
  public @Nullable Memslot byId(int id) {
    for (Memslot slot : byGfn) {
      if (slot.id() == id) {
        return slot;
      }
    }
    return null;
  }

  /** How many slots there are. */
  public int size() {
    return byGfn.length;
  }

  /** The slot at a position, in order of gfn. */
  public Memslot get(int position) {
    return byGfn[position];
  }

  /** The slots but for the one with {@code id}, and {@code added} if it is not null. */
  List<Memslot> replacing(int id, @Nullable Memslot added) {
    List<Memslot> slots = new ArrayList<>();
    for (Memslot slot : byGfn) {
      if (slot.id() != id) {
        slots.add(slot);
      }
    }
    if (added != null) {
      slots.add(added);
    }
    return slots;
  }
}
