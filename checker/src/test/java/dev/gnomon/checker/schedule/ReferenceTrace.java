package dev.gnomon.checker.schedule;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

/**
 * The canonical form of an execution under sequential consistency. Two executions have the same
 * form exactly if one comes from the other by exchanging neighbouring steps of different threads
 * that do not conflict, that is, that are not about one word (or lock) which one of them changes
 * (Mazurkiewicz's equivalence): each step has the write that it follows and, being a write, the
 * reads since that write. Immutable; {@code equals} is equivalence.
 *
 * @param steps by thread: the form of each step
 * @param places by word, then by lock: what the next access to it follows
 */
record ReferenceTrace(List<List<List<Integer>>> steps, List<Place> places) {

  /** No write yet. */
  private static final int NONE = -1;

  private static final int STEPS_OF_A_THREAD = 1000;

  /** The last write to a place, and the reads since. */
  record Place(int lastWrite, List<Integer> reads) {}

  static ReferenceTrace initial(ReferenceProgram program) {
    List<List<List<Integer>>> steps = new ArrayList<>();
    program.threads().forEach(thread -> steps.add(List.of()));
    List<Place> places = new ArrayList<>();
    for (int i = 0; i < program.words() + program.locks(); i++) {
      places.add(new Place(NONE, List.of()));
    }
    return new ReferenceTrace(List.copyOf(steps), List.copyOf(places));
  }

  /** After a step that concerns no other thread. */
  ReferenceTrace afterLocal(int thread) {
    return withStep(thread, List.of(), places);
  }

  /** After an access to a place. */
  ReferenceTrace after(int thread, int place, boolean isWrite) {
    int id = thread * STEPS_OF_A_THREAD + steps.get(thread).size();
    Place before = places.get(place);
    List<Integer> form = new ArrayList<>();
    form.add(before.lastWrite());
    if (isWrite) {
      form.addAll(before.reads());
    }
    List<Place> now = new ArrayList<>(places);
    now.set(place, isWrite ? new Place(id, List.of()) : withRead(before, id));
    return withStep(thread, form, now);
  }

  private static Place withRead(Place place, int id) {
    TreeSet<Integer> reads = new TreeSet<>(place.reads());
    reads.add(id);
    return new Place(place.lastWrite(), List.copyOf(reads));
  }

  private ReferenceTrace withStep(int thread, List<Integer> form, List<Place> now) {
    List<List<List<Integer>>> copy = new ArrayList<>(steps);
    List<List<Integer>> mine = new ArrayList<>(copy.get(thread));
    mine.add(List.copyOf(form));
    copy.set(thread, List.copyOf(mine));
    return new ReferenceTrace(List.copyOf(copy), List.copyOf(now));
  }
}
