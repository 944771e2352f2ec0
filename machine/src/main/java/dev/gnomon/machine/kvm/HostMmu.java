package dev.gnomon.machine.kvm;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Which MMU the host's KVM runs guests with, as its modules' parameters say. (Linux,
 * Documentation/admin-guide/kernel-parameters.txt.)
 */
public enum HostMmu {
  NPT("the TDP MMU over NPT"),
  EPT("the TDP MMU over EPT"),
  EPT_WITHOUT_AD("the TDP MMU over EPT without A/D bits"),
  /** NPT or EPT, but the shadow MMU's code. */
  LEGACY("direct roots in the shadow MMU"),
  SHADOW("shadow paging"),
  UNKNOWN("an MMU that its modules do not tell of");

  private static final Path MODULES = Path.of("/sys/module");

  private final String words;

  HostMmu(String words) {
    this.words = words;
  }

  /** That of this host. */
  public static HostMmu ofThisHost() {
    return of(MODULES);
  }

  static HostMmu of(Path modules) {
    boolean isAmd = Files.isDirectory(modules.resolve("kvm_amd"));
    boolean isIntel = Files.isDirectory(modules.resolve("kvm_intel"));
    if (Files.isDirectory(modules.resolve("kvm_pvm"))) {
      return SHADOW;
    }
    if (isAmd == isIntel) {
      return UNKNOWN;
    }
    if (!isOn(modules, isAmd ? "kvm_amd/parameters/npt" : "kvm_intel/parameters/ept")) {
      return SHADOW;
    }
    if (!isOn(modules, "kvm/parameters/tdp_mmu")) {
      return LEGACY;
    }
    if (isAmd) {
      return NPT;
    }
    return isOn(modules, "kvm_intel/parameters/eptad") ? EPT : EPT_WITHOUT_AD;
  }

  private static boolean isOn(Path modules, String parameter) {
    try {
      String value = Files.readString(modules.resolve(parameter)).strip();
      return value.equals("Y") || value.equals("1");
    } catch (IOException e) {
      return false;
    }
  }

  /** Whether guest memory is mapped by gpa, in tables of the TDP MMU. */
  public boolean isTdp() {
    return this == NPT || this == EPT || this == EPT_WITHOUT_AD;
  }

  /** What it is, in a few words. */
  public String words() {
    return words;
  }
}
