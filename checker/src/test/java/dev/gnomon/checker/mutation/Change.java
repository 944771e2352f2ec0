package dev.gnomon.checker.mutation;

import java.lang.classfile.CodeBuilder;
import java.lang.classfile.CodeElement;
import java.lang.classfile.CodeTransform;
import java.lang.classfile.MethodModel;

/** What is changed in the code of a method. */
@FunctionalInterface
interface Change {

  /**
   * Begins to change a method.
   *
   * @param sites is told of every place that is changed
   */
  Rewriting begin(MethodModel method, Sites sites);

  /** The change of one method: gets each element of its code, in order. */
  @FunctionalInterface
  interface Rewriting extends CodeTransform {
    @Override
    void accept(CodeBuilder code, CodeElement element);
  }

  /** Counts the places where a fault was put in. */
  final class Sites {
    private int count;

    /** One more. */
    void found() {
      count++;
    }

    /** How many there are. */
    int count() {
      return count;
    }
  }
}
