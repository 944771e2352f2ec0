package dev.gnomon.checker.race.transform;

import java.lang.classfile.ClassFile;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.CodeElement;
import java.lang.classfile.CodeTransform;
import java.lang.classfile.MethodModel;
import java.lang.classfile.Opcode;
import java.lang.classfile.TypeKind;
import java.lang.classfile.instruction.ArrayLoadInstruction;
import java.lang.classfile.instruction.ArrayStoreInstruction;
import java.lang.classfile.instruction.FieldInstruction;
import java.lang.classfile.instruction.InvokeDynamicInstruction;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.classfile.instruction.LineNumber;
import java.lang.classfile.instruction.MonitorInstruction;
import java.lang.classfile.instruction.NewObjectInstruction;
import java.lang.classfile.instruction.ReturnInstruction;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.DirectMethodHandleDesc;
import java.lang.constant.DynamicCallSiteDesc;
import java.lang.constant.MethodHandleDesc;
import java.lang.constant.MethodTypeDesc;

/** The code of one method on its way through the transformer, instruction by instruction. */
final class ProbedCode implements CodeTransform {
  private static final MethodTypeDesc NOTHING = MethodTypeDesc.of(ConstantDescs.CD_void);
  private static final MethodTypeDesc TO_REFUSE =
      MethodTypeDesc.of(ConstantDescs.CD_void, ConstantDescs.CD_String);
  private static final MethodTypeDesc ON_ELEMENT =
      MethodTypeDesc.of(
          ConstantDescs.CD_void,
          ConstantDescs.CD_Object,
          ConstantDescs.CD_int,
          ConstantDescs.CD_int);
  private static final MethodTypeDesc ON_COLLECTION =
      MethodTypeDesc.of(ConstantDescs.CD_void, ConstantDescs.CD_Object, ConstantDescs.CD_int);

  private final ProbedClass of;
  private final String method;
  private final boolean isSynchronized;
  private final boolean isInitializer;
  private int line;

  /**
   * In a constructor, how many objects have been made and not been initialised, the one under
   * construction included: while it is one of them, its fields are set as they are.
   */
  private int uninitialized;

  private boolean isBeforeSuper;

  private final ArrayNames arrays = new ArrayNames();

  ProbedCode(ProbedClass of, MethodModel model) {
    this.of = of;
    method = model.methodName().stringValue();
    isSynchronized = (model.flags().flagsMask() & ClassFile.ACC_SYNCHRONIZED) != 0;
    isInitializer = method.equals(ConstantDescs.CLASS_INIT_NAME);
    isBeforeSuper = method.equals(ConstantDescs.INIT_NAME);
    uninitialized = isBeforeSuper ? 1 : 0;
  }

  @Override
  public void atStart(CodeBuilder code) {
    if (isSynchronized) {
      refuse(code, "is synchronized: a coroutine that waits in it hangs its carrier");
    }
    if (isInitializer) {
      code.invokestatic(Names.PROBE, "beginInitializer", NOTHING);
    }
  }

  @Override
  public void accept(CodeBuilder code, CodeElement element) {
    rewrite(code, element);
    arrays.follow(element);
  }

  private void rewrite(CodeBuilder code, CodeElement element) {
    switch (element) {
      case LineNumber number -> {
        line = number.line();
        code.with(number);
      }
      case FieldInstruction access -> access(code, access);
      case ArrayLoadInstruction load -> {
        code.dup2();
        tellElement(code, "readElement", load.typeKind());
        code.with(load);
      }
      case ArrayStoreInstruction store -> store(code, store);
      case InvokeInstruction call -> call(code, call);
      case InvokeDynamicInstruction call -> dynamicCall(code, call);
      case MonitorInstruction monitor -> {
        if (monitor.opcode() == Opcode.MONITORENTER) {
          refuse(code, Refusals.MONITOR);
        }
        code.with(monitor);
      }
      case NewObjectInstruction made -> {
        uninitialized++;
        code.with(made);
      }
      case ReturnInstruction end -> {
        if (isInitializer) {
          code.invokestatic(Names.PROBE, "endInitializer", NOTHING);
        }
        code.with(end);
      }
      default -> code.with(element);
    }
  }

  private void refuse(CodeBuilder code, String what) {
    code.loadConstant(of.place(method, line) + " " + what)
        .invokestatic(Names.PROBE, "refuse", TO_REFUSE);
  }

  // --- fields ---

  private void access(CodeBuilder code, FieldInstruction access) {
    String name = access.name().stringValue();
    ClassDesc type = access.typeSymbol();
    ClassDesc declaring = of.fields().declaring(access.owner().asInternalName(), name);
    if (declaring == null || isOwnBeforeSuper(access)) {
      code.with(access);
      return;
    }
    ClassDesc owner = access.owner().asSymbol();
    boolean isStatic = access.opcode() == Opcode.GETSTATIC || access.opcode() == Opcode.PUTSTATIC;
    code.loadConstant(of.number(method, line, declaring.displayName() + "." + name));
    if (access.opcode() == Opcode.GETFIELD || access.opcode() == Opcode.GETSTATIC) {
      code.invokestatic(
          owner, Names.getter(name), FieldAccessors.getterType(declaring, type, isStatic));
    } else {
      code.invokestatic(
          owner, Names.setter(name), FieldAccessors.setterType(declaring, type, isStatic));
    }
  }

  private boolean isOwnBeforeSuper(FieldInstruction access) {
    return isBeforeSuper
        && access.opcode() == Opcode.PUTFIELD
        && access.owner().asSymbol().equals(of.name());
  }

  // --- elements ---

  /** The array and an index are on the stack, twice. */
  private void tellElement(CodeBuilder code, String probe, TypeKind kind) {
    code.loadConstant(of.number(method, line, arrays.top(kind.upperBound())))
        .invokestatic(Names.PROBE, probe, ON_ELEMENT);
  }

  /** From (array, index, value) by way of (value, array, index, array, index). */
  private void store(CodeBuilder code, ArrayStoreInstruction store) {
    boolean isWide = store.typeKind().slotSize() == 2;
    if (isWide) {
      code.dup2_x2().pop2();
    } else {
      code.dup_x2().pop();
    }
    code.dup2();
    tellElement(code, "writeElement", store.typeKind());
    if (isWide) {
      code.dup2_x2().pop2();
    } else {
      code.dup2_x1().pop2();
    }
    code.with(store);
  }

  // --- calls ---

  private void call(CodeBuilder code, InvokeInstruction call) {
    String problem = Refusals.of(call, isInitializer);
    if (problem != null) {
      refuse(code, problem);
    }
    if (call.name().equalsString(ConstantDescs.INIT_NAME)) {
      construct(code, call);
      return;
    }
    CallTarget target = CallTarget.of(call);
    if (target == null) {
      code.with(call);
    } else {
      code.invokestatic(of.name(), bridge(target), target.bridgeType(), of.isInterface());
    }
  }

  private void construct(CodeBuilder code, InvokeInstruction call) {
    MethodTypeDesc type = call.typeSymbol();
    if (CollectionCalls.isCollection(call.owner().asSymbol())
        && type.parameterCount() == 1
        && CollectionCalls.isCollection(type.parameterType(0))) {
      code.dup()
          .loadConstant(of.number(method, line, type.parameterType(0).displayName()))
          .invokestatic(Names.PROBE, "readCollection", ON_COLLECTION);
    }
    if (--uninitialized == 0) {
      isBeforeSuper = false;
    }
    code.with(call);
  }

  private String bridge(CallTarget target) {
    String variable = target.isOfArrays() ? arrays.top(target.elementType()) : target.variable();
    return of.add(new CallBridge(target, of.number(method, line, variable)));
  }

  /** A reference to a method of a collection becomes one to what stands for the call. */
  private void dynamicCall(CodeBuilder code, InvokeDynamicInstruction call) {
    ConstantDesc[] arguments = call.bootstrapArgs().toArray(ConstantDesc[]::new);
    boolean isChanged = false;
    for (int i = 0; i < arguments.length; i++) {
      CallTarget target =
          arguments[i] instanceof DirectMethodHandleDesc handle ? CallTarget.of(handle) : null;
      if (target != null) {
        arguments[i] =
            MethodHandleDesc.ofMethod(
                of.isInterface()
                    ? DirectMethodHandleDesc.Kind.INTERFACE_STATIC
                    : DirectMethodHandleDesc.Kind.STATIC,
                of.name(),
                bridge(target),
                target.bridgeType());
        isChanged = true;
      }
    }
    if (isChanged) {
      code.invokedynamic(
          DynamicCallSiteDesc.of(
              call.bootstrapMethod(), call.name().stringValue(), call.typeSymbol(), arguments));
    } else {
      code.with(call);
    }
  }
}
