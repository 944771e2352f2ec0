package dev.gnomon.checker.mutation;

import java.lang.classfile.CodeBuilder;
import java.lang.classfile.instruction.ConstantInstruction;
import java.util.function.Consumer;

/** A number that the code of a method loads, and that is to be another. */
final class Constant {
  private final Object value;
  private final int only;

  private Constant(Object value, int only) {
    this.value = value;
    this.only = only;
  }

  /** All places where a {@code long} is loaded. */
  static Constant of(long value) {
    return new Constant(value, -1);
  }

  /** All places where an {@code int} is loaded. */
  static Constant of(int value) {
    return new Constant(value, -1);
  }

  /** The one of them at a position, from 0. */
  Constant at(int position) {
    return new Constant(value, position);
  }

  /** Another number in its place. */
  Change becoming(long other) {
    return becoming(
        code -> {
          if (value instanceof Long) {
            code.loadConstant(other);
          } else {
            code.loadConstant((int) other);
          }
        });
  }

  /** Something that is loaded in its place. */
  Change becoming(Consumer<CodeBuilder> other) {
    return (method, sites) -> {
      int[] seen = new int[1];
      return (code, element) -> {
        if (element instanceof ConstantInstruction constant
            && constant.constantValue().equals(value)
            && (seen[0]++ == only || only < 0)) {
          sites.found();
          other.accept(code);
        } else {
          code.with(element);
        }
      };
    };
  }
}
