package dev.gnomon.cli.usage;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** The value of an option that takes one of a few words. */
public abstract class Choice<T> implements ITypeConverter<T> {
  private final Map<String, T> values = new LinkedHashMap<>();

  /** Without words yet. */
  protected Choice() {}

  /** Adds a word. */
  public final Choice<T> word(String word, T value) {
    values.put(word, value);
    return this;
  }

  @Override
  public final T convert(String text) {
    T value = values.get(text.toLowerCase(Locale.ROOT));
    if (value == null) {
      throw new TypeConversionException(
          "'%s' is none of %s; the nearest is '%s'"
              .formatted(
                  text, String.join(", ", values.keySet()), Nearest.to(text, values.keySet())));
    }
    return value;
  }

  /** Whether something is switched on. Not a boolean: those, picocli reads by rules of its own. */
  public enum Feature {
    ON,
    OFF
  }

  /** A feature. */
  public static final class OnOff extends Choice<Feature> {
    /** Made by picocli. */
    public OnOff() {
      word("on", Feature.ON).word("off", Feature.OFF);
    }
  }
}
