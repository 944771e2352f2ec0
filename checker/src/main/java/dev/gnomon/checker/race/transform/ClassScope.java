package dev.gnomon.checker.race.transform;

import java.net.URLClassLoader;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which classes are transformed: those of the MMU and the machine, and what a user brings along
 * through a class loader of its own.
 */
public final class ClassScope {
  /** The modules that the classes lie in. */
  public static final List<String> MODULES = List.of("dev.gnomon.mmu", "dev.gnomon.machine");

  private static final List<String> INCLUDED = List.of("dev/gnomon/mmu/", "dev/gnomon/machine/");

  /** Back ends, and what runs on real threads only. */
  private static final List<String> EXCLUDED =
      List.of(
          "dev/gnomon/machine/thread/",
          "dev/gnomon/machine/lockstep/",
          "dev/gnomon/machine/migration/");

  private final List<String> included;

  private ClassScope(List<String> included) {
    this.included = included;
  }

  /** The usual scope, and packages, separated by commas, with all below them. */
  public static ClassScope with(String packages) {
    List<String> all = new ArrayList<>(INCLUDED);
    for (String name : packages.split(",")) {
      if (!name.isBlank()) {
        all.add(name.strip().replace('.', '/') + "/");
      }
    }
    return new ClassScope(all);
  }

  /**
   * Whether a class is transformed; its name with slashes. What another loader defines once more is
   * not: there the probes would be others too.
   */
  boolean includes(@Nullable ClassLoader loader, String className) {
    boolean isOurs = loader == ClassScope.class.getClassLoader();
    boolean isBrought = loader instanceof URLClassLoader;
    return startsWithAny(className, included)
        ? (isOurs || isBrought) && !startsWithAny(className, EXCLUDED)
        : isBrought;
  }

  /** Whether a loaded class should have been transformed. */
  public boolean includes(Class<?> loaded) {
    return !loaded.isArray()
        && includes(loaded.getClassLoader(), loaded.getName().replace('.', '/'));
  }

  private static boolean startsWithAny(String name, List<String> prefixes) {
    for (String prefix : prefixes) {
      if (name.startsWith(prefix)) {
        return true;
      }
    }
    return false;
  }
}
