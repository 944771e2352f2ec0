package dev.gnomon.cli.replay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gnomon.cli.Gnomon;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Guests of the recorder's machine that nobody has recorded, under shadow paging. */
class UnrecordedGuestTest {
  /** MOV DX, 14; OUT DX, AL: the end. */
  private static final String END = "66 ba 14 00 ee";

  @TempDir Path temporary;

  private final Gnomon gnomon = new Gnomon();

  /** Runs a guest; what was printed of it. */
  private List<String> run(String mode, String print, String... code) throws IOException {
    Path directory = Files.createDirectories(temporary.resolve("linux-6.12/shadow"));
    String name = "guest." + mode + ".0";
    Files.writeString(temporary.resolve("runs"), name + " " + mode + " 0 guest\n");
    Path programs = Files.createDirectories(temporary.resolve("guests/bin"));
    Files.write(
        programs.resolve("guest." + mode + "0"),
        HexFormat.of().parseHex(String.join("", code).replace(" ", "")));
    int status = gnomon.run("replay", directory.toString(), "--only", name, "--print", print);
    assertThat(status).as(String.join("\n", gnomon.err())).isZero();
    return gnomon.out().lines().toList();
  }

  private static List<String> beforeTheEnd(List<String> trace) {
    return trace.subList(0, trace.indexOf("# end"));
  }

  @Test
  void aSumInATableHasTheTableUnprotectedOnceAndIsThenEmulated() throws IOException {
    // ADD dword [3040], 1: the directory that translates this very address.
    List<String> trace = run("long", "trace", "83 04 25 40 30 00 00 01", END);

    assertThat(beforeTheEnd(trace))
        .filteredOn(line -> line.startsWith("kvm_mmu_prepare_zap_page"))
        .containsExactly(
            "kvm_mmu_prepare_zap_page sp gen 0 gfn 3 l2 8-byte q0 wux nxe ad root 0 sync");
    assertThat(beforeTheEnd(trace))
        .filteredOn(line -> line.startsWith("kvm_page_fault"))
        .extracting(line -> line.substring(line.indexOf("address")))
        .containsExactly(
            "address 0x0000000000010000 error_code 0x10",
            "address 0x0000000000003040 error_code 0x0",
            "address 0x0000000000003040 error_code 0x3",
            "address 0x0000000000003040 error_code 0x2");
  }

  @Test
  void aStoreToATableIsEmulated() throws IOException {
    // MOV dword [3040], 0
    List<String> trace = run("long", "trace", "c7 04 25 40 30 00 00 00 00 00 00", END);

    assertThat(beforeTheEnd(trace))
        .filteredOn(line -> line.startsWith("kvm_mmu_prepare_zap_page"))
        .isEmpty();
  }

  @Test
  void whatUnprotectingAndEmulationMakeOfASumIsTheSum() throws IOException {
    // ADD dword [3040], 5; MOV EAX, [3040]; MOV DX, 13; OUT DX, EAX
    List<String> output =
        run("long", "output", "83 04 25 40 30 00 00 05 8b 04 25 40 30 00 00 66 ba 13 00 ef", END);

    assertThat(output).contains("VCPU 0 val 5");
  }
}
