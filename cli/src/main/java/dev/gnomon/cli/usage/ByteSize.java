package dev.gnomon.cli.usage;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Sizes in bytes as users write them: {@code 512m}, {@code 4g}, {@code 1t}, {@code 4096}. */
public final class ByteSize implements ITypeConverter<Long> {
  private static final Pattern SIZE = Pattern.compile("([0-9]{1,19})([kmgt]?)(i?b)?");
  private static final String UNITS = "kmgt";

  /** Made by picocli. */
  public ByteSize() {}

  @Override
  public Long convert(String text) {
    Matcher matcher = SIZE.matcher(text.toLowerCase(Locale.ROOT));
    if (matcher.matches()) {
      int shift = 10 * (UNITS.indexOf(matcher.group(2)) + (matcher.group(2).isEmpty() ? 0 : 1));
      try {
        return Math.multiplyExact(Long.parseLong(matcher.group(1)), 1L << shift);
      } catch (ArithmeticException | NumberFormatException tooLarge) {
        throw new TypeConversionException("'" + text + "' is more than can be counted");
      }
    }
    throw new TypeConversionException(
        "'" + text + "' is no size: expected bytes, or a number with k, m, g or t (512m, 4g, 1t)");
  }

  /** A size in the largest unit that divides it: {@code 512m}. */
  public static String text(long bytes) {
    int unit = bytes == 0 ? 0 : Math.min(Long.numberOfTrailingZeros(bytes) / 10, UNITS.length());
    return unit == 0
        ? Long.toString(bytes)
        : (bytes >> 10 * unit) + UNITS.substring(unit - 1, unit);
  }
}
