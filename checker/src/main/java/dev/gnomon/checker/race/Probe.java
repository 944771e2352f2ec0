package dev.gnomon.checker.race;

import java.lang.reflect.Array;
import org.jspecify.annotations.Nullable;

/**
 * What transformed classes call. For nobody else, though public: the callers lie in other modules.
 *
 * <p>Each method does nothing on a thread that has no detector. A null object, or an index that is
 * out of bounds, is left to the access itself, which throws.
 */
public final class Probe {
  private Probe() {}

  /** The detector of the current thread, or null. */
  public static @Nullable RaceDetector detector() {
    return Thread.currentThread() instanceof CarrierThread carrier ? carrier.detector : null;
  }

  /** A field is read; returns what its shadow of reads becomes. */
  public static long read(RaceDetector detector, long write, long reads, int site) {
    return detector.read(write, reads, site);
  }

  /** A field is written; returns what its shadow of writes becomes. */
  public static long write(RaceDetector detector, long write, long reads, int site) {
    return detector.write(write, reads, site);
  }

  /** An element is read. */
  public static void readElement(@Nullable Object array, int index, int site) {
    RaceDetector detector = detector();
    if (detector != null && array != null) {
      detector.readElement(array, index, site);
    }
  }

  /** An element is written. */
  public static void writeElement(@Nullable Object array, int index, int site) {
    RaceDetector detector = detector();
    if (detector != null && array != null) {
      detector.writeElement(array, index, site);
    }
  }

  /** All elements of an array are read. */
  public static void readElements(@Nullable Object array, int site) {
    RaceDetector detector = detector();
    if (detector != null && array != null) {
      detector.readWhole(array, Array.getLength(array), site);
    }
  }

  /** All elements of an array are written. */
  public static void writeElements(@Nullable Object array, int site) {
    RaceDetector detector = detector();
    if (detector != null && array != null) {
      detector.writeWhole(array, Array.getLength(array), site);
    }
  }

  /** Elements {@code from} to {@code to}, the latter not included, are read. */
  public static void readElements(@Nullable Object array, int from, int to, int site) {
    RaceDetector detector = detector();
    if (detector != null && array != null) {
      int length = Array.getLength(array);
      if (from == 0 && to >= length) {
        detector.readWhole(array, length, site);
        return;
      }
      for (int i = Math.max(from, 0); i < Math.min(to, length); i++) {
        detector.readElement(array, i, site);
      }
    }
  }

  /** Elements {@code from} to {@code to}, the latter not included, are written. */
  public static void writeElements(@Nullable Object array, int from, int to, int site) {
    RaceDetector detector = detector();
    if (detector != null && array != null) {
      int length = Array.getLength(array);
      if (from == 0 && to >= length) {
        detector.writeWhole(array, length, site);
        return;
      }
      for (int i = Math.max(from, 0); i < Math.min(to, length); i++) {
        detector.writeElement(array, i, site);
      }
    }
  }

  /** Elements are copied, as {@link System#arraycopy} does. */
  public static void copyElements(
      @Nullable Object from, int fromIndex, @Nullable Object to, int toIndex, int n, int site) {
    readElements(from, fromIndex, fromIndex + n, site);
    writeElements(to, toIndex, toIndex + n, site);
  }

  /** A collection, map or iterator is asked. */
  public static void readCollection(@Nullable Object collection, int site) {
    RaceDetector detector = detector();
    if (detector != null && collection != null) {
      detector.readWhole(collection, 1, site);
    }
  }

  /** A collection, or what an iterator goes over, is changed. */
  public static void writeCollection(@Nullable Object collection, int site) {
    RaceDetector detector = detector();
    if (detector != null && collection != null) {
      detector.writeWhole(collection, 1, site);
    }
  }

  /** What was got from a collection is a view of it: an iterator, a key set, a part. */
  public static void alias(@Nullable Object base, @Nullable Object view) {
    RaceDetector detector = detector();
    if (detector != null && base != null && view != null) {
      detector.alias(base, view);
    }
  }

  /** A class initialiser begins. */
  public static void beginInitializer() {
    RaceDetector detector = detector();
    if (detector != null) {
      detector.beginInitializer();
    }
  }

  /** A class initialiser returns. */
  public static void endInitializer() {
    RaceDetector detector = detector();
    if (detector != null) {
      detector.endInitializer();
    }
  }

  /**
   * The code goes on to do what cannot be explored.
   *
   * @throws RefusedException if it runs on a carrier
   */
  public static void refuse(String message) {
    if (Thread.currentThread() instanceof CarrierThread) {
      throw new RefusedException(message);
    }
  }
}
