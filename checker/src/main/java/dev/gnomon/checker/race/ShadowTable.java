package dev.gnomon.checker.race;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Finds the shadow of what has no room for one: an array, or a collection of the JDK. By identity,
 * in a hash table with open addressing that forgets everything when an execution begins; the
 * shadows themselves are used again, as they are.
 */
final class ShadowTable {
  private static final int FIRST_CAPACITY = 256;

  private @Nullable Object[] keys = new Object[FIRST_CAPACITY];
  private @Nullable Shadow[] shadows = new Shadow[FIRST_CAPACITY];

  /** Where keys are, so that clearing costs no more than there is. */
  private int[] used = new int[FIRST_CAPACITY / 2];

  private int size;

  /** Shadows of no owner, by log2 of how many variables they hold. */
  private final List<List<Shadow>> free = new ArrayList<>();

  void begin() {
    for (int i = 0; i < size; i++) {
      keys[used[i]] = null;
      Shadow shadow = shadows[used[i]];
      shadows[used[i]] = null;
      if (shadow != null && shadow.isOwned) {
        shadow.isOwned = false;
        freeOf(shadow.sizeClass).add(shadow);
      }
    }
    size = 0;
  }

  /** The shadow of an object that holds so many variables; made if there is none. */
  Shadow of(Object owner, int variables) {
    int at = find(owner);
    Shadow found = shadows[at];
    if (found != null) {
      return found;
    }
    Shadow made = take(variables);
    put(at, owner, made);
    return made;
  }

  /** Makes {@code view} another name for {@code base}, itself a view or not. */
  void alias(Object base, Object view) {
    Shadow shadow = of(base, 1);
    int at = find(view);
    if (shadows[at] == null) {
      put(at, view, shadow);
    }
  }

  private Shadow take(int variables) {
    int sizeClass = Shadow.sizeClass(variables);
    List<Shadow> candidates = freeOf(sizeClass);
    Shadow shadow = candidates.isEmpty() ? new Shadow(sizeClass) : candidates.removeLast();
    shadow.take();
    return shadow;
  }

  private List<Shadow> freeOf(int sizeClass) {
    while (free.size() <= sizeClass) {
      free.add(new ArrayList<>());
    }
    return free.get(sizeClass);
  }

  /** Where an object is, or would be put. */
  private int find(Object owner) {
    int mask = keys.length - 1;
    int at = System.identityHashCode(owner) & mask;
    for (Object key; (key = keys[at]) != null && key != owner; ) {
      at = at + 1 & mask;
    }
    return at;
  }

  private void put(int at, Object owner, Shadow shadow) {
    keys[at] = owner;
    shadows[at] = shadow;
    used[size++] = at;
    if (size == used.length) {
      grow();
    }
  }

  private void grow() {
    Object[] oldKeys = keys;
    Shadow[] oldShadows = shadows;
    int[] oldUsed = used;
    keys = new Object[2 * oldKeys.length];
    shadows = new Shadow[keys.length];
    used = Arrays.copyOf(oldUsed, oldKeys.length);
    for (int i = 0; i < size; i++) {
      Object key = oldKeys[oldUsed[i]];
      if (key == null) {
        throw new AssertionError("a used place is empty");
      }
      int at = find(key);
      keys[at] = key;
      shadows[at] = oldShadows[oldUsed[i]];
      used[i] = at;
    }
  }
}
