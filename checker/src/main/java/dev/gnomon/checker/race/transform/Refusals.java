package dev.gnomon.checker.race.transform;

import java.lang.classfile.instruction.InvokeInstruction;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What no code that is explored may do, as far as its instructions show. */
final class Refusals {
  static final String MONITOR = "enters a monitor: a coroutine that waits in it hangs its carrier";

  private static final Set<String> OF_THREADS =
      Set.of("join", "onSpinWait", "sleep", "start", "startVirtualThread", "yield");

  private static final Set<String> OF_MONITORS = Set.of("notify", "notifyAll", "wait");

  private Refusals() {}

  /** Says what is wrong with a call, or null. */
  static @Nullable String of(InvokeInstruction call, boolean isInInitializer) {
    String owner = call.owner().asInternalName();
    String name = call.name().stringValue();
    if (owner.startsWith("java/util/concurrent/")
        && !owner.endsWith("/TimeUnit")
        && !name.equals("<init>")) {
      return "calls "
          + Names.simple(owner)
          + "."
          + name
          + ": what CPUs share goes through the port, where its steps are seen";
    }
    if (owner.equals("java/lang/Thread") && OF_THREADS.contains(name)) {
      return "calls Thread." + name + ": all that runs are the bodies of the execution";
    }
    if (owner.equals("java/lang/ThreadLocal") && !name.equals("<init>")) {
      return "calls ThreadLocal." + name + ": all coroutines of a carrier share its locals";
    }
    if (owner.equals("java/lang/Object") && OF_MONITORS.contains(name)) {
      return "calls Object." + name + ": it hangs the carrier";
    }
    if (isInInitializer && isOfPort(owner) && isStep(call)) {
      return "calls "
          + Names.simple(owner)
          + "."
          + name
          + " in a class initialiser, which must not yield";
    }
    return null;
  }

  private static boolean isOfPort(String owner) {
    return owner.startsWith("dev/gnomon/mmu/platform/") || owner.startsWith("dev/gnomon/mmu/sync/");
  }

  private static boolean isStep(InvokeInstruction call) {
    return switch (call.opcode()) {
      case INVOKEVIRTUAL, INVOKEINTERFACE -> true;
      default -> false;
    };
  }
}
