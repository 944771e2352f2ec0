package dev.gnomon.machine.trace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.data.Offset.offset;

import dev.gnomon.machine.InputException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TraceSourceTest {

  private static final InputStream NO_INPUT = InputStream.nullInputStream();

  @TempDir private Path directory;
  private Path file;
  private final List<Access> seven = Access.distinct(7);

  @BeforeEach
  void writeFile() throws IOException {
    file = Files.write(directory.resolve("seven"), Access.toText(seven));
  }

  private static List<Access> play(TraceReader reader) {
    try (reader) {
      return Access.readAll(reader, new TraceBatch(3));
    }
  }

  @Test
  void opensAFileAsOftenAsWanted() {
    try (TraceSource source = TraceSource.of(file.toString(), NO_INPUT)) {
      assertThat(source.name()).isEqualTo(file.toString());
      try (TraceReader one = source.open();
          TraceReader other = source.open()) {
        one.read(new TraceBatch(2));
        assertThat(Access.readAll(other)).isEqualTo(seven);
        assertThat(Access.readAll(one)).isEqualTo(seven.subList(2, 7));
      }
    }
    assertThat(file).exists();
  }

  @Test
  void playsAStreamMoreThanOnceAndDeletesItsCopy(@TempDir Path copies) throws IOException {
    byte[] stored = Texts.Form.ZSTD.of(Access.toText(seven));
    var stream = new ByteArrayInputStream(stored);
    TraceSource source = RecordedTrace.ofStream("t.trace", stream, copies);
    assertThat(copies).isDirectoryContaining(copy -> copy.toString().endsWith(".trace"));
    assertThat(play(source.open())).isEqualTo(seven);
    assertThat(play(source.open())).isEqualTo(seven);
    try (TraceReader open = source.open()) {
      source.close();
      assertThat(copies).isEmptyDirectory();
      assertThat(open.sizeInBytes()).isEqualTo(stored.length);
      assertThat(Access.readAll(open)).isEqualTo(seven);
    }
  }

  @Test
  void leavesNoCopyOfAStreamThatFails(@TempDir Path copies) {
    InputStream failing =
        new InputStream() {
          @Override
          public int read() throws IOException {
            throw new IOException("Input/output error");
          }
        };
    assertThatThrownBy(() -> RecordedTrace.ofStream("t.trace", failing, copies))
        .isInstanceOf(InputException.class)
        .hasMessage("t.trace: cannot be copied to a file in " + copies + ": Input/output error");
    assertThat(copies).isEmptyDirectory();
  }

  @Test
  void playsStandardInputByItsName() {
    var input = new ByteArrayInputStream(Access.toText(seven));
    try (TraceSource source = TraceSource.of("-", input)) {
      assertThat(source.name()).isEqualTo("standard input");
      assertThat(play(source.open())).isEqualTo(seven);
    }
  }

  @Test
  void namesStandardInputInItsErrors() {
    try (TraceSource source = TraceSource.of("-", new ByteArrayInputStream(Texts.bytes("x\n")))) {
      assertThatThrownBy(source::totals).hasMessageStartingWith("standard input:1: expected ");
    }
  }

  @Test
  void playsAPipeThatHasAName() throws IOException, InterruptedException {
    Path pipe = directory.resolve("pipe");
    int made = new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor();
    assertThat(made).isZero();
    new ProcessBuilder("cp", file.toString(), pipe.toString()).start();
    try (TraceSource source = TraceSource.file(pipe)) {
      assertThat(play(source.open())).isEqualTo(seven);
      assertThat(play(source.open())).isEqualTo(seven);
    }
  }

  @Test
  void saysThatThereIsNoSuchFile() {
    Path none = directory.resolve("none");
    assertThatThrownBy(() -> TraceSource.file(none))
        .isInstanceOf(InputException.class)
        .hasMessage(none + ": no such file");
  }

  @Test
  void saysThatAFileIsADirectory() {
    assertThatThrownBy(() -> TraceSource.file(directory))
        .isInstanceOf(InputException.class)
        .hasMessage(directory + ": this is a directory, not a trace");
  }

  @Test
  void saysThatAFileIsGone() throws IOException {
    try (TraceSource source = TraceSource.file(file)) {
      Files.delete(file);
      assertThatThrownBy(source::open)
          .isInstanceOf(InputException.class)
          .hasMessage(file + ": no such file");
    }
  }

  @Test
  void saysThatAnEmptyFileIsEmpty() throws IOException {
    Files.write(file, new byte[0]);
    try (TraceSource source = TraceSource.file(file)) {
      assertThatThrownBy(source::totals)
          .isInstanceOf(InputException.class)
          .hasMessage(file + ": the trace is empty: it holds no access to memory");
      assertThatThrownBy(() -> source.open(3))
          .hasMessage(file + ": the trace is empty: it holds no access to memory");
    }
  }

  @Test
  void saysThatANameCannotBeAFile() {
    assertThatThrownBy(() -> TraceSource.of("a\0b", NO_INPUT))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("not a file name here");
  }

  @ParameterizedTest
  @CsvSource({"0,0", "1,1", "3,3", "6,6", "7,0", "8,1", "7000000002,2"})
  void beginsWhereItIsToldAndPlaysTheBeginningLast(long skip, int distance) {
    List<Access> rotated = new ArrayList<>(seven);
    Collections.rotate(rotated, -distance);
    try (TraceSource source = TraceSource.file(file)) {
      assertThat(play(source.open(skip))).isEqualTo(rotated);
    }
  }

  @Test
  void refusesToBeginBeforeTheBeginning() {
    try (TraceSource source = TraceSource.file(file)) {
      assertThatThrownBy(() -> source.open(-1)).isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void playsTwiceFromWhereItBegan() {
    try (TraceSource source = TraceSource.file(file).repeat(2)) {
      assertThat(play(source.open())).hasSize(14).isEqualTo(twice(seven));
      List<Access> rotated = new ArrayList<>(seven);
      Collections.rotate(rotated, -3);
      assertThat(play(source.open(3))).isEqualTo(twice(rotated));
      assertThat(play(source.open(10))).isEqualTo(twice(rotated));
    }
  }

  private static List<Access> twice(List<Access> accesses) {
    return Stream.concat(accesses.stream(), accesses.stream()).toList();
  }

  @ParameterizedTest
  @ValueSource(longs = {0, -1})
  void refusesToPlayLessThanOnce(long times) {
    try (TraceSource source = TraceSource.file(file)) {
      assertThatThrownBy(() -> source.repeat(times)).isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void countsAModifyAsTwoAccesses() {
    try (TraceSource source = TraceSource.file(file)) {
      TraceTotals totals = source.totals();
      assertThat(totals).isEqualTo(new TraceTotals(2, 2, 2, 1));
      assertThat(totals.records()).isEqualTo(7);
      assertThat(totals.accesses()).isEqualTo(8);
      assertThat(source.repeat(5).totals().accesses()).isEqualTo(40);
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 60_000})
  void showsProgressThatGrowsToTheSize(long skip) throws IOException {
    Files.write(file, Access.toText(Access.distinct(100_000)));
    TraceBatch batch = new TraceBatch();
    try (TraceSource source = TraceSource.file(file).repeat(2);
        TraceReader reader = source.open(skip)) {
      assertThat(reader.sizeInBytes()).isEqualTo(2 * Files.size(file));
      long before = 0;
      while (reader.read(batch) > 0) {
        assertThat(reader.bytesRead()).isGreaterThanOrEqualTo(before);
        before = reader.bytesRead();
      }
      assertThat(before)
          .isCloseTo(reader.sizeInBytes(), offset(4L * LackeyReader.DEFAULT_BUFFER_SIZE));
    }
  }

  @Test
  void comesWithASample() {
    try (TraceSource sample = TraceSource.sample();
        TraceReader reader = sample.open()) {
      assertThat(sample.totals()).isEqualTo(new TraceTotals(9_853_814, 2_169_103, 866_278, 32_582));
      assertThat(reader.sizeInBytes()).isBetween(1L, 2L << 20);
    }
  }
}
