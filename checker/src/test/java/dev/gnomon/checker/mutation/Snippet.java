package dev.gnomon.checker.mutation;

import java.lang.classfile.CodeBuilder;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import java.util.function.Consumer;

/** A few instructions that are put into a method. Classes are named below {@code dev.gnomon}. */
final class Snippet {
  private static final String PREFIX = "dev.gnomon.";

  private Snippet() {}

  /** Loads {@code this.field}. */
  static Consumer<CodeBuilder> field(String owner, String name, String type) {
    return code -> code.aload(0).getfield(type(owner), name, type(type));
  }

  /** Loads a reference from a local variable. */
  static Consumer<CodeBuilder> reference(int slot) {
    return code -> code.aload(slot);
  }

  /** Loads an int from a local variable. */
  static Consumer<CodeBuilder> number(int slot) {
    return code -> code.iload(slot);
  }

  /** Loads a long from a local variable. */
  static Consumer<CodeBuilder> word(int slot) {
    return code -> code.lload(slot);
  }

  /** Loads a long. */
  static Consumer<CodeBuilder> constant(long value) {
    return code -> code.loadConstant(value);
  }

  /**
   * Calls a method of a class on what the parts have loaded.
   *
   * @param descriptor with the classes of the project as {@code {mmu.platform.Cpu}}
   */
  @SafeVarargs
  static Consumer<CodeBuilder> call(
      String owner, String method, String descriptor, Consumer<CodeBuilder>... parts) {
    MethodTypeDesc type = MethodTypeDesc.ofDescriptor(expanded(descriptor));
    return code -> {
      for (Consumer<CodeBuilder> part : parts) {
        part.accept(code);
      }
      code.invokevirtual(type(owner), method, type);
    };
  }

  /** One after the other. */
  @SafeVarargs
  static Consumer<CodeBuilder> sequence(Consumer<CodeBuilder>... parts) {
    return code -> {
      for (Consumer<CodeBuilder> part : parts) {
        part.accept(code);
      }
    };
  }

  /** Drops a long. */
  static Consumer<CodeBuilder> dropWord() {
    return CodeBuilder::pop2;
  }

  private static ClassDesc type(String name) {
    return ClassDesc.of(PREFIX + name);
  }

  private static String expanded(String descriptor) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < descriptor.length(); i++) {
      char c = descriptor.charAt(i);
      if (c == '{') {
        int end = descriptor.indexOf('}', i);
        text.append(type(descriptor.substring(i + 1, end)).descriptorString());
        i = end;
      } else {
        text.append(c);
      }
    }
    return text.toString();
  }
}
