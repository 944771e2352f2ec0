package dev.gnomon.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;

/** Traces of a few thousand accesses to a few dozen pages. */
public final class TinyTrace {
  private static final long CODE = 0x40_0000L;
  private static final long DATA = 0x1000_0000L;
  private static final int PAGES = 96;

  private TinyTrace() {}

  /** Writes one with so many records, the same ones for the same seed. */
  public static Path write(Path directory, int records, long seed) throws IOException {
    Random random = new Random(seed);
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < records; i++) {
      long address = DATA + random.nextInt(PAGES) * 4096L + random.nextInt(512) * 8L;
      switch (random.nextInt(4)) {
        case 0 -> text.append("I  %08x,3\n".formatted(CODE + random.nextInt(8) * 4096L));
        case 1 -> text.append(" L %08x,8\n".formatted(address));
        case 2 -> text.append(" S %08x,4\n".formatted(address));
        default -> text.append(" M %08x,8\n".formatted(address));
      }
    }
    return Files.writeString(directory.resolve("tiny" + seed + ".trace"), text);
  }
}
