package dev.gnomon.checker.mutation;

import dev.gnomon.machine.memory.HostAddressSpace;
import dev.gnomon.mmu.fault.Invalidations;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.PhysicalMemory;
import dev.gnomon.mmu.platform.SharedWords;
import dev.gnomon.mmu.sync.Rendezvous;
import dev.gnomon.mmu.tdp.TdpRoot;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;

/** What faulty code calls in the place of what it should. */
public final class StandIns {
  private StandIns() {}

  /** Makes sure that there is a method of a name. */
  static void require(String name) {
    if (Arrays.stream(StandIns.class.getDeclaredMethods())
        .noneMatch(method -> method.getName().equals(name))) {
      throw new IllegalArgumentException("nothing stands in by the name of " + name);
    }
  }

  // --- read-modify-writes that are none ---

  /** A compare-and-exchange in two steps. */
  public static long compareThenSet(PhysicalMemory memory, long hpa, long expected, long value) {
    long found = memory.getLong(hpa);
    if (found == expected) {
      memory.setLong(hpa, value);
    }
    return found;
  }

  /** A compare-and-exchange that does not compare. */
  public static long setAnyway(PhysicalMemory memory, long hpa, long expected, long value) {
    memory.setLong(hpa, value);
    return expected;
  }

  /** A get-and-set of 8 bytes in two steps, or more. */
  public static long getThenSet(PhysicalMemory memory, long hpa, long value) {
    long found = memory.getLong(hpa);
    memory.setLong(hpa, value);
    return found;
  }

  /** A get-and-set of 4 bytes in two steps. */
  public static int getThenSet(PhysicalMemory memory, long hpa, int value) {
    int found = memory.getInt(hpa);
    memory.setInt(hpa, value);
    return found;
  }

  /** A get-and-set in two steps. */
  public static long getThenSet(SharedWords words, int index, long value) {
    long found = words.get(index);
    words.set(index, value);
    return found;
  }

  /** A get-and-or in two steps. */
  public static long getThenSetBits(SharedWords words, int index, long mask) {
    long found = words.get(index);
    words.set(index, found | mask);
    return found;
  }

  /** A get-and-set that does not set. */
  public static long getOnly(SharedWords words, int index, long value) {
    return words.get(index);
  }

  // --- others ---

  /** Sets requests and does not wait. */
  public static void requestAll(Rendezvous rendezvous, Cpu cpu, long bits) {
    for (int vcpu = 0; vcpu < rendezvous.vcpus(); vcpu++) {
      rendezvous.request(vcpu, bits);
    }
  }

  /** Waits for those in guest mode first, and sets requests then. */
  public static void waitThenRequest(Rendezvous rendezvous, Cpu cpu, long bits) {
    for (int vcpu = 0; vcpu < rendezvous.vcpus(); vcpu++) {
      if (!rendezvous.isInGuestMode(vcpu)) {
        continue;
      }
      rendezvous.request(vcpu, bits);
      rendezvous.awaitExit(cpu, vcpu);
    }
  }

  /** Asks with the sequence of now, not of the time when the host was asked. */
  public static boolean haveCoveredNow(Invalidations invalidations, long hvn, long sequence) {
    return invalidations.haveCovered(hvn, invalidations.sequence());
  }

  /** Those roots that are not on their way out. */
  public static List<TdpRoot> onlyValid(Collection<?> roots) {
    return roots.stream().map(TdpRoot.class::cast).filter(root -> !root.isInvalid()).toList();
  }

  /** Looks a page up without keeping it where it is. */
  public static long lookUp(HostAddressSpace space, Cpu cpu, long hvn, boolean forWrite) {
    return space.resolve(cpu, hvn, forWrite);
  }
}
