package dev.gnomon.checker.race.transform;

import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Opcode;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.constant.ClassDesc;
import java.lang.constant.DirectMethodHandleDesc;
import java.lang.constant.MethodTypeDesc;
import org.jspecify.annotations.Nullable;

/**
 * A method of the JDK that touches collections or arrays which it is given.
 *
 * @param opcode how it is called
 * @param owner the class through which it is called
 * @param isInterface whether that is an interface
 */
record CallTarget(
    Opcode opcode, ClassDesc owner, boolean isInterface, String name, MethodTypeDesc type) {

  /** The target of a call, or null if that is of no concern. */
  static @Nullable CallTarget of(InvokeInstruction call) {
    if (call.opcode() == Opcode.INVOKESPECIAL) {
      return null;
    }
    return concerned(
        new CallTarget(
            call.opcode(),
            call.owner().asSymbol(),
            call.isInterface(),
            call.name().stringValue(),
            call.typeSymbol()));
  }

  /** The target of a method reference, or null if that is of no concern. */
  static @Nullable CallTarget of(DirectMethodHandleDesc handle) {
    Opcode opcode =
        switch (handle.kind()) {
          case STATIC, INTERFACE_STATIC -> Opcode.INVOKESTATIC;
          case VIRTUAL -> Opcode.INVOKEVIRTUAL;
          case INTERFACE_VIRTUAL -> Opcode.INVOKEINTERFACE;
          default -> null;
        };
    return opcode == null
        ? null
        : concerned(
            new CallTarget(
                opcode,
                handle.owner(),
                handle.isOwnerInterface(),
                handle.methodName(),
                MethodTypeDesc.ofDescriptor(handle.lookupDescriptor())));
  }

  private static @Nullable CallTarget concerned(CallTarget target) {
    return target.isArrayCopy() || target.isOfArrays() || target.isOfCollections() ? target : null;
  }

  /** The receiver, if there is one, and the parameters. */
  MethodTypeDesc bridgeType() {
    return isStatic() ? type : type.insertParameterTypes(0, owner);
  }

  boolean isStatic() {
    return opcode == Opcode.INVOKESTATIC;
  }

  boolean isArrayCopy() {
    return ownerName().equals("java/lang/System") && name.equals("arraycopy");
  }

  /** Whether it touches arrays: a method of {@code Arrays}, or an array's clone. */
  boolean isOfArrays() {
    return owner.isArray() && name.equals("clone")
        || ownerName().equals("java/util/Arrays")
            && type.parameterCount() > 0
            && type.parameterType(0).isArray();
  }

  private boolean isOfCollections() {
    boolean isOfCollection = !isStatic() && CollectionCalls.isCollection(owner);
    boolean isGivenCollections =
        isStatic()
            && ownerName().startsWith("java/util/")
            && type.parameterList().stream().anyMatch(CollectionCalls::isCollection);
    return isOfCollection || isGivenCollections;
  }

  boolean writesArray() {
    return switch (name) {
      case "fill", "parallelPrefix", "parallelSetAll", "parallelSort", "setAll", "sort" -> true;
      default -> false;
    };
  }

  /** Whether the array is followed by the number of elements that are touched. */
  boolean isOfFirst() {
    return name.equals("copyOf");
  }

  /** Whether the array is followed by the bounds of what is touched. */
  boolean isOfRange() {
    return type.parameterCount() >= 3
        && isInt(type.parameterType(1))
        && isInt(type.parameterType(2));
  }

  private static boolean isInt(ClassDesc type) {
    return type.descriptorString().equals("I");
  }

  /** Whether it changes the collection that it is called on or, if static, is given first. */
  boolean writesCollection() {
    return isStatic()
        ? CollectionCalls.isStaticWrite(ownerName(), name)
        : CollectionCalls.isWrite(name);
  }

  /** Whether it returns a view of that collection. */
  boolean returnsView() {
    if (type.returnType().isPrimitive()) {
      return false;
    }
    return isStatic()
        ? CollectionCalls.isStaticView(ownerName(), name)
        : CollectionCalls.isCollection(owner) && CollectionCalls.isView(name);
  }

  /** What a report calls that which is touched. */
  String variable() {
    return isArrayCopy() ? "array" : bridgeType().parameterType(0).displayName();
  }

  /** Of what touches arrays: the type of what is in the first. */
  ClassDesc elementType() {
    return bridgeType().parameterType(0).componentType();
  }

  private String ownerName() {
    String descriptor = owner.descriptorString();
    return owner.isArray() ? descriptor : descriptor.substring(1, descriptor.length() - 1);
  }

  void invoke(CodeBuilder code) {
    code.invoke(opcode, owner, name, type, isInterface);
  }
}
