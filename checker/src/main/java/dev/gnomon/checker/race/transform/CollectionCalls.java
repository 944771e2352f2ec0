package dev.gnomon.checker.race.transform;

import java.lang.constant.ClassDesc;
import java.util.Set;

/**
 * What calls of collections mean. A collection of the JDK is one variable: its classes are not
 * transformed, so each call is taken as a read or a write of it as a whole. A list of names says
 * which; what is not on it reads. So a map in access order, which changes as it is read, escapes.
 */
final class CollectionCalls {
  private static final String PACKAGE = "java/util/";

  /** Classes of java.util that hold nothing which changes, or only call others. */
  private static final Set<String> NOT_COLLECTIONS =
      Set.of(
          "Arrays",
          "Base64",
          "Collections",
          "Comparator",
          "Currency",
          "HexFormat",
          "Locale",
          "Map$Entry",
          "Objects",
          "Optional",
          "OptionalDouble",
          "OptionalInt",
          "OptionalLong",
          "Spliterator",
          "UUID");

  private static final Set<String> WRITES =
      Set.of(
          "add",
          "addAll",
          "addFirst",
          "addLast",
          "and",
          "andNot",
          "clear",
          "compute",
          "computeIfAbsent",
          "computeIfPresent",
          "ensureCapacity",
          "flip",
          "merge",
          "offer",
          "offerFirst",
          "offerLast",
          "or",
          "poll",
          "pollFirst",
          "pollFirstEntry",
          "pollLast",
          "pollLastEntry",
          "pop",
          "push",
          "put",
          "putAll",
          "putFirst",
          "putIfAbsent",
          "putLast",
          "remove",
          "removeAll",
          "removeFirst",
          "removeFirstOccurrence",
          "removeIf",
          "removeLast",
          "removeLastOccurrence",
          "replace",
          "replaceAll",
          "retainAll",
          "set",
          "sort",
          "trimToSize",
          "xor");

  /** What returns another way to look at, and perhaps change, the same collection. */
  private static final Set<String> VIEWS =
      Set.of(
          "descendingIterator",
          "descendingKeySet",
          "descendingMap",
          "descendingSet",
          "entrySet",
          "headMap",
          "headSet",
          "iterator",
          "keySet",
          "listIterator",
          "navigableKeySet",
          "reversed",
          "sequencedEntrySet",
          "sequencedKeySet",
          "sequencedValues",
          "subList",
          "subMap",
          "subSet",
          "tailMap",
          "tailSet",
          "values");

  /** Of the static methods of {@code Collections}, those that change what they are given. */
  private static final Set<String> STATIC_WRITES =
      Set.of("addAll", "fill", "replaceAll", "reverse", "rotate", "shuffle", "sort", "swap");

  /** Of those, what returns a view of it; also all that make it unmodifiable. */
  private static final Set<String> STATIC_VIEWS = Set.of("asLifoQueue", "newSetFromMap");

  private CollectionCalls() {}

  /** Whether a class, by its name with slashes, is a collection, a map or an iterator. */
  static boolean isCollection(String className) {
    return className.startsWith(PACKAGE)
        && className.indexOf('/', PACKAGE.length()) < 0
        && !NOT_COLLECTIONS.contains(className.substring(PACKAGE.length()));
  }

  static boolean isCollection(ClassDesc type) {
    String descriptor = type.descriptorString();
    return type.isClassOrInterface()
        && isCollection(descriptor.substring(1, descriptor.length() - 1));
  }

  /** Whether a method changes the collection that it is called on. */
  static boolean isWrite(String method) {
    return WRITES.contains(method);
  }

  /** Whether what a method returns is a view of what it is called on. */
  static boolean isView(String method) {
    return VIEWS.contains(method);
  }

  /** Whether a static method of a class changes its first argument. */
  static boolean isStaticWrite(String className, String method) {
    return className.equals("java/util/Collections") && STATIC_WRITES.contains(method);
  }

  /** Whether what a static method returns is a view of its first argument. */
  static boolean isStaticView(String className, String method) {
    return className.equals("java/util/Collections")
        && (method.startsWith("unmodifiable") || STATIC_VIEWS.contains(method));
  }
}
