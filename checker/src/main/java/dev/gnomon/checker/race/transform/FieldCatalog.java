package dev.gnomon.checker.race.transform;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.FieldModel;
import java.lang.constant.ClassDesc;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Which fields are watched, as seen from one class loader: those of classes in scope that are
 * neither final nor volatile. Class files are read for it, never classes loaded. Any thread may
 * call.
 */
final class FieldCatalog {

  /** A class in scope: what it extends, and the types of its watched fields by their names. */
  private record Entry(@Nullable String superclass, Map<String, ClassDesc> fields) {}

  private static final Entry NOTHING = new Entry(null, Map.of());

  private final ClassScope scope;
  private final ClassLoader loader;
  private final Map<String, Entry> entries = new ConcurrentHashMap<>();

  FieldCatalog(ClassScope scope, ClassLoader loader) {
    this.scope = scope;
    this.loader = loader;
  }

  static boolean isWatched(FieldModel field) {
    return (field.flags().flagsMask()
            & (ClassFile.ACC_FINAL | ClassFile.ACC_VOLATILE | ClassFile.ACC_SYNTHETIC))
        == 0;
  }

  /**
   * The class that declares a watched field.
   *
   * @param owner the class through which it is accessed, that one or one that extends it
   * @return null if the field is not watched
   */
  @Nullable ClassDesc declaring(String owner, String field) {
    String at = owner;
    while (at != null) {
      Entry entry = entries.computeIfAbsent(at, this::read);
      if (entry.fields.containsKey(field)) {
        return ClassDesc.ofInternalName(at);
      }
      at = entry.superclass;
    }
    return null;
  }

  private Entry read(String className) {
    if (!scope.includes(loader, className)) {
      return NOTHING;
    }
    try (InputStream file = loader.getResourceAsStream(className + ".class")) {
      return file == null ? NOTHING : read(ClassFile.of().parse(file.readAllBytes()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Entry read(ClassModel model) {
    Map<String, ClassDesc> fields = new HashMap<>();
    for (FieldModel field : model.fields()) {
      if (isWatched(field)) {
        fields.put(field.fieldName().stringValue(), field.fieldTypeSymbol());
      }
    }
    String superclass = model.superclass().map(name -> name.asInternalName()).orElse(null);
    return new Entry(superclass, Map.copyOf(fields));
  }
}
