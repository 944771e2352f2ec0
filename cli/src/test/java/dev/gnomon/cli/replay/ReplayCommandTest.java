package dev.gnomon.cli.replay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gnomon.cli.Gnomon;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Real kernels' recordings, in the project's {@code recordings}. */
class ReplayCommandTest {
  private static final Path RECORDINGS = Path.of("..", "recordings");
  private static final String DIRTY = "dirty.long.0";

  @TempDir Path temporary;

  private final Gnomon gnomon = new Gnomon();

  private int replay(String... arguments) {
    return gnomon.run(
        Stream.concat(Stream.of("replay"), Stream.of(arguments)).toArray(String[]::new));
  }

  /** A collection with one recording, in a directory of that name. */
  private Path copy(String host) throws IOException {
    Path npt = Files.createDirectories(temporary.resolve(host));
    for (String suffix : List.of(".trace", ".out")) {
      Files.copy(
          RECORDINGS.resolve("linux-6.12/npt/" + DIRTY + suffix), npt.resolve(DIRTY + suffix));
    }
    Files.copy(RECORDINGS.resolve("runs"), temporary.resolve("runs"));
    Files.createDirectories(temporary.resolve("guests/bin"));
    Files.copy(
        RECORDINGS.resolve("guests/bin/dirty.long0"), temporary.resolve("guests/bin/dirty.long0"));
    return npt;
  }

  @Test
  void everyRecordingIsEqualEventForEvent() {
    int status = replay(RECORDINGS.toString());

    assertThat(gnomon.out())
        .endsWith("21 of 21 equal\n")
        .contains("equal    linux-6.12/ept-noad/dirty");
    assertThat(status).isZero();
  }

  @Test
  void aDifferenceIsShownAsAUnifiedDiff() throws IOException {
    Path directory = copy("linux-6.12/npt");
    Path trace = directory.resolve(DIRTY + ".trace");
    Files.writeString(trace, Files.readString(trace).replace("gfn 41 g:41|e67", "gfn 41 g:41|e65"));

    int status = replay(directory.toString());

    assertThat(gnomon.out())
        .contains("differs  linux-6.12/npt/dirty.long.0\n--- linux-6.12/npt/dirty.long.0.trace\n")
        .contains("\n-kvm_mmu_set_spte gfn 41 g:41|e65 (rwxu) level 1 at SP2[41]\n")
        .contains("\n+kvm_mmu_set_spte gfn 41 g:41|e67 (rwxu) level 1 at SP2[41]\n")
        .endsWith("0 of 1 equal\n");
    assertThat(status).isEqualTo(1);
  }

  @Test
  void theKernelOfTheDirectoryDecides() throws IOException {
    Path directory = copy("linux-6.13/npt");

    replay(directory.toString());

    assertThat(gnomon.out()).contains("linux-6.13/npt/dirty.long.0");
  }

  @Test
  void propertiesNameTheHostWhereThePathDoesNot() throws IOException {
    Path directory = copy("mine/of-today");
    Files.writeString(directory.resolve("replay.properties"), "kernel = linux-6.12\nmmu = npt\n");

    replay(directory.toString());

    assertThat(gnomon.out()).endsWith("1 of 1 equal\n");
  }

  @Test
  void whatHappenedHereCanBePrinted() {
    replay(RECORDINGS.resolve("linux-6.12/npt").toString(), "--only", DIRTY, "--print", "output");

    assertThat(gnomon.out()).contains("OP start\n").contains("HASH slot 0 7112c29c59282f0d\n");
  }

  @Test
  void whatCannotBeReplayedIsSaidInOneLine() throws IOException {
    Path newer = copy("linux-6.15/npt");

    assertThat(replay(newer.toString())).isEqualTo(2);
    assertThat(replay(temporary.resolve("none").toString())).isEqualTo(2);
    assertThat(replay(RECORDINGS.toString(), "--only", "nobody")).isEqualTo(2);
    Files.delete(temporary.resolve("runs"));
    assertThat(replay(newer.toString())).isEqualTo(2);

    assertThat(gnomon.err()).hasSize(4);
    assertThat(gnomon.err().get(0)).contains("linux-6.15 needs aging without the lock");
    assertThat(gnomon.err().get(1)).contains("no directory of recordings");
    assertThat(gnomon.err().get(2)).contains("no recording nobody there");
    assertThat(gnomon.err().get(3)).contains("has both runs and guests/bin");
  }
}
