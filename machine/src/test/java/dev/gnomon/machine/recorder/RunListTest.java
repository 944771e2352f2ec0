package dev.gnomon.machine.recorder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gnomon.machine.InputException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RunListTest {

  private static RunList parse(String... lines) {
    return RunList.parse("runs", List.of(lines));
  }

  @Test
  void aRunHasAModeALevelAGuestAndTheRecordersOptions() {
    RunList list =
        parse(
            "# name mode cpl guest recorder-options",
            "mmio.long.3 long 3 mmio -s 0x800000,0x10000 -n 2 -R 1024 -d -M 0x800000 -G -H");

    RecordedRun run = list.all().getFirst();
    assertThat(run.mode()).isEqualTo(GuestMode.LONG);
    assertThat(run.binary()).isEqualTo("mmio.long3");
    assertThat(run.extraSlots()).containsExactly(new RecordedRun.Slot(0x800000, 0x10000, 0));
    assertThat(run.vcpus()).isEqualTo(2);
    assertThat(run.ringEntries()).isEqualTo(1024);
    assertThat(run.memoryBytes()).isEqualTo(0x800000);
    assertThat(run.isLogged() && run.hasGuestLargePages() && run.hasHostLargePages()).isTrue();
  }

  @Test
  void aGuestInRealModeHasNoLevelInItsBinarysName() {
    assertThat(parse("flat.real.0 real 0 flat").all().getFirst().binary()).isEqualTo("flat.real");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "a long 0|a run has a name, a mode, a CPL and a guest",
        "a lang 0 g|no mode: lang",
        "a long 1 g|no CPL: 1",
        "a long 0 g -x|unknown option -x",
        "a long 0 g -n|-n wants a value",
        "a long 0 g -n 5|out of range, 5: 0x1 to 0x4",
        "a long 0 g -M 0x200001|not a number of pages",
        "a long 0 g -M lots|not a number: lots",
        "a long 0 g -s 0x800000|a slot is gpa,size",
        "a long 0 g -s 0x800001,0x1000|a slot begins at a page",
      })
  void whatIsWrongIsNamedWithItsLine(String line, String message) {
    assertThatThrownBy(() -> parse("", line))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith("runs:2: ")
        .hasMessageContaining(message);
  }
}
