package dev.gnomon.checker.race.transform;

import dev.gnomon.checker.race.RaceDetection;
import dev.gnomon.checker.race.Site;
import java.lang.classfile.ClassBuilder;
import java.lang.classfile.ClassElement;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeTransform;
import java.lang.classfile.FieldModel;
import java.lang.classfile.MethodModel;
import java.lang.classfile.MethodTransform;
import java.lang.constant.ClassDesc;
import java.util.ArrayList;
import java.util.List;

/** One class on its way through the transformer. */
final class ProbedClass implements ClassTransform {
  private final ClassDesc name;
  private final boolean isInterface;
  private final FieldCatalog fields;
  private final String simpleName;
  private final List<CallBridge> bridges = new ArrayList<>();

  ProbedClass(ClassModel model, FieldCatalog fields) {
    name = model.thisClass().asSymbol();
    isInterface = (model.flags().flagsMask() & ClassFile.ACC_INTERFACE) != 0;
    simpleName = Names.simple(model.thisClass().asInternalName());
    this.fields = fields;
  }

  ClassDesc name() {
    return name;
  }

  boolean isInterface() {
    return isInterface;
  }

  FieldCatalog fields() {
    return fields;
  }

  /** {@code Class.method:line}. */
  String place(String method, int line) {
    return simpleName + "." + Names.method(method) + ":" + line;
  }

  /** The number of a place that touches a variable. */
  int number(String method, int line, String variable) {
    return RaceDetection.number(new Site(place(method, line), variable));
  }

  /** Adds a method that stands for a call. */
  String add(CallBridge bridge) {
    bridges.add(bridge);
    return Names.call(bridges.size() - 1);
  }

  @Override
  public void accept(ClassBuilder builder, ClassElement element) {
    if (element instanceof MethodModel method) {
      builder.transformMethod(method, probes(method));
    } else {
      builder.with(element);
    }
    if (element instanceof FieldModel field && FieldCatalog.isWatched(field)) {
      new FieldAccessors(name, field).addTo(builder);
    }
  }

  @Override
  public void atEnd(ClassBuilder builder) {
    for (int i = 0; i < bridges.size(); i++) {
      bridges.get(i).addTo(builder, Names.call(i));
    }
  }

  private MethodTransform probes(MethodModel method) {
    return MethodTransform.transformingCode(
        CodeTransform.ofStateful(() -> new ProbedCode(this, method)));
  }
}
