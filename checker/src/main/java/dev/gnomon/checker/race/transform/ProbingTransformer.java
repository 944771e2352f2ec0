package dev.gnomon.checker.race.transform;

import dev.gnomon.checker.race.RaceDetection;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.ClassModel;
import java.lang.instrument.ClassFileTransformer;
import java.security.ProtectionDomain;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Transforms the classes in scope. Nothing else changes in them: what they compute, when they are
 * initialised and what they throw stays.
 */
public final class ProbingTransformer implements ClassFileTransformer {

  /** What is known of the classes that a loader finds. */
  private record Surroundings(FieldCatalog fields, ClassFile classFiles) {}

  private final ClassScope scope;
  private final Map<ClassLoader, Surroundings> surroundings = new ConcurrentHashMap<>();

  /** Makes one for the classes of a scope. */
  public ProbingTransformer(ClassScope scope) {
    this.scope = scope;
  }

  @Override
  public byte @Nullable [] transform(
      Module module,
      @Nullable ClassLoader loader,
      @Nullable String className,
      @Nullable Class<?> redefined,
      @Nullable ProtectionDomain domain,
      byte[] file) {
    return transform(loader, className, file);
  }

  @Override
  public byte @Nullable [] transform(
      @Nullable ClassLoader loader,
      @Nullable String className,
      @Nullable Class<?> redefined,
      @Nullable ProtectionDomain domain,
      byte[] file) {
    return transform(loader, className, file);
  }

  private byte @Nullable [] transform(
      @Nullable ClassLoader loader, @Nullable String className, byte[] file) {
    if (loader == null || className == null || !scope.includes(loader, className)) {
      return null;
    }
    try {
      Surroundings around = surroundings.computeIfAbsent(loader, this::survey);
      ClassModel model = around.classFiles.parse(file);
      return around.classFiles.transformClass(model, new ProbedClass(model, around.fields));
    } catch (Throwable e) {
      RaceDetection.fail(className, e);
      return null;
    }
  }

  private Surroundings survey(ClassLoader loader) {
    // Class files are read, not loaded: a class that is loaded here is not transformed.
    ClassHierarchyResolver hierarchy = ClassHierarchyResolver.ofResourceParsing(loader).cached();
    return new Surroundings(
        new FieldCatalog(scope, loader),
        ClassFile.of(ClassFile.ClassHierarchyResolverOption.of(hierarchy)));
  }
}
