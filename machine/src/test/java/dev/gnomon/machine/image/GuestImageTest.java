package dev.gnomon.machine.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gnomon.machine.InputException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class GuestImageTest {
  private static GuestImage read(ByteBuffer file) {
    return GuestImage.read("k.elf", file.array());
  }

  private static void assertRefused(byte[] file, String message) {
    assertThatThrownBy(() -> GuestImage.read("k.elf", file))
        .isInstanceOf(InputException.class)
        .hasMessage("k.elf: " + message);
  }

  @Test
  void elfIsLoadedAtPhysicalAddressesAndItsEntryIsOneToo() {
    GuestImage image = read(ImageBytes.elf32(0xc010_0000, 0x10_0000, 0xc010_0004));
    assertThat(image.mode()).isEqualTo(StartMode.FLAT32);
    assertThat(image.entry()).isEqualTo(0x10_0004);
    assertThat(image.parts()).hasSize(1);
    GuestImage.Part part = image.parts().get(0);
    assertThat(part.gpa()).isEqualTo(0x10_0000);
    assertThat(part.length()).isEqualTo(16);
    assertThat(part.end()).isEqualTo(0x10_2000);
  }

  @Test
  void headerMakesAnElfFileMultiboot() {
    GuestImage image = read(ImageBytes.withHeader(ImageBytes.elf32(0, 0x10_0000, 4), 0xc0, 3));
    assertThat(image.mode()).isEqualTo(StartMode.MULTIBOOT);
    assertThat(image.format()).isEqualTo("multiboot elf32");
  }

  @Test
  void elf64IsLoadedToo() {
    GuestImage image =
        read(
            ImageBytes.withHeader(
                ImageBytes.elf64(0xffff_ffff_8010_0000L & Long.MAX_VALUE, 0x10_0000, 0x10_0000),
                0xc0,
                0));
    assertThat(image.format()).isEqualTo("multiboot elf64");
    assertThat(image.entry()).isEqualTo(0x10_0000);
  }

  @Test
  void headerWithAddressesSaysWhereAFlatFileGoes() {
    GuestImage image = read(ImageBytes.flat());
    assertThat(image.format()).isEqualTo("multiboot flat");
    assertThat(image.entry()).isEqualTo(0x10_0050);
    GuestImage.Part part = image.parts().get(0);
    assertThat(part.offset()).isEqualTo(0x10);
    assertThat(part.length()).isEqualTo(0x80);
    assertThat(part.end()).isEqualTo(0x10_0400);
  }

  @Test
  void headerIsLookedForInTheFirstEightKibibytesOnly() {
    ByteBuffer file = ByteBuffer.allocate(0x3000).order(ByteOrder.LITTLE_ENDIAN);
    ImageBytes.withHeader(file, 8192, 0);
    assertRefused(
        file.array(),
        "neither a multiboot image nor an ELF file; --load says where a flat binary goes");
    ImageBytes.withHeader(file, 8180, 0);
    assertRefused(file.array(), "the multiboot header gives no addresses, and this is no ELF file");
  }

  @Test
  void headerWithAWrongChecksumIsNone() {
    ByteBuffer file = ImageBytes.withHeader(ImageBytes.elf32(0, 0x10_0000, 4), 0xc0, 3);
    file.putInt(0xc8, 1);
    assertThat(read(file).mode()).isEqualTo(StartMode.FLAT32);
  }

  @Test
  void unknownRequirementIsRefused() {
    assertRefused(
        ImageBytes.withHeader(ImageBytes.elf32(0, 0x10_0000, 4), 0xc0, 0x13).array(),
        "the multiboot header requires what this loader does not know (flags 0x10)");
  }

  @Test
  void whatIsCutOffIsRefused() {
    byte[] file = ImageBytes.elf32(0, 0x10_0000, 4).array();
    assertRefused(
        Arrays.copyOf(file, 0x104),
        "it ends at byte 260, before the 16 bytes at 0x100 that it says it has");
    assertRefused(new byte[0], "the image is empty");
  }

  @Test
  void elfOfAnotherMachineOrKindIsRefused() {
    assertRefused(
        ImageBytes.elf32(0, 0, 0).putShort(18, (short) 40).array(), "an ELF file, but not for x86");
    assertRefused(
        ImageBytes.elf32(0, 0, 0).putShort(16, (short) 1).array(),
        "an ELF file, but not an executable: link it first");
  }

  @Test
  void elfWithNothingToLoadIsRefused() {
    assertRefused(
        ImageBytes.elf32(0, 0, 0).putInt(52, 4).array(), "the ELF file has nothing to load");
  }

  @Test
  void headersAddressesMustFitTheFile() {
    ByteBuffer file = ImageBytes.flat();
    file.putInt(0x2c, 0x10_0030);
    assertThatThrownBy(() -> read(file))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith("k.elf: the multiboot header's addresses do not fit the file");
  }

  @Test
  void realModeDoesNotReachBeyondItsMegabyte() {
    assertThatThrownBy(() -> GuestImage.flat("b", new byte[4], 0x10_0000, null, StartMode.REAL))
        .isInstanceOf(InputException.class)
        .hasMessage("b: real mode does not reach the entry 0x100000");
  }
}
