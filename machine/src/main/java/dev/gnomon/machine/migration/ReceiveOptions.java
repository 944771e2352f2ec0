package dev.gnomon.machine.migration;

import dev.gnomon.mmu.Rules;
import java.nio.file.Path;
import java.time.Duration;

/**
 * What a receiver does with a guest.
 *
 * @param resumes whether the guest is to go on here, if all its pages have arrived
 * @param rules of the MMU that it goes on with
 * @param swapDirectory an existing directory, for the VM's swap file
 * @param timeout how long the source may be silent
 */
public record ReceiveOptions(boolean resumes, Rules rules, Path swapDirectory, Duration timeout) {

  /** How long a peer may be silent, if nothing else is said. */
  public static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(30);

  /** With the default rules and timeout, and the system's directory for temporary files. */
  public ReceiveOptions(boolean resumes) {
    this(resumes, Rules.DEFAULTS, Path.of(System.getProperty("java.io.tmpdir")), DEFAULT_TIMEOUT);
  }
}
