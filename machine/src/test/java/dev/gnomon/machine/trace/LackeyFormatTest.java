package dev.gnomon.machine.trace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gnomon.machine.InputException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LackeyFormatTest {

  @Test
  void readsTheFourKinds() {
    assertThat(Texts.read("I  0401ab70,3\n S 1fff000778,8\n L 04222f00,16\n M 04222f10,4\n"))
        .containsExactly(
            new Access(TraceBatch.FETCH, 0x401ab70, 3),
            new Access(TraceBatch.STORE, 0x1fff000778L, 8),
            new Access(TraceBatch.LOAD, 0x4222f00, 16),
            new Access(TraceBatch.MODIFY, 0x4222f10, 4));
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0",
    "7, 7",
    "1ffefff, 1ffefff",
    "deadbeef, deadbeef",
    "DEADbeef, deadbeef",
    "1fff000778, 1fff000778",
    "1FFF000778, 1fff000778",
    "00000000deadbeef, deadbeef",
    "1fffffffffffff8, 1fffffffffffff8"
  })
  void readsAddressesOfAnyLengthAndCase(String digits, String value) {
    String line = " L " + digits + ",8\n";
    Access expected = new Access(TraceBatch.LOAD, Long.parseLong(value, 16), 8);
    // Followed by enough for it to be read where lines are common, and alone, where they are not.
    assertThat(Texts.read(line + line.repeat(9))).hasSize(10).containsOnly(expected);
    assertThat(Texts.read(line)).containsExactly(expected);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 9, 10, 16, 32, 99, 512, 4095, 4096})
  void readsSizesFromOneToAPage(int size) {
    String line = " S 00001fff," + size + "\n";
    assertThat(Texts.read(line.repeat(9)))
        .hasSize(9)
        .containsOnly(new Access(TraceBatch.STORE, 0x1fff, size));
  }

  @Test
  void skipsValgrindsMessagesAndBlankLines() {
    String long0 = "==1== Command: " + "x".repeat(3 * LackeyReader.DEFAULT_BUFFER_SIZE) + "\n";
    String text = long0 + "\n--1-- warning\n==1== \nI  04001000,3\n\n==1== Exit code: 0\n==";
    try (TraceReader reader = Texts.reader(Texts.bytes(text))) {
      assertThat(Access.readAll(reader)).containsExactly(new Access(0, 0x4001000, 3));
      assertThat(reader.line()).isEqualTo(8);
    }
  }

  @Test
  void acceptsALastLineWithoutNewlineIfItIsWhole() {
    assertThat(Texts.read("I  04001000,3\nI  04001003,5")).hasSize(2);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      ignoreLeadingAndTrailingWhitespace = false,
      value = {
        "I  zz,1|expected an address in hexadecimal after 'I  ', found 'zz,1'",
        " L ,8|expected an address in hexadecimal after ' L ', found ',8'",
        " L |expected an address in hexadecimal after ' L ', found the end of the line",
        " S 04001g00,8|expected ',' and a size after the address, found 'g00,8'",
        " S 04001000 8|expected ',' and a size after the address, found ' 8'",
        " S 04001000|expected ',' and a size after the address, found the end of the line",
        " M 04001000,|expected a size in decimal after ',', found the end of the line",
        " M 04001000,x8|expected a size in decimal after ',', found 'x8'",
        " M 04001000,-8|expected a size in decimal after ',', found '-8'",
        " M 04001000,0|expected a size of 1 to 4096 bytes, found '0'",
        " M 04001000,4097|expected a size of 1 to 4096 bytes, found '4097'",
        " M 04001000,8192|expected a size of 1 to 4096 bytes, found '8192'",
        " M 04001000,00008|expected a size of 1 to 4096 bytes, found '00008'",
        "I  04001000,3 |expected the end of the line after the size, found ' '",
        "I  04001000,3\r|expected the end of the line after the size, found '\\x0d'",
        "I  04001000,3,4|expected the end of the line after the size, found ',4'",
        "I 04001000,3|expected 'I  ', ' L ', ' S ' or ' M ' at the start of the line, found 'I"
            + " 04001000,3'",
        " X 04001000,3|expected 'I  ', ' L ', ' S ' or ' M ' at the start of the line, found ' X"
            + " 04001000,3'",
        "I|expected 'I  ', ' L ', ' S ' or ' M ' at the start of the line, found the end of the"
            + " line",
        "usage: a program that talks|expected 'I  ', ' L ', ' S ' or ' M ' at the start of the"
            + " line, found 'usage: a program that ta...'",
        " L 200000000000000,1|expected an access within 57 bits of address, found"
            + " '200000000000000,1'",
        " L 1fffffffffffff9,8|expected an access within 57 bits of address, found"
            + " '1fffffffffffff9,8'",
        " L ffffffffffffffff,8|expected an access within 57 bits of address, found"
            + " 'ffffffffffffffff,8'",
        " L 7fffffffffffffff,8|expected an access within 57 bits of address, found"
            + " '7fffffffffffffff,8'",
        " L 00000000000000001,8|expected an address of at most 16 hexadecimal digits, found"
            + " '00000000000000001,8'",
        "é|expected 'I  ', ' L ', ' S ' or ' M ' at the start of the line, found '\\xe9'",
      })
  void saysWhereAndWhatIsWrong(String line, String problem) {
    String before = "==1== Lackey\nI  04001000,3\n";
    String after = "I  04001000,3\n".repeat(9);
    assertThatThrownBy(() -> Texts.read(before + line + "\n" + after))
        .isInstanceOf(TraceFormatException.class)
        .isInstanceOf(InputException.class)
        .hasMessage("t.trace:3: " + problem)
        .extracting(e -> ((TraceFormatException) e).line())
        .isEqualTo(3L);
  }

  @ParameterizedTest
  @ValueSource(strings = {"I", "I ", "I  ", " ", " S", " S 0400", " S 04001000", " S 04001000,"})
  void saysThatALastLineIsCutOff(String line) {
    assertThatThrownBy(() -> Texts.read("I  04001000,3\n" + line))
        .isInstanceOf(TraceFormatException.class)
        .hasMessage("t.trace:2: the trace is cut off in the middle of '" + line + "'");
  }

  @Test
  void doesNotCallALastLineCutOffThatIsWrongAnyway() {
    assertThatThrownBy(() -> Texts.read("I  04001000,3\n X"))
        .hasMessage(
            "t.trace:2: expected 'I  ', ' L ', ' S ' or ' M ' at the start of the line, found"
                + " ' X'");
  }

  @Test
  void saysWhatIsWrongWithALineThatNeverEnds() {
    assertThatThrownBy(() -> Texts.read("\0".repeat(2 * LackeyReader.DEFAULT_BUFFER_SIZE)))
        .hasMessageStartingWith("t.trace:1: expected 'I  '")
        .hasMessageEndingWith("found '" + "\\x00".repeat(24) + "...'");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "\n\n", "==1== Lackey\n==1== Exit code: 0\n"})
  void saysThatATraceIsEmpty(String text) {
    assertThatThrownBy(() -> Texts.read(text))
        .isInstanceOf(InputException.class)
        .hasMessage("t.trace: the trace is empty: it holds no access to memory");
  }
}
