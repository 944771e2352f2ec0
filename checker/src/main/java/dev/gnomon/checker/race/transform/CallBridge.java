package dev.gnomon.checker.race.transform;

import java.lang.classfile.ClassBuilder;
import java.lang.classfile.ClassFile;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.TypeKind;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;

/**
 * A static method in place of one call of the JDK: it tells what the call touches, then makes it.
 *
 * @param target what is called
 * @param site the number of the place
 */
record CallBridge(CallTarget target, int site) {
  private static final ClassDesc OBJECT = ConstantDescs.CD_Object;
  private static final ClassDesc INT = ConstantDescs.CD_int;
  private static final MethodTypeDesc WHOLE = MethodTypeDesc.of(ConstantDescs.CD_void, OBJECT, INT);
  private static final MethodTypeDesc RANGE =
      MethodTypeDesc.of(ConstantDescs.CD_void, OBJECT, INT, INT, INT);
  private static final MethodTypeDesc TWO_RANGES =
      MethodTypeDesc.of(ConstantDescs.CD_void, OBJECT, INT, OBJECT, INT, INT, INT);
  private static final MethodTypeDesc ALIAS =
      MethodTypeDesc.of(ConstantDescs.CD_void, OBJECT, OBJECT);

  void addTo(ClassBuilder builder, String name) {
    builder.withMethodBody(
        name,
        target.bridgeType(),
        ClassFile.ACC_PRIVATE | ClassFile.ACC_STATIC | ClassFile.ACC_SYNTHETIC,
        this::write);
  }

  private void write(CodeBuilder code) {
    if (target.isArrayCopy()) {
      code.aload(0).iload(1).aload(2).iload(3).iload(4);
      code.loadConstant(site).invokestatic(Names.PROBE, "copyElements", TWO_RANGES);
    } else if (target.isOfArrays()) {
      tellArrays(code);
    } else {
      tellCollections(code);
    }
    MethodTypeDesc type = target.bridgeType();
    for (int i = 0; i < type.parameterCount(); i++) {
      code.loadLocal(TypeKind.from(type.parameterType(i)), code.parameterSlot(i));
    }
    target.invoke(code);
    if (target.returnsView()) {
      code.dup().aload(0).swap().invokestatic(Names.PROBE, "alias", ALIAS);
    }
    code.return_(TypeKind.from(type.returnType()));
  }

  private void tellArrays(CodeBuilder code) {
    String probe = target.writesArray() ? "writeElements" : "readElements";
    if (target.isOfRange()) {
      code.aload(0).iload(1).iload(2).loadConstant(site).invokestatic(Names.PROBE, probe, RANGE);
      return;
    }
    if (target.isOfFirst()) {
      code.aload(0).iconst_0().iload(1);
      code.loadConstant(site).invokestatic(Names.PROBE, probe, RANGE);
      return;
    }
    MethodTypeDesc type = target.bridgeType();
    for (int i = 0; i < type.parameterCount(); i++) {
      if (type.parameterType(i).isArray()) {
        code.aload(code.parameterSlot(i));
        code.loadConstant(site).invokestatic(Names.PROBE, probe, WHOLE);
      }
    }
  }

  private void tellCollections(CodeBuilder code) {
    MethodTypeDesc type = target.bridgeType();
    for (int i = 0; i < type.parameterCount(); i++) {
      if (CollectionCalls.isCollection(type.parameterType(i))) {
        String probe = i == 0 && target.writesCollection() ? "writeCollection" : "readCollection";
        code.aload(code.parameterSlot(i));
        code.loadConstant(site).invokestatic(Names.PROBE, probe, WHOLE);
      }
    }
  }
}
