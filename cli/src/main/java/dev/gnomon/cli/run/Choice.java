package dev.gnomon.cli.run;

import dev.gnomon.cli.usage.Nearest;
import dev.gnomon.mmu.config.TdpKind;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** The value of an option that takes one of a few words. */
abstract class Choice<T> implements ITypeConverter<T> {
  private final Map<String, T> values = new LinkedHashMap<>();

  /** Adds a word. */
  final Choice<T> word(String word, T value) {
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

  /** Whose processor. */
  static final class Processor extends Choice<TdpKind> {
    Processor() {
      word("intel", TdpKind.EPT).word("amd", TdpKind.NPT);
    }
  }

  /** Which of the two MMUs. */
  static final class WhichMmu extends Choice<String> {
    WhichMmu() {
      word("tdp", "tdp");
    }
  }

  /**
   * Whether the processor has a feature. Not a boolean: those, picocli reads by rules of its own.
   */
  enum Feature {
    ON,
    OFF
  }

  /** A feature. */
  static final class OnOff extends Choice<Feature> {
    OnOff() {
      word("on", Feature.ON).word("off", Feature.OFF);
    }
  }

  /** How many levels page tables have. */
  static final class Levels extends Choice<Integer> {
    Levels() {
      word("4", 4).word("5", 5);
    }
  }

  /** The pages that the host backs guest memory with, as a level. */
  static final class HostPages extends Choice<Integer> {
    HostPages() {
      word("4k", 1).word("2m", 2).word("1g", 3);
    }
  }

  /** The pages that the guest maps, as a level. */
  static final class GuestPages extends Choice<Integer> {
    GuestPages() {
      word("4k", 1).word("2m", 2);
    }
  }

  /** How writes are logged. */
  static final class DirtyLog extends Choice<DirtyLogChoice> {
    DirtyLog() {
      for (DirtyLogChoice choice : DirtyLogChoice.values()) {
        word(choice.label(), choice);
      }
    }
  }
}
