package dev.gnomon.checker.race;

import dev.gnomon.checker.race.transform.ClassScope;
import dev.gnomon.checker.race.transform.ProbingTransformer;
import java.lang.instrument.Instrumentation;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the JVM starts before the program when it is given {@code -javaagent} and a jar whose
 * manifest names this class.
 *
 * <p>That jar may be the checker's own, or any other: as long as this module is in the boot layer,
 * the class comes from the module, not from the jar.
 */
public final class RaceAgent {
  private RaceAgent() {}

  /**
   * Has classes transformed as they load.
   *
   * @param packages further packages whose classes are transformed, with all below them, separated
   *     by commas; null or empty for none
   */
  public static void premain(@Nullable String packages, Instrumentation instrumentation) {
    Module probes = RaceAgent.class.getModule();
    for (String name : ClassScope.MODULES) {
      ModuleLayer.boot()
          .findModule(name)
          .ifPresent(module -> letRead(instrumentation, module, probes));
    }
    ClassScope scope = ClassScope.with(packages == null ? "" : packages);
    instrumentation.addTransformer(new ProbingTransformer(scope));
    for (Class<?> loaded : instrumentation.getAllLoadedClasses()) {
      if (scope.includes(loaded)) {
        RaceDetection.fail(
            loaded.getName(), new IllegalStateException("it was loaded before the agent"));
      }
    }
    RaceDetection.install();
  }

  private static void letRead(Instrumentation instrumentation, Module module, Module probes) {
    instrumentation.redefineModule(module, Set.of(probes), Map.of(), Map.of(), Set.of(), Map.of());
  }
}
