package dev.gnomon.checker.mutation;

import java.lang.classfile.Instruction;
import java.lang.classfile.TypeKind;
import java.lang.constant.ClassDesc;

/** All that a method does. */
final class Body {
  private Body() {}

  /** Nothing is done; a constant is returned. */
  static Change returning(int answer) {
    return (method, sites) -> {
      boolean[] isDone = new boolean[1];
      return (code, element) -> {
        if (!isDone[0] && element instanceof Instruction) {
          isDone[0] = true;
          sites.found();
          ClassDesc type = method.methodTypeSymbol().returnType();
          switch (TypeKind.from(type).asLoadable()) {
            case VOID -> {}
            case INT -> code.loadConstant(answer);
            case LONG -> code.loadConstant((long) answer);
            default -> throw new IllegalArgumentException("no such constant for " + type);
          }
          code.return_(TypeKind.from(type).asLoadable());
        }
      };
    };
  }

  /** Nothing is done. */
  static Change empty() {
    return returning(0);
  }
}
