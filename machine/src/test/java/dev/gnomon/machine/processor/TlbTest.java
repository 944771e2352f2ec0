package dev.gnomon.machine.processor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gnomon.mmu.arch.ControlRegisters;
import dev.gnomon.mmu.arch.GuestEntry;
import dev.gnomon.mmu.arch.Permissions;
import dev.gnomon.mmu.arch.Privilege;
import org.junit.jupiter.api.Test;

class TlbTest {
  private static final long GVA = 0x7f12_3456_7000L;
  private static final long HPA = 0x4_0000_0000L;
  private static final long WRITABLE = GuestEntry.WRITABLE;

  private final Tlb tlb = new Tlb(TlbConfig.DEFAULT);

  private static final Permissions PERMISSIONS =
      new Permissions(ControlRegisters.longMode(4, 0, false));

  private static long page(int level, long guest, long flags) {
    return Translation.make(HPA, level, Translation.ALL, guest, flags);
  }

  private void fillFirst(long gva, long translation, Privilege who) {
    tlb.fillFirst(gva, translation, PERMISSIONS, who);
  }

  private long first(Privilege who, long gva, int kind) {
    return Tlb.lookup(tlb.first(who), gva, kind);
  }

  @Test
  void theFirstLevelServesWhatTheModeAllows() {
    long translation = page(1, GuestEntry.USER, Translation.DIRTY);
    long supervisors = page(1, GuestEntry.WRITABLE, Translation.DIRTY);
    fillFirst(GVA, supervisors, Privilege.SUPERVISOR);
    fillFirst(GVA, translation, Privilege.USER);
    for (int kind : new int[] {Tlb.READ, Tlb.WRITE, Tlb.FETCH}) {
      assertThat(first(Privilege.SUPERVISOR, GVA + 8, kind)).isEqualTo(HPA + 8);
    }
    assertThat(first(Privilege.USER, GVA, Tlb.READ)).isEqualTo(HPA);
    assertThat(first(Privilege.USER, GVA, Tlb.WRITE)).isEqualTo(-1);
    assertThat(first(Privilege.USER, GVA, Tlb.FETCH)).isEqualTo(HPA);
    fillFirst(GVA, supervisors, Privilege.USER);
    assertThat(first(Privilege.USER, GVA, Tlb.READ)).isEqualTo(-1);
  }

  @Test
  void theFirstLevelServesNoWriteThatMustSetDirty() {
    fillFirst(GVA, page(1, WRITABLE, 0), Privilege.SUPERVISOR);
    assertThat(first(Privilege.SUPERVISOR, GVA, Tlb.READ)).isEqualTo(HPA);
    assertThat(first(Privilege.SUPERVISOR, GVA, Tlb.WRITE)).isEqualTo(-1);
  }

  @Test
  void anotherPageAtTheSamePlaceIsNotTakenForThisOne() {
    fillFirst(GVA, page(1, WRITABLE, 0), Privilege.SUPERVISOR);
    assertThat(first(Privilege.SUPERVISOR, GVA + 512 * 0x1000, Tlb.READ)).isEqualTo(-1);
  }

  @Test
  void aLargePageServesEveryPieceAndGoesWhole() {
    long translation = page(2, WRITABLE, Translation.DIRTY);
    long base = GVA & -1L << 21;
    tlb.insert(base + 0x5000, translation);
    assertThat(tlb.find(base + 0x1f_f000)).isEqualTo(translation);
    assertThat(Translation.hpa(translation, base + 0x1f_f008)).isEqualTo(HPA + 0x1f_f008);
    fillFirst(base + 0x5000, translation, Privilege.SUPERVISOR);
    fillFirst(base + 0x6000, translation, Privilege.SUPERVISOR);
    tlb.drop(base + 0x5000);
    assertThat(tlb.find(base + 0x6000)).isZero();
    assertThat(first(Privilege.SUPERVISOR, base + 0x6000, Tlb.READ)).isEqualTo(-1);
  }

  @Test
  void aLoadOfCr3LeavesWhatIsGlobal() {
    tlb.insert(GVA, page(1, WRITABLE, Translation.GLOBAL));
    tlb.insert(GVA + 0x1000, page(1, WRITABLE, 0));
    fillFirst(GVA + 0x1000, page(1, WRITABLE, 0), Privilege.SUPERVISOR);
    tlb.dropNonGlobal();
    assertThat(tlb.find(GVA)).isNotZero();
    assertThat(tlb.find(GVA + 0x1000)).isZero();
    assertThat(first(Privilege.SUPERVISOR, GVA + 0x1000, Tlb.READ)).isEqualTo(-1);
    tlb.drop(GVA);
    assertThat(tlb.find(GVA)).as("INVLPG drops global ones too").isZero();
  }

  @Test
  void aFaultDropsThePageOfItsAddress() {
    tlb.insert(GVA, page(1, GuestEntry.USER, 0));
    fillFirst(GVA, page(1, GuestEntry.USER, 0), Privilege.USER);
    tlb.dropFaulting(GVA);
    assertThat(tlb.find(GVA)).isZero();
    assertThat(first(Privilege.USER, GVA, Tlb.READ)).isEqualTo(-1);
  }

  @Test
  void clearingDropsEverything() {
    for (int level = 1; level <= 3; level++) {
      tlb.insert(GVA, page(level, WRITABLE, Translation.GLOBAL));
    }
    fillFirst(GVA, page(1, WRITABLE, 0), Privilege.SUPERVISOR);
    tlb.clear();
    assertThat(tlb.find(GVA)).isZero();
    assertThat(first(Privilege.SUPERVISOR, GVA, Tlb.READ)).isEqualTo(-1);
  }

  @Test
  void invlpgDropsEveryPieceOfALargerPageOfTheGuests() {
    tlb.insert(GVA, page(1, WRITABLE, Translation.FRACTURED));
    tlb.insert(GVA + 0x1000, page(1, WRITABLE, Translation.FRACTURED));
    tlb.insert(GVA + 0x2000, page(1, WRITABLE, 0));
    fillFirst(GVA + 0x1000, page(1, WRITABLE, Translation.FRACTURED), Privilege.SUPERVISOR);
    tlb.drop(GVA);
    assertThat(tlb.find(GVA)).isZero();
    assertThat(tlb.find(GVA + 0x1000)).isZero();
    assertThat(tlb.find(GVA + 0x2000)).isNotZero();
    assertThat(first(Privilege.SUPERVISOR, GVA + 0x1000, Tlb.READ)).isEqualTo(-1);
  }
}
