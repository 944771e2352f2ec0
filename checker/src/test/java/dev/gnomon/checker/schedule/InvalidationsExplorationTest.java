package dev.gnomon.checker.schedule;

import static dev.gnomon.mmu.platform.PhysicalMemory.hpa;
import static dev.gnomon.mmu.platform.PhysicalMemory.pfn;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gnomon.checker.property.Property;
import dev.gnomon.machine.thread.Execution;
import dev.gnomon.mmu.fault.Invalidations;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.SharedWords;
import dev.gnomon.mmu.sync.MmuLock;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** {@link Invalidations} under faults, with the check and without, in every interleaving. */
class InvalidationsExplorationTest {
  private static final long HVN = 7;

  /** How a fault uses them. */
  private enum Fault {
    AS_MEANT,
    /** Maps what the host gave without a look. */
    WITHOUT_THE_CHECK,
    /** Reads the count only when the host has answered. */
    WITH_A_LATE_COUNT,
    /** Looks before it takes the lock. */
    WITH_AN_EARLY_CHECK
  }

  /** A page of the host that moves to another frame, and an SPTE that maps it. */
  private static final class Page {
    final Execution execution;
    final MmuLock mmuLock;
    final Invalidations invalidations;
    final SharedWords host;
    final SharedWords spte;
    final SharedWords other;

    Page(Execution execution) {
      this.execution = execution;
      mmuLock = execution.synchronization().mmuLock();
      invalidations = new Invalidations(execution.platform(), mmuLock);
      host = execution.platform().newWords(1);
      spte = execution.platform().newWords(1);
      other = execution.platform().newWords(1);
      host.set(0, hpa(execution.platform().frames().allocate(execution.cpu(1))));
    }

    void fault(Cpu cpu, Fault how) {
      while (true) {
        cpu.attempting();
        long sequence = invalidations.sequence();
        long frame = host.get(0);
        if (how == Fault.WITH_A_LATE_COUNT) {
          sequence = invalidations.sequence();
        }
        boolean isGone = invalidations.haveCovered(HVN, sequence);
        mmuLock.readLock(cpu);
        if (how != Fault.WITH_AN_EARLY_CHECK) {
          isGone = invalidations.haveCovered(HVN, sequence);
        }
        if (how == Fault.WITHOUT_THE_CHECK || (frame != 0 && !isGone)) {
          spte.set(0, frame);
          mmuLock.readUnlock(cpu);
          return;
        }
        mmuLock.readUnlock(cpu);
        cpu.retrying();
      }
    }

    void invalidate(Cpu cpu) {
      long fresh = hpa(execution.platform().frames().allocate(cpu));
      mmuLock.writeLock(cpu);
      invalidations.begin(cpu, HVN, HVN + 1);
      spte.set(0, 0);
      mmuLock.writeUnlock(cpu);
      long old = host.getAndSet(0, fresh);
      mmuLock.writeLock(cpu);
      invalidations.end(cpu);
      mmuLock.writeUnlock(cpu);
      execution.platform().frames().free(cpu, pfn(old));
    }

    /** An invalidation of something else. */
    void invalidateOther(Cpu cpu) {
      mmuLock.writeLock(cpu);
      invalidations.begin(cpu, HVN + 1, HVN + 2);
      mmuLock.writeUnlock(cpu);
      mmuLock.writeLock(cpu);
      invalidations.end(cpu);
      mmuLock.writeUnlock(cpu);
    }

    /** What the guest does with what is mapped. */
    void use() {
      long mapped = spte.get(0);
      if (mapped != 0) {
        execution.platform().memory().getLong(mapped);
      }
    }
  }

  private static void faultAndInvalidate(Execution execution, Fault how, boolean twice) {
    Page page = new Page(execution);
    execution.start(0, "faults", cpu -> page.fault(cpu, how));
    execution.start(
        1,
        "invalidates",
        cpu -> {
          page.invalidate(cpu);
          if (twice) {
            page.invalidate(cpu);
          }
        });
    execution.join();
    page.use();
  }

  @ParameterizedTest
  @MethodSource("dev.gnomon.checker.schedule.Setting#all")
  void aFaultMapsNothingThatTheHostTookAway(Setting setting) {
    setting.assertSafe(
        2, execution -> faultAndInvalidate(execution, Fault.AS_MEANT, setting.hasAbstractLocks()));
  }

  @ParameterizedTest
  @MethodSource("dev.gnomon.checker.schedule.Setting#all")
  void norDoOverlappingInvalidationsLetItMapSomethingStale(Setting setting) {
    if (setting.hasAbstractLocks()) {
      setting.assertSafe(
          3,
          execution -> {
            Page page = new Page(execution);
            execution.start(0, "faults", cpu -> page.fault(cpu, Fault.AS_MEANT));
            execution.start(1, "invalidates", page::invalidate);
            execution.start(2, "invalidates another", page::invalidateOther);
            execution.join();
            page.use();
          });
    }
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "AS_MEANT")
  void otherwiseItDoes(Fault how) {
    for (Setting setting : Setting.all().toList()) {
      assertThat(
              setting
                  .assertRefuted(2, execution -> faultAndInvalidate(execution, how, false))
                  .property())
          .isEqualTo(Property.NO_USE_AFTER_FREE);
    }
  }
}
