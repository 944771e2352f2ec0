package dev.gnomon.cli.usage;

import dev.gnomon.machine.InputException;
import dev.gnomon.mmu.config.RuleSwitch;
import java.io.File;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Modifier;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Makes users' own values of rules, from classes that they bring along. A value is one object for
 * all VMs and all threads; what is a protocol has its state in what it creates for each VM.
 */
public final class UserRules {
  /** Nobody brought any classes along. */
  public static final UserRules NONE = new UserRules(null);

  private final @Nullable ClassLoader loader;

  private UserRules(@Nullable ClassLoader loader) {
    this.loader = loader;
  }

  /**
   * Those on a class path.
   *
   * @param classPath jars and directories, with the system's separator between; null: none
   * @throws InputException if one of them is not there
   */
  public static UserRules on(@Nullable String classPath) {
    if (classPath == null) {
      return NONE;
    }
    List<URL> urls = new ArrayList<>();
    for (String entry : classPath.split(File.pathSeparator)) {
      if (!entry.isEmpty()) {
        urls.add(url(entry));
      }
    }
    return new UserRules(
        new URLClassLoader(urls.toArray(URL[]::new), UserRules.class.getClassLoader()));
  }

  private static URL url(String entry) {
    try {
      Path path = Path.of(entry);
      if (!Files.exists(path)) {
        throw new InputException("--classpath " + entry + ": there is no such file or directory");
      }
      return path.toUri().toURL();
    } catch (InvalidPathException | MalformedURLException e) {
      throw new InputException("--classpath " + entry + ": not a file name here", e);
    }
  }

  /** Whether a text that names no shipped value is meant to name a class. */
  boolean isClassName(String text) {
    return loader != null || text.indexOf('.') >= 0;
  }

  /**
   * A value of a rule.
   *
   * @throws InputException if there is no such class, it is no value of that rule, or it cannot be
   *     made
   */
  <T> T load(RuleSwitch<T> rule, String className) {
    String given = "--rule " + rule.name() + "=" + className + ": ";
    if (loader == null) {
      throw new InputException(given + "--classpath must say where this class is");
    }
    try {
      return construct(given, type(given, rule.type(), Class.forName(className, true, loader)));
    } catch (ClassNotFoundException e) {
      throw new InputException(given + "there is no such class on the --classpath", e);
    } catch (LinkageError e) {
      throw new InputException(given + "the class cannot be loaded: " + e, e);
    }
  }

  private static <T> Class<? extends T> type(String given, Class<T> type, Class<?> found) {
    if (!type.isAssignableFrom(found)) {
      throw new InputException(given + "the class does not implement " + type.getName());
    }
    if (Modifier.isAbstract(found.getModifiers())) {
      throw new InputException(given + "the class is abstract");
    }
    if (!Modifier.isPublic(found.getModifiers())) {
      throw new InputException(given + "the class is not public");
    }
    return found.asSubclass(type);
  }

  private static <T> T construct(String given, Class<? extends T> type) {
    try {
      Constructor<? extends T> constructor = type.getConstructor();
      return constructor.newInstance();
    } catch (NoSuchMethodException | InstantiationException | IllegalAccessException e) {
      throw new InputException(given + "the class has no public constructor without parameters", e);
    } catch (InvocationTargetException e) {
      throw new InputException(given + "its constructor throws " + e.getCause(), e);
    }
  }
}
