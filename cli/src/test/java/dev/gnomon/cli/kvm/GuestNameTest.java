package dev.gnomon.cli.kvm;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gnomon.machine.recorder.GuestMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A guest's file name says how it begins. */
class GuestNameTest {
  @ParameterizedTest
  @CsvSource({
    "write.long0, write, LONG, 0",
    "remap.long3, remap, LONG, 3",
    "remap.long50, remap, LONG5, 0",
    "flat.real, flat, REAL, 0",
    "flat.flat320, flat, FLAT32, 0",
    "remap.p320, remap, P32, 0",
    "a.b.pae3, a.b, PAE, 3",
    "hello.bin, hello.bin, LONG, 0",
    ".long3, .long3, LONG, 0",
  })
  void endOfTheNameIsModeAndLevel(String file, String guest, GuestMode mode, int cpl) {
    assertThat(GuestName.of(file)).isEqualTo(new GuestName(guest, mode, cpl));
  }
}
