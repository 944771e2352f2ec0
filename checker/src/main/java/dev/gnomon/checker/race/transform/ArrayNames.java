package dev.gnomon.checker.race.transform;

import java.lang.classfile.CodeElement;
import java.lang.classfile.Opcode;
import java.lang.classfile.instruction.ArrayLoadInstruction;
import java.lang.classfile.instruction.ArrayStoreInstruction;
import java.lang.classfile.instruction.FieldInstruction;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.classfile.instruction.LineNumber;
import java.lang.classfile.instruction.LoadInstruction;
import java.lang.classfile.instruction.LocalVariable;
import java.lang.classfile.instruction.OperatorInstruction;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;

/**
 * Guesses what people call the array whose element a statement touches: a stack of the arrays that
 * the statement has named and not used yet. For reports only, where a wrong guess misleads little,
 * as the line is named too.
 */
final class ArrayNames {

  private record Named(String name, ClassDesc type) {}

  private final Deque<Named> pending = new ArrayDeque<>();

  /** By slot; of a slot that serves several variables, one of them. */
  private final Map<Integer, Named> variables = new HashMap<>();

  /** What the array on top is called, or its type. */
  String top(ClassDesc elementType) {
    Named top = pending.peek();
    return top == null ? elementType.displayName() + "[]" : top.name;
  }

  /** Follows an instruction. */
  void follow(CodeElement element) {
    switch (element) {
      case LineNumber line -> pending.clear();
      case LocalVariable variable ->
          variables.put(
              variable.slot(), new Named(variable.name().stringValue(), variable.typeSymbol()));
      case LoadInstruction load -> {
        Named variable = variables.get(load.slot());
        if (load.opcode().name().startsWith("ALOAD") && variable != null) {
          push(variable.name, variable.type);
        }
      }
      case FieldInstruction access -> follow(access);
      case ArrayLoadInstruction load -> {
        Named array = pending.poll();
        if (array != null && array.type.isArray()) {
          push(array.name, array.type.componentType());
        }
      }
      case ArrayStoreInstruction store -> pending.poll();
      case OperatorInstruction operator -> {
        if (operator.opcode() == Opcode.ARRAYLENGTH) {
          pending.poll();
        }
      }
      case InvokeInstruction call -> follow(call);
      default -> {}
    }
  }

  private void follow(FieldInstruction access) {
    boolean isRead = access.opcode() == Opcode.GETFIELD || access.opcode() == Opcode.GETSTATIC;
    if (isRead) {
      String owner = Names.simple(access.owner().asInternalName());
      push(owner + "." + access.name().stringValue(), access.typeSymbol());
    } else if (access.typeSymbol().isArray()) {
      pending.poll();
    }
  }

  private void follow(InvokeInstruction call) {
    MethodTypeDesc type = call.typeSymbol();
    for (ClassDesc parameter : type.parameterList()) {
      if (parameter.isArray()) {
        pending.poll();
      }
    }
    push(call.name().stringValue() + "()", type.returnType());
  }

  private void push(String name, ClassDesc type) {
    if (type.isArray()) {
      pending.push(new Named(name, type));
    }
  }
}
