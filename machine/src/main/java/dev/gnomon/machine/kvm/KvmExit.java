package dev.gnomon.machine.kvm;

import java.util.HexFormat;
import java.util.List;

/** Why KVM_RUN returned. The words are the recorder's, the numbers the kernel's. */
sealed interface KvmExit {

  /** A program's OUT; of a REP OUTS the first item. */
  record Out(int port, long value) implements KvmExit {}

  /** An IN, which has been answered with zeros. */
  record In(int port) implements KvmExit {}

  /** A read that no slot answers; it reads as 5a in every byte. */
  record MmioRead(long gpa, int size) implements KvmExit {}

  record MmioWrite(long gpa, int size, long value) implements KvmExit {}

  record Halt() implements KvmExit {}

  /** A signal was waiting: the thread was kicked. */
  record Interrupted() implements KvmExit {}

  /** The end of the vCPU: nothing here can make it go on. */
  sealed interface Trouble extends KvmExit {

    /** As the recorder prints it, after the vCPU's number. */
    String words();

    /** What it means, in a few words. */
    String meaning();
  }

  /** A triple fault, or what KVM takes for one. */
  record Shutdown() implements Trouble {
    @Override
    public String words() {
      return "exit_reason 8";
    }

    @Override
    public String meaning() {
      return "shutdown (triple fault)";
    }
  }

  /** The vCPU's dirty ring must be harvested before it may go on. */
  record RingFull() implements Trouble {
    @Override
    public String words() {
      return "exit_reason 31";
    }

    @Override
    public String meaning() {
      return "its dirty ring is full";
    }
  }

  /**
   * KVM could not go on.
   *
   * @param instruction the bytes that it could not emulate; none if that was not it
   */
  record InternalError(int suberror, List<Long> facts, byte[] instruction) implements Trouble {
    private static final int EMULATION = 1;
    private static final int MOST_PRINTED = 6;

    @Override
    public String words() {
      StringBuilder text =
          new StringBuilder(
              "exit_reason 17 internal suberror %d ndata %d:".formatted(suberror, facts.size()));
      facts.stream().limit(MOST_PRINTED).forEach(fact -> text.append(" %x".formatted(fact)));
      return text.toString();
    }

    @Override
    public String meaning() {
      if (suberror != EMULATION) {
        return "internal error " + suberror;
      }
      String bytes = HexFormat.ofDelimiter(" ").formatHex(instruction);
      return "cannot emulate the instruction" + (bytes.isEmpty() ? "" : ": " + bytes);
    }
  }

  /** The processor refused the guest's state. */
  record FailedEntry(long reason) implements Trouble {
    @Override
    public String words() {
      return "exit_reason 9 fail_entry %x".formatted(reason);
    }

    @Override
    public String meaning() {
      return "the processor refuses the guest's state: %x".formatted(reason);
    }
  }

  /** KVM_RUN itself failed. */
  record Failed(String error, int reason) implements Trouble {
    @Override
    public String words() {
      return "KVM_RUN: %s (exit_reason %d)".formatted(error, reason);
    }

    @Override
    public String meaning() {
      return "KVM_RUN: " + error;
    }
  }

  /** What this program does not know. */
  record Unknown(int reason) implements Trouble {
    @Override
    public String words() {
      return "exit_reason " + reason;
    }

    @Override
    public String meaning() {
      return "exit for a reason that is not known here: " + reason;
    }
  }
}
