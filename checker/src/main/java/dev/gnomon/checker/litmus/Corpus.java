package dev.gnomon.checker.litmus;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** The litmus files that come with the checker: each disputed rule, and each mechanism. */
public final class Corpus {
  private static final String DIRECTORY = "corpus/";
  private static final String INDEX = DIRECTORY + "INDEX";

  private Corpus() {}

  /** The names of all, without their ending, in the order in which they are meant to be read. */
  public static List<String> names() {
    return text(INDEX).lines().map(String::strip).filter(line -> !line.isEmpty()).toList();
  }

  /** All of them, in that order. */
  public static List<Litmus> all() {
    return names().stream().map(Corpus::load).toList();
  }

  /**
   * The file of a name.
   *
   * @throws IllegalArgumentException if there is none
   */
  public static Litmus load(String name) {
    return Litmus.parse(name + Litmus.SUFFIX, source(name));
  }

  /**
   * The text of the file of a name.
   *
   * @throws IllegalArgumentException if there is none
   */
  public static String source(String name) {
    if (!names().contains(name)) {
      throw new IllegalArgumentException("the corpus has no " + name);
    }
    return text(DIRECTORY + name + Litmus.SUFFIX);
  }

  private static String text(String resource) {
    try (InputStream in = Corpus.class.getResourceAsStream(resource)) {
      if (in == null) {
        throw new IllegalStateException("the checker was built without " + resource);
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
