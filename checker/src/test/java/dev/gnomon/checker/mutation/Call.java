package dev.gnomon.checker.mutation;

import java.lang.classfile.CodeBuilder;
import java.lang.classfile.CodeElement;
import java.lang.classfile.Opcode;
import java.lang.classfile.TypeKind;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/**
 * The calls of a method that are to be changed, and how. {@code TlbFlusher.flushAll} names them by
 * the simple name of the class that the code names, and the method's.
 */
final class Call {
  private static final ClassDesc STAND_INS = ClassDesc.of(StandIns.class.getName());

  private final String name;
  private final int only;

  private Call(String name, int only) {
    this.name = name;
    this.only = only;
  }

  /** All calls of a name. */
  static Call of(String name) {
    return new Call(name, -1);
  }

  /** The one of them at a position, from 0. */
  Call at(int position) {
    return new Call(name, position);
  }

  /** Leaves it out; what it would have returned is 0, false or null. */
  Change leftOut() {
    return instead((code, call) -> drop(code, call, none -> zero(code, call)));
  }

  /** Leaves it out, and has it answer a constant. */
  Change answering(int answer) {
    return instead((code, call) -> drop(code, call, none -> constant(code, call, answer)));
  }

  /** Does something else, which leaves what the call would have returned. */
  Change becoming(Consumer<CodeBuilder> other) {
    return instead((code, call) -> drop(code, call, other));
  }

  /** Calls another method of the same class, with the same arguments. */
  Change toMethod(String other) {
    return instead(
        (code, call) ->
            code.invoke(
                call.opcode(),
                call.owner().asSymbol(),
                other,
                call.typeSymbol(),
                call.isInterface()));
  }

  /** Calls a method of {@link StandIns}, which gets the receiver first. */
  Change toStandIn(String standIn) {
    StandIns.require(standIn);
    return instead(
        (code, call) -> {
          MethodTypeDesc type = call.typeSymbol();
          if (call.opcode() != Opcode.INVOKESTATIC) {
            type = type.insertParameterTypes(0, call.owner().asSymbol());
          }
          code.invokestatic(STAND_INS, standIn, type);
        });
  }

  /** Does something else first. */
  Change after(Consumer<CodeBuilder> first) {
    return instead(
        (code, call) -> {
          first.accept(code);
          code.with(call);
        });
  }

  /** Does something else afterwards; what the call returned stays on the stack below. */
  Change before(Consumer<CodeBuilder> then) {
    return instead(
        (code, call) -> {
          code.with(call);
          then.accept(code);
        });
  }

  /** Makes it later: after another call, with the arguments that it has now. */
  Change postponedAfter(String later) {
    return (method, sites) -> {
      List<Integer> slots = new ArrayList<>();
      InvokeInstruction[] postponed = new InvokeInstruction[1];
      return (code, element) -> {
        boolean isWaiting = postponed[0] != null;
        if (!isWaiting && element instanceof InvokeInstruction call && isNamed(call, name)) {
          sites.found();
          postponed[0] = call;
          putAside(code, call, slots);
        } else if (isWaiting && element instanceof InvokeInstruction call && isNamed(call, later)) {
          sites.found();
          code.with(call);
          takeBack(code, postponed[0], slots);
        } else {
          code.with(element);
        }
      };
    };
  }

  private static void putAside(CodeBuilder code, InvokeInstruction call, List<Integer> slots) {
    List<TypeKind> kinds = operands(call);
    for (int i = kinds.size() - 1; i >= 0; i--) {
      int slot = code.allocateLocal(kinds.get(i));
      code.storeLocal(kinds.get(i), slot);
      slots.addFirst(slot);
    }
    zero(code, call);
  }

  private static void takeBack(CodeBuilder code, InvokeInstruction call, List<Integer> slots) {
    List<TypeKind> kinds = operands(call);
    for (int i = 0; i < kinds.size(); i++) {
      code.loadLocal(kinds.get(i), slots.get(i));
    }
    code.with(call);
    switch (TypeKind.from(call.typeSymbol().returnType())) {
      case VOID -> {}
      case LONG, DOUBLE -> code.pop2();
      default -> code.pop();
    }
  }

  private Change instead(BiConsumer<CodeBuilder, InvokeInstruction> replacement) {
    return (method, sites) -> {
      int[] seen = new int[1];
      return (code, element) -> {
        if (isMeant(element, seen)) {
          sites.found();
          replacement.accept(code, (InvokeInstruction) element);
        } else {
          code.with(element);
        }
      };
    };
  }

  private boolean isMeant(CodeElement element, int[] seen) {
    if (!(element instanceof InvokeInstruction call) || !isNamed(call, name)) {
      return false;
    }
    int position = seen[0]++;
    return only < 0 || position == only;
  }

  private static boolean isNamed(InvokeInstruction call, String name) {
    String owner = call.owner().asInternalName();
    String simple = owner.substring(Math.max(owner.lastIndexOf('/'), owner.lastIndexOf('$')) + 1);
    return name.equals(simple + "." + call.name().stringValue());
  }

  /** What a call takes off the stack, from the bottom. */
  private static List<TypeKind> operands(InvokeInstruction call) {
    List<TypeKind> kinds = new ArrayList<>();
    if (call.opcode() != Opcode.INVOKESTATIC) {
      kinds.add(TypeKind.REFERENCE);
    }
    call.typeSymbol().parameterList().forEach(type -> kinds.add(TypeKind.from(type).asLoadable()));
    return kinds;
  }

  private static void drop(CodeBuilder code, InvokeInstruction call, Consumer<CodeBuilder> then) {
    List<TypeKind> kinds = operands(call);
    for (int i = kinds.size() - 1; i >= 0; i--) {
      if (kinds.get(i).slotSize() == 2) {
        code.pop2();
      } else {
        code.pop();
      }
    }
    then.accept(code);
  }

  private static void zero(CodeBuilder code, InvokeInstruction call) {
    if (TypeKind.from(call.typeSymbol().returnType()) == TypeKind.REFERENCE) {
      code.aconst_null();
    } else {
      constant(code, call, 0);
    }
  }

  private static void constant(CodeBuilder code, InvokeInstruction call, int value) {
    switch (TypeKind.from(call.typeSymbol().returnType()).asLoadable()) {
      case VOID -> {}
      case INT -> code.loadConstant(value);
      case LONG -> code.loadConstant((long) value);
      default -> throw new IllegalArgumentException("no such constant for " + call);
    }
  }
}
