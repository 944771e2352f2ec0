package dev.gnomon.machine.x86;

/**
 * An exception of the guest on its way from where it was found to the run loop, which has it
 * delivered. One is kept per vCPU and thrown again and again; it has no stack trace.
 */
public final class GuestException extends RuntimeException {
  public static final int DE = 0;
  public static final int DB = 1;
  public static final int NMI = 2;
  public static final int BP = 3;
  public static final int OF = 4;
  public static final int BR = 5;
  public static final int UD = 6;
  public static final int NM = 7;
  public static final int DF = 8;
  public static final int TS = 10;
  public static final int NP = 11;
  public static final int SS = 12;
  public static final int GP = 13;
  public static final int PF = 14;
  public static final int MF = 16;
  public static final int AC = 17;
  public static final int XM = 19;

  private static final long serialVersionUID = 1L;

  private int vector;
  private boolean hasErrorCode;
  private long errorCode;
  private long address;

  /** A vector's name in the manuals. */
  static String name(int vector) {
    return switch (vector) {
      case DE -> "#DE";
      case DB -> "#DB";
      case NMI -> "NMI";
      case BP -> "#BP";
      case OF -> "#OF";
      case BR -> "#BR";
      case UD -> "#UD";
      case NM -> "#NM";
      case DF -> "#DF";
      case TS -> "#TS";
      case NP -> "#NP";
      case SS -> "#SS";
      case GP -> "#GP";
      case PF -> "#PF";
      case MF -> "#MF";
      case AC -> "#AC";
      case XM -> "#XM";
      default -> "exception " + vector;
    };
  }

  GuestException() {
    super(null, null, false, false);
  }

  GuestException set(int newVector) {
    vector = newVector;
    hasErrorCode = false;
    errorCode = 0;
    return this;
  }

  GuestException set(int newVector, long newErrorCode) {
    vector = newVector;
    hasErrorCode = true;
    errorCode = newErrorCode;
    return this;
  }

  GuestException setPageFault(long newAddress, long newErrorCode) {
    address = newAddress;
    return set(PF, newErrorCode);
  }

  /** Its vector, 0 to 31. */
  public int vector() {
    return vector;
  }

  /** Whether an error code is pushed. */
  public boolean hasErrorCode() {
    return hasErrorCode;
  }

  /** The error code. */
  public long errorCode() {
    return errorCode;
  }

  /** Of #PF: what CR2 gets. */
  public long address() {
    return address;
  }

  @Override
  public String getMessage() {
    return "guest exception " + vector + (hasErrorCode ? ", error code " + errorCode : "");
  }
}
