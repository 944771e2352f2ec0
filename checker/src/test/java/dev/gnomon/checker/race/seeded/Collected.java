package dev.gnomon.checker.race.seeded;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** Collections of the JDK, which is not transformed itself. */
public final class Collected {
  private final Map<Long, String> map = new HashMap<>();
  private final Set<Long> keys = map.keySet();
  private final List<String> list = new ArrayList<>(List.of("one", "two"));
  private final List<String> unmodifiable = Collections.unmodifiableList(list);
  private final Deque<String> deque = new ArrayDeque<>();
  private final Iterator<String> iterator = list.iterator();

  public void put() {
    map.put(1L, "one");
  }

  public Object get() {
    return map.getOrDefault(1L, "none");
  }

  public boolean lookAtKeys() {
    return keys.contains(1L);
  }

  public void removeThroughKeys() {
    map.keySet().remove(1L);
  }

  public void add() {
    list.add("more");
  }

  public void addByReference() {
    Consumer<String> adder = list::add;
    adder.accept("more");
  }

  public int sizeByReference() {
    Supplier<Integer> size = list::size;
    return size.get();
  }

  public Object copy() {
    return new ArrayList<>(list);
  }

  public Object copyOf() {
    return List.copyOf(list);
  }

  public Object lookAtView() {
    return unmodifiable.get(0);
  }

  public void sort() {
    Collections.sort(list);
  }

  public Object advance() {
    return iterator.next();
  }

  public void iterate() {
    for (String each : list) {
      each.length();
    }
  }

  public void push() {
    deque.push("top");
  }

  public Object peek() {
    return String.valueOf(deque.peek());
  }

  public Object lookAtConstants() {
    return Map.of(1, 2).get(1);
  }
}
