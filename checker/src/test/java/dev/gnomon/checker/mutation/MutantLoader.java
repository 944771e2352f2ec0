package dev.gnomon.checker.mutation;

import dev.gnomon.checker.schedule.Exploration;
import dev.gnomon.machine.VirtualMachine;
import dev.gnomon.mmu.Mmu;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.constant.ClassDesc;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Defines the classes of the MMU, the machine and the checker once more, some with faults in them.
 * Whatever else there is comes from the loader that this class came from; what is in this package
 * too, but for the two classes that work with the other ones.
 */
final class MutantLoader extends ClassLoader {
  private static final Set<String> OF_THIS_PACKAGE =
      Stream.of(CorpusTrial.class, StandIns.class, SyncPrograms.class)
          .map(Class::getName)
          .collect(Collectors.toSet());
  private static final String THIS_PACKAGE = Mutant.class.getPackageName() + ".";

  /** Where the class files of a package and those below it lie. */
  private static final Map<String, Module> HOMES =
      Map.of(
          "dev.gnomon.mmu.", Mmu.class.getModule(),
          "dev.gnomon.machine.", VirtualMachine.class.getModule(),
          "dev.gnomon.checker.", Exploration.class.getModule());

  private final List<Fault> faults;
  private final ClassHierarchyResolver hierarchy;

  MutantLoader(List<Fault> faults) {
    super("mutant", MutantLoader.class.getClassLoader());
    this.faults = faults;
    hierarchy = ClassHierarchyResolver.ofResourceParsing(this::classFile).cached();
  }

  /** What runs scenarios on the classes of this loader. */
  Trial newTrial() {
    faults.forEach(this::define);
    try {
      return (Trial) loadClass(CorpusTrial.class.getName()).getDeclaredConstructor().newInstance();
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Now, and not while something is explored: there an error might be taken for a violation. */
  private void define(Fault fault) {
    try {
      loadClass(fault.binaryName());
    } catch (ClassNotFoundException e) {
      throw new IllegalStateException("there is no class for a fault", e);
    }
  }

  @Override
  protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
    Module home = home(name);
    boolean isOurs = name.startsWith(THIS_PACKAGE) ? OF_THIS_PACKAGE.contains(name) : home != null;
    if (!isOurs) {
      return super.loadClass(name, resolve);
    }
    synchronized (getClassLoadingLock(name)) {
      Class<?> loaded = findLoadedClass(name);
      return loaded == null ? define(name) : loaded;
    }
  }

  private Class<?> define(String name) throws ClassNotFoundException {
    byte[] file;
    try (InputStream in = classFile(ClassDesc.of(name))) {
      if (in == null) {
        throw new ClassNotFoundException(name);
      }
      file = in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    for (Fault fault : faults) {
      if (fault.isIn(name)) {
        file = fault.applyTo(file, hierarchy);
      }
    }
    return defineClass(name, file, 0, file.length);
  }

  private @Nullable InputStream classFile(ClassDesc type) {
    String name = type.descriptorString();
    return getResourceAsStream(name.substring(1, name.length() - 1) + ".class");
  }

  @Override
  public @Nullable InputStream getResourceAsStream(String path) {
    Module home = home(path.replace('/', '.'));
    try {
      return home == null ? super.getResourceAsStream(path) : home.getResourceAsStream(path);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static @Nullable Module home(String name) {
    for (Map.Entry<String, Module> each : HOMES.entrySet()) {
      if (name.startsWith(each.getKey())) {
        return each.getValue();
      }
    }
    return null;
  }
}
