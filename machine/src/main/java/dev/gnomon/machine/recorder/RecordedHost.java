package dev.gnomon.machine.recorder;

import dev.gnomon.machine.InputException;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Properties;
import java.util.stream.Collectors;

/**
 * The host on which a directory of recordings was made: what its path says, {@code
 * linux-6.12-i386/npt}, or the file {@code replay.properties} in it, where names differ.
 *
 * <pre>
 * kernel = linux-6.12
 * host-bits = 64
 * mmu = npt
 * </pre>
 *
 * @param kernel the preset of rules
 * @param bits 32 or 64
 * @param mmu how the host's MMU was set up
 */
public record RecordedHost(String kernel, int bits, HostMmu mmu) {
  private static final String PROPERTIES = "replay.properties";
  private static final String SUFFIX_32 = "-i386";

  /** The MMU of a host. */
  public enum HostMmu {
    NPT("npt"),
    /** Direct roots in the shadow MMU. */
    NPT_LEGACY("npt-legacy"),
    /** Shadow paging. */
    SHADOW("shadow"),
    /** The entries of EPT without A/D bits, on NPT. */
    EPT_NOAD("ept-noad");

    private final String label;

    HostMmu(String label) {
      this.label = label;
    }

    /** Its name, that of a directory. */
    public String label() {
      return label;
    }

    private static HostMmu of(String label, String where) {
      for (HostMmu mmu : values()) {
        if (mmu.label.equals(label)) {
          return mmu;
        }
      }
      throw new InputException(
          "%s: no MMU of a host: %s (%s)"
              .formatted(
                  where,
                  label,
                  Arrays.stream(values()).map(HostMmu::label).collect(Collectors.joining(", "))));
    }
  }

  /** Its name, as a path: {@code linux-6.12-i386/npt}. */
  public String label() {
    return kernel + (bits == 32 ? SUFFIX_32 : "") + "/" + mmu.label();
  }

  /**
   * The host of a directory.
   *
   * @throws InputException if neither its path nor its properties say
   */
  public static RecordedHost of(Path directory) {
    Path absolute = directory.toAbsolutePath().normalize();
    Path parent = absolute.getParent();
    String kernelName = parent == null ? "" : String.valueOf(parent.getFileName());
    boolean is32 = kernelName.endsWith(SUFFIX_32);
    Properties properties = read(directory.resolve(PROPERTIES));
    String where = directory.toString();
    String kernel =
        properties.getProperty(
            "kernel",
            is32 ? kernelName.substring(0, kernelName.length() - SUFFIX_32.length()) : kernelName);
    String bits = properties.getProperty("host-bits", is32 ? "32" : "64");
    if (!bits.equals("32") && !bits.equals("64")) {
      throw new InputException(where + ": host-bits is 32 or 64, not " + bits);
    }
    String mmu = properties.getProperty("mmu", String.valueOf(absolute.getFileName()));
    return new RecordedHost(kernel, Integer.parseInt(bits), HostMmu.of(mmu, where));
  }

  private static Properties read(Path file) {
    Properties properties = new Properties();
    if (Files.exists(file)) {
      try (Reader reader = Files.newBufferedReader(file)) {
        properties.load(reader);
      } catch (IOException | IllegalArgumentException e) {
        throw new InputException("cannot read " + file + ": " + e.getMessage());
      }
    }
    return properties;
  }
}
