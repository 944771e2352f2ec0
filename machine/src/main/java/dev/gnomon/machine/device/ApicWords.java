package dev.gnomon.machine.device;

import dev.gnomon.mmu.platform.Platform;
import dev.gnomon.mmu.platform.SharedWords;
import dev.gnomon.mmu.sync.Rendezvous;
import dev.gnomon.mmu.tlb.Requests;

/**
 * What vCPUs share of their local APICs, for each a line of words: events that it has yet to take,
 * how it is addressed, and the vectors requested of it.
 *
 * <p>Who sends sets a bit here, by a read-modify-write, and then requests the vCPU through the
 * rendezvous; the vCPU takes the request, then looks here. So no event is left behind: if it looks
 * too early, the request comes after.
 */
final class ApicWords {
  /** The vCPU is to be initialised and then to wait for a start-up interrupt. */
  static final long INIT = 1;

  /** A start-up interrupt; its vector is in {@link #SIPI_VECTOR}. */
  static final long SIPI = 1L << 1;

  static final long NMI = 1L << 2;

  /** The alarm that the vCPU set has gone off. */
  static final long ALARM = 1L << 3;

  /** Something happened to the devices that interrupt this vCPU. */
  static final long DEVICES = 1L << 4;

  private static final int SIPI_SHIFT = 8;

  /** Where an {@link #SIPI}'s vector is among the events. */
  static final long SIPI_VECTOR = 0xffL << SIPI_SHIFT;

  static final int VECTORS = 256;

  private static final int EVENTS = 0;
  private static final int ADDRESS = 1;
  private static final int REQUESTED = 2;
  private static final int LEVEL = 6;

  private final SharedWords[] words;
  private final Rendezvous rendezvous;

  ApicWords(Platform platform, Rendezvous rendezvous, int vcpus) {
    this.rendezvous = rendezvous;
    words = new SharedWords[vcpus];
    for (int i = 0; i < vcpus; i++) {
      words[i] = platform.newWords(SharedWords.STRIDE);
    }
  }

  int vcpus() {
    return words.length;
  }

  /** Has the vCPU look at what is here. */
  void wake(int vcpu) {
    rendezvous.request(vcpu, Requests.EVENT);
  }

  // --- events ---

  /** Tells a vCPU of an event. */
  void send(int vcpu, long event) {
    words[vcpu].getAndOr(EVENTS, event);
    wake(vcpu);
  }

  /** INIT: a start-up interrupt that came before it counts no more. */
  void sendInit(int vcpu) {
    words[vcpu].getAndAnd(EVENTS, ~(SIPI | SIPI_VECTOR));
    send(vcpu, INIT);
  }

  /** A start-up interrupt. The first one counts, should there be two before the vCPU looks. */
  void sendStartUp(int vcpu, int vector) {
    SharedWords mine = words[vcpu];
    long seen = mine.get(EVENTS);
    while ((seen & SIPI) == 0) {
      long held = mine.compareAndExchange(EVENTS, seen, seen | SIPI | (long) vector << SIPI_SHIFT);
      if (held == seen) {
        break;
      }
      seen = held;
    }
    wake(vcpu);
  }

  /** The events of a vCPU. */
  long events(int vcpu) {
    return words[vcpu].get(EVENTS);
  }

  /** Takes events; returns which of them there were. By the vCPU's CPU. */
  long take(int vcpu, long events) {
    SharedWords mine = words[vcpu];
    return (mine.get(EVENTS) & events) == 0 ? 0 : mine.getAndAnd(EVENTS, ~events) & events;
  }

  static int startUpVector(long events) {
    return (int) (events >>> SIPI_SHIFT) & 0xff;
  }

  // --- addresses ---

  /** How a vCPU's APIC is addressed: an {@link ApicAddress}. */
  long address(int vcpu) {
    return words[vcpu].get(ADDRESS);
  }

  void setAddress(int vcpu, long address) {
    words[vcpu].set(ADDRESS, address);
  }

  // --- vectors ---

  /** Requests a vector; true if it was not requested already. Wakes nobody. */
  boolean request(int vcpu, int vector, boolean isLevel) {
    SharedWords mine = words[vcpu];
    long bit = 1L << vector;
    int at = vector / Long.SIZE;
    if (isLevel) {
      mine.getAndOr(LEVEL + at, bit);
    } else if ((mine.get(LEVEL + at) & bit) != 0) {
      mine.getAndAnd(LEVEL + at, ~bit);
    }
    return (mine.getAndOr(REQUESTED + at, bit) & bit) == 0;
  }

  /** The vector is requested no more: it is in service. By the vCPU's CPU. */
  void accept(int vcpu, int vector) {
    words[vcpu].getAndAnd(REQUESTED + vector / Long.SIZE, ~(1L << vector));
  }

  /** The highest vector requested, or -1. */
  int highestRequested(int vcpu) {
    SharedWords mine = words[vcpu];
    for (int at = VECTORS / Long.SIZE - 1; at >= 0; at--) {
      long word = mine.get(REQUESTED + at);
      if (word != 0) {
        return at * Long.SIZE + Long.SIZE - 1 - Long.numberOfLeadingZeros(word);
      }
    }
    return -1;
  }

  /** 32 bits of the requested vectors, as the register IRR shows them. */
  int requested(int vcpu, int which) {
    return half(words[vcpu].get(REQUESTED + which / 2), which);
  }

  /** 32 bits of those vectors that are level-triggered, as the register TMR shows them. */
  int level(int vcpu, int which) {
    return half(words[vcpu].get(LEVEL + which / 2), which);
  }

  /** Forgets every vector. */
  void clearVectors(int vcpu) {
    for (int at = 0; at < VECTORS / Long.SIZE; at++) {
      words[vcpu].getAndSet(REQUESTED + at, 0);
      words[vcpu].getAndSet(LEVEL + at, 0);
    }
  }

  private static int half(long word, int which) {
    return (int) (word >>> Integer.SIZE * (which & 1));
  }
}
