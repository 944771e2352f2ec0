package dev.gnomon.machine.guest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gnomon.machine.processor.Vcpu;
import dev.gnomon.mmu.arch.GuestEntry;
import dev.gnomon.mmu.config.MmuConfig;
import dev.gnomon.mmu.config.Stat;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** What a guest's doings count as, under KVM's names. */
class ShadowCountersTest {
  private static final long GVA = 0x1234_5000L;
  private static final int LIMIT = 24;

  /** A guest's kernel, one vCPU, and what was counted. */
  private record Subject(GuestRig rig, GuestKernel kernel, Vcpu vcpu) {

    AddressSpace newSpace() {
      return kernel.spaceOf(kernel.spaces().create(vcpu));
    }

    void map(AddressSpace space, long gva) {
      long gpa = kernel.memory().pool().allocateTable(vcpu);
      kernel.memory().tables().map(vcpu, space.cr3(), gva, gpa, PageFaults.USER_BITS, 1);
    }

    void load(AddressSpace space) {
      kernel.loadSpace(vcpu, space);
    }

    /** Where the entry of an address's table is found. */
    long tableEntry(AddressSpace space) {
      return Objects.requireNonNull(kernel.memory().tables().tableEntry(vcpu, space.cr3(), GVA))
          .address();
    }

    /** How much a counter grows by some doing. */
    long growth(Stat stat, Runnable doing) {
      long before = count(stat);
      doing.run();
      return count(stat) - before;
    }

    long count(Stat stat) {
      return rig.vm.mmu().statistics().sum(stat);
    }
  }

  private static void run(MmuConfig mmu, Consumer<Subject> test) {
    try (GuestRig rig = GuestRig.onThreads(mmu)) {
      GuestConfig config =
          new GuestConfig(false, false, 1, GuestConfig.DEFAULT_SLICE).with(1, 1, Set.of());
      GuestKernel kernel = new GuestKernel(4, rig.vm, config);
      rig.run(
          kernel,
          vcpu -> {
            kernel.boot(vcpu, 0);
            test.accept(new Subject(rig, kernel, vcpu));
            kernel.unload(vcpu);
          });
    }
  }

  private static void underShadow(Consumer<Subject> test) {
    run(GuestRig.shadow(1, 4), test);
  }

  @Test
  void aTableThatIsMetForTheFirstTimeIsACacheMiss() {
    underShadow(
        guest -> {
          AddressSpace space = guest.newSpace();
          guest.map(space, GVA);
          long misses =
              guest.growth(
                  Stat.MMU_CACHE_MISS,
                  () -> {
                    guest.load(space);
                    guest.vcpu().readLong(GVA);
                  });
          assertThat(misses).isGreaterThanOrEqualTo(4);
          guest.kernel().unload(guest.vcpu());
          assertThat(
                  guest.growth(
                      Stat.MMU_CACHE_MISS,
                      () -> {
                        guest.load(space);
                        guest.vcpu().readLong(GVA);
                      }))
              .isZero();
        });
  }

  @Test
  void aLastTableThatIsWrittenIsUnsyncUntilCr3IsLoaded() {
    underShadow(
        guest -> {
          AddressSpace space = guest.newSpace();
          guest.map(space, GVA);
          guest.load(space);
          guest.vcpu().readLong(GVA);
          assertThat(guest.growth(Stat.MMU_UNSYNC, () -> guest.map(space, GVA + 4096)))
              .isEqualTo(1);
          assertThat(guest.growth(Stat.MMU_UNSYNC, () -> guest.load(space))).isEqualTo(-1);
        });
  }

  @Test
  void aHigherTableThatIsWrittenThriceWithoutUseIsFlooded() {
    underShadow(
        guest -> {
          AddressSpace space = guest.newSpace();
          guest.map(space, GVA);
          guest.load(space);
          guest.vcpu().readLong(GVA);
          long entry = guest.tableEntry(space) + 8;
          long zapped = guest.count(Stat.MMU_SHADOW_ZAPPED);
          assertThat(guest.growth(Stat.MMU_PTE_WRITE, () -> guest.vcpu().writeLong(entry, 0)))
              .isEqualTo(1);
          assertThat(guest.growth(Stat.MMU_FLOODED, () -> guest.vcpu().writeLong(entry, 0)))
              .isZero();
          assertThat(guest.growth(Stat.MMU_FLOODED, () -> guest.vcpu().writeLong(entry, 0)))
              .isEqualTo(1);
          assertThat(guest.count(Stat.MMU_SHADOW_ZAPPED)).isGreaterThan(zapped);
        });
  }

  @Test
  void whatTheGuestFlushesIsCounted() {
    underShadow(
        guest -> {
          AddressSpace space = guest.newSpace();
          guest.map(space, GVA);
          guest.load(space);
          assertThat(guest.growth(Stat.TLB_FLUSH, () -> guest.load(space))).isEqualTo(1);
          assertThat(guest.growth(Stat.INVLPG, () -> guest.vcpu().invlpg(GVA))).isEqualTo(1);
        });
    run(
        GuestRig.tdp(1),
        guest -> {
          AddressSpace space = guest.newSpace();
          assertThat(guest.growth(Stat.TLB_FLUSH, () -> guest.load(space))).isZero();
        });
  }

  @Test
  void mappedPagesAreAGauge() {
    underShadow(
        guest -> {
          AddressSpace space = guest.newSpace();
          guest.map(space, GVA);
          guest.load(space);
          assertThat(guest.growth(Stat.PAGES_4K, () -> guest.vcpu().readLong(GVA))).isEqualTo(1);
          assertThat(
                  guest.growth(
                      Stat.PAGES_4K,
                      () -> guest.kernel().changes().unmapPage(guest.vcpu(), space, GVA)))
              .isLessThanOrEqualTo(0);
        });
  }

  @Test
  void theOldestPagesAreRecycledWhereThereIsRoomForFew() {
    run(
        GuestRig.shadow(1, 4).withShadowPages(LIMIT),
        guest -> {
          AddressSpace space = guest.newSpace();
          guest.load(space);
          for (int i = 0; i < 2 * LIMIT; i++) {
            guest.map(space, GVA + ((long) i << 21));
            guest.vcpu().readLong(GVA + ((long) i << 21));
          }
          assertThat(guest.count(Stat.MMU_RECYCLED)).isPositive();
        });
  }

  @Test
  void aWriteToATableThatTheGuestDoesNotMapIsNoPteWrite() {
    underShadow(
        guest -> {
          AddressSpace space = guest.newSpace();
          guest.map(space, GVA);
          assertThat(
                  guest.growth(
                      Stat.MMU_PTE_WRITE,
                      () -> guest.vcpu().writeLong(guest.tableEntry(space), GuestEntry.PRESENT)))
              .isZero();
        });
  }
}
