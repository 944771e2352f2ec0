package dev.gnomon.machine.trace;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gnomon.machine.InputException;
import java.io.ByteArrayInputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;

class TracePropertyTest {

  private static final Pattern RECORD =
      Pattern.compile("(I {2}| [LSM] )([0-9a-fA-F]{1,16}),([0-9]{1,4})");

  @Property(tries = 300)
  void whatIsWrittenIsReadBack(
      @ForAll("traces") List<Access> trace,
      @ForAll Texts.Form form,
      @ForAll @IntRange(min = LackeyReader.MIN_BUFFER_SIZE, max = 600) int bufferSize,
      @ForAll @IntRange(min = 1, max = 50) int capacity,
      @ForAll long seed) {
    byte[] stored = form.of(Access.toText(trace));
    try (TraceReader reader = Texts.reader(Texts.trickle(stored, seed), bufferSize)) {
      assertThat(Access.readAll(reader, new TraceBatch(capacity))).isEqualTo(trace);
      assertThat(reader.line()).isEqualTo(trace.size());
    }
  }

  @Property(tries = 300)
  void everyRecordIsPlayedOnceWhereverItBegins(
      @ForAll("traces") List<Access> trace,
      @ForAll @LongRange(min = 0, max = 300) long skip,
      @ForAll @IntRange(min = 1, max = 3) int times,
      @ForAll @IntRange(min = 1, max = 50) int capacity) {
    List<Access> expected = new ArrayList<>();
    List<Access> rotated = new ArrayList<>(trace);
    Collections.rotate(rotated, -(int) (skip % trace.size()));
    for (int i = 0; i < times; i++) {
      expected.addAll(rotated);
    }
    var stream = new ByteArrayInputStream(Access.toText(trace));
    try (TraceSource source = TraceSource.stream("t.trace", stream).repeat(times);
        TraceReader reader = source.open(skip)) {
      assertThat(Access.readAll(reader, new TraceBatch(capacity))).isEqualTo(expected);
    }
  }

  /** The line stands first among many, where common lines are read, or last, where all are. */
  @Property(tries = 20_000)
  void aLineMeansTheSameWhereverItStands(@ForAll("nearlyLines") String line) {
    String more = "\n" + "I  04001000,3\n".repeat(9);
    List<Access> expected = new ArrayList<>();
    boolean isValid = line.isEmpty() || line.startsWith("==") || line.startsWith("--");
    Matcher record = RECORD.matcher(line);
    if (!isValid && record.matches()) {
      long address = Long.parseUnsignedLong(record.group(2), 16);
      int size = Integer.parseInt(record.group(3));
      isValid = size >= 1 && size <= 4096 && address >>> 57 == 0 && address + size <= 1L << 57;
      expected.add(new Access("ILSM".indexOf(record.group(1).trim()), address, size));
    }
    for (String text : List.of(line + more, more.substring(1) + line + "\n")) {
      try {
        List<Access> read = new ArrayList<>(Texts.read(text));
        read.removeAll(Collections.nCopies(9, new Access(0, 0x4001000, 3)));
        expected.removeAll(Collections.nCopies(1, new Access(0, 0x4001000, 3)));
        assertThat(isValid).as("accepted %s", line).isTrue();
        assertThat(read).isEqualTo(expected);
      } catch (TraceFormatException e) {
        assertThat(isValid).as("%s", e.getMessage()).isFalse();
      }
    }
  }

  @Property(tries = 2000)
  void anyBytesAtAllAreReadOrRefusedInOneLine(@ForAll("smudged") byte[] stored) {
    try (TraceReader reader = Texts.reader(stored)) {
      assertThat(Access.readAll(reader)).isNotEmpty();
    } catch (InputException e) {
      assertThat(e.getMessage()).startsWith("t.trace:").doesNotContain("\n");
    }
  }

  @Provide
  Arbitrary<List<Access>> traces() {
    Arbitrary<Long> addresses =
        Arbitraries.oneOf(
            Arbitraries.longs().between(0, 0xffff_ffffL),
            Arbitraries.longs().between(0x1f_ff00_0000L, 0x1f_ffff_ffffL),
            Arbitraries.longs().between(0, (1L << 57) - 4096));
    Arbitrary<Integer> sizes =
        Arbitraries.oneOf(
            Arbitraries.of(1, 2, 4, 8, 16, 32), Arbitraries.integers().between(1, 4096));
    return Combinators.combine(Arbitraries.integers().between(0, 3), addresses, sizes)
        .as(Access::new)
        .list()
        .ofMinSize(1)
        .ofMaxSize(120);
  }

  /** Records with up to three characters exchanged, left out or put in. */
  @Provide
  Arbitrary<String> nearlyLines() {
    Arbitrary<Integer> places = Arbitraries.integers().between(0, 30);
    Arbitrary<String> pieces =
        Arbitraries.strings()
            .withChars(" ILSM,09afAFgG=-/:`@\r\0\u0080\u00b5\u00ff")
            .withChars('1', '9')
            .ofMaxLength(2);
    Arbitrary<Integer> cuts = Arbitraries.integers().between(0, 2);
    return Combinators.combine(
            traces().map(trace -> trace.getFirst().toLine()),
            Combinators.combine(places, cuts, pieces).as(Edit::new).list().ofMaxSize(3))
        .as(
            (line, edits) -> {
              String edited = line;
              for (Edit edit : edits) {
                edited = edit.on(edited);
              }
              return edited;
            });
  }

  private record Edit(int place, int cut, String piece) {
    String on(String line) {
      int from = Math.min(place, line.length());
      int to = Math.min(from + cut, line.length());
      return line.substring(0, from) + piece + line.substring(to);
    }
  }

  /** A trace as stored, with some of its bytes changed and perhaps its end missing. */
  @Provide
  Arbitrary<byte[]> smudged() {
    return Combinators.combine(
            traces(),
            Arbitraries.of(Texts.Form.values()),
            Arbitraries.randoms(),
            Arbitraries.integers().between(0, 3))
        .as(
            (trace, form, random, smudges) -> {
              byte[] stored = form.of(Access.toText(trace));
              for (int i = 0; i < smudges; i++) {
                stored[random.nextInt(stored.length)] = (byte) random.nextInt();
              }
              int length = random.nextBoolean() ? stored.length : random.nextInt(stored.length + 1);
              return Arrays.copyOf(stored, length);
            });
  }
}
