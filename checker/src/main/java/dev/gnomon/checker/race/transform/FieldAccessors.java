package dev.gnomon.checker.race.transform;

import java.lang.classfile.ClassBuilder;
import java.lang.classfile.ClassFile;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.FieldModel;
import java.lang.classfile.Label;
import java.lang.classfile.TypeKind;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;

/**
 * What a class gets for each watched field: two fields for its shadow, and a static method each for
 * reading and writing it that tells the detector first. As accessible as the field is.
 */
final class FieldAccessors {
  private static final MethodTypeDesc TO_DETECTOR = MethodTypeDesc.of(Names.DETECTOR);
  private static final MethodTypeDesc TO_EPOCH =
      MethodTypeDesc.of(
          ConstantDescs.CD_long,
          Names.DETECTOR,
          ConstantDescs.CD_long,
          ConstantDescs.CD_long,
          ConstantDescs.CD_int);

  private static final int ACCESS =
      ClassFile.ACC_PUBLIC | ClassFile.ACC_PROTECTED | ClassFile.ACC_PRIVATE;

  private final ClassDesc owner;
  private final String name;
  private final ClassDesc type;
  private final boolean isStatic;
  private final int methodFlags;
  private final int shadowFlags;

  FieldAccessors(ClassDesc owner, FieldModel field) {
    this.owner = owner;
    name = field.fieldName().stringValue();
    type = field.fieldTypeSymbol();
    int flags = field.flags().flagsMask();
    isStatic = (flags & ClassFile.ACC_STATIC) != 0;
    methodFlags = flags & ACCESS | ClassFile.ACC_STATIC | ClassFile.ACC_SYNTHETIC;
    shadowFlags =
        flags & ClassFile.ACC_STATIC
            | ClassFile.ACC_PRIVATE
            | ClassFile.ACC_SYNTHETIC
            | ClassFile.ACC_TRANSIENT;
  }

  /** The type of the method that reads the field: (object, place), or (place) if it is static. */
  static MethodTypeDesc getterType(ClassDesc declaring, ClassDesc type, boolean isStatic) {
    return isStatic
        ? MethodTypeDesc.of(type, ConstantDescs.CD_int)
        : MethodTypeDesc.of(type, declaring, ConstantDescs.CD_int);
  }

  /** The type of the method that writes the field: (object, value, place), or (value, place). */
  static MethodTypeDesc setterType(ClassDesc declaring, ClassDesc type, boolean isStatic) {
    return isStatic
        ? MethodTypeDesc.of(ConstantDescs.CD_void, type, ConstantDescs.CD_int)
        : MethodTypeDesc.of(ConstantDescs.CD_void, declaring, type, ConstantDescs.CD_int);
  }

  void addTo(ClassBuilder builder) {
    builder.withField(Names.lastWrite(name), ConstantDescs.CD_long, shadowFlags);
    builder.withField(Names.lastReads(name), ConstantDescs.CD_long, shadowFlags);
    builder.withMethodBody(
        Names.getter(name), getterType(owner, type, isStatic), methodFlags, this::get);
    builder.withMethodBody(
        Names.setter(name), setterType(owner, type, isStatic), methodFlags, this::set);
  }

  private void get(CodeBuilder code) {
    int place = isStatic ? 0 : 1;
    tell(code, "read", Names.lastReads(name), place);
    if (isStatic) {
      code.getstatic(owner, name, type);
    } else {
      code.aload(0).getfield(owner, name, type);
    }
    code.return_(TypeKind.from(type));
  }

  private void set(CodeBuilder code) {
    int value = isStatic ? 0 : 1;
    TypeKind kind = TypeKind.from(type);
    tell(code, "write", Names.lastWrite(name), value + kind.slotSize());
    if (isStatic) {
      code.loadLocal(kind, value).putstatic(owner, name, type);
    } else {
      code.aload(0).loadLocal(kind, value).putfield(owner, name, type);
    }
    code.return_();
  }

  /**
   * If there is a detector, and an object: {@code o.updated = probe(detector, o.w, o.r, place)}.
   */
  private void tell(CodeBuilder code, String probe, String updated, int place) {
    int detector = place + 1;
    Label access = code.newLabel();
    code.invokestatic(Names.PROBE, "detector", TO_DETECTOR)
        .astore(detector)
        .aload(detector)
        .ifnull(access);
    if (!isStatic) {
      code.aload(0).ifnull(access).aload(0);
    }
    code.aload(detector);
    loadShadow(code, Names.lastWrite(name));
    loadShadow(code, Names.lastReads(name));
    code.iload(place).invokestatic(Names.PROBE, probe, TO_EPOCH);
    if (isStatic) {
      code.putstatic(owner, updated, ConstantDescs.CD_long);
    } else {
      code.putfield(owner, updated, ConstantDescs.CD_long);
    }
    code.labelBinding(access);
  }

  private void loadShadow(CodeBuilder code, String shadow) {
    if (isStatic) {
      code.getstatic(owner, shadow, ConstantDescs.CD_long);
    } else {
      code.aload(0).getfield(owner, shadow, ConstantDescs.CD_long);
    }
  }
}
