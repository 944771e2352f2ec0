package dev.gnomon.checker.mutation;

import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.ClassModel;
import java.lang.classfile.CodeTransform;
import java.lang.classfile.MethodModel;
import java.lang.classfile.MethodTransform;
import java.util.List;

/**
 * A change of the methods of one name in one class. A fault whose place is no longer there, or
 * there more often than expected, is an error, so that no fault silently becomes none.
 *
 * @param className below {@code dev.gnomon}, as {@code mmu.tdp.TdpZapper}
 * @param method its name, with that of lambdas in it: {@code startDirtyLog}
 * @param change what is changed
 * @param sites at how many places
 */
record Fault(String className, String method, Change change, int sites) {
  private static final String PREFIX = "dev.gnomon.";

  /** A change at one place. */
  static Fault in(String className, String method, Change change) {
    return new Fault(className, method, change, 1);
  }

  /** A change at several places. */
  static Fault in(String className, String method, int sites, Change change) {
    return new Fault(className, method, change, sites);
  }

  /** The name of the class, with dots. */
  String binaryName() {
    return PREFIX + className;
  }

  /** Whether it is in this class; its name with dots. */
  boolean isIn(String name) {
    return name.equals(binaryName());
  }

  /** The class file with the fault in it. */
  byte[] applyTo(byte[] file, ClassHierarchyResolver hierarchy) {
    ClassFile files = ClassFile.of(ClassFile.ClassHierarchyResolverOption.of(hierarchy));
    Change.Sites found = new Change.Sites();
    ClassModel model = files.parse(file);
    byte[] changed =
        files.transformClass(
            model,
            (builder, element) -> {
              if (element instanceof MethodModel each && isMeant(each)) {
                builder.transformMethod(each, inMethod(each, found));
              } else {
                builder.with(element);
              }
            });
    if (found.count() != sites) {
      throw new IllegalStateException(
          "%s.%s is changed at %d places, not at %d: the fault is out of date"
              .formatted(className, method, found.count(), sites));
    }
    List<VerifyError> errors = files.verify(changed);
    if (!errors.isEmpty()) {
      throw new IllegalStateException(
          className + "." + method + " does not verify", errors.getFirst());
    }
    return changed;
  }

  private MethodTransform inMethod(MethodModel each, Change.Sites found) {
    return MethodTransform.transformingCode(
        CodeTransform.ofStateful(() -> change.begin(each, found)));
  }

  private boolean isMeant(MethodModel each) {
    String name = each.methodName().stringValue();
    return name.equals(method) || name.startsWith("lambda$" + method + "$");
  }
}
