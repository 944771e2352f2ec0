package dev.gnomon.machine.processor;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TlbTest {
  private static final long GVA = 0x7f12_3456_7000L;
  private static final long HPA = 0x4_0000_0000L;
  private static final long READ_WRITE = Translation.READ | Translation.WRITE;

  private final Tlb tlb = new Tlb(TlbConfig.DEFAULT);

  private static long page(int level, long supervisor, long user, long flags) {
    return Translation.make(HPA, level, supervisor, user, flags);
  }

  private long first(boolean isUser, long gva, int kind) {
    return Tlb.lookup(tlb.first(isUser), gva, kind);
  }

  @Test
  void theFirstLevelServesWhatTheModeAllows() {
    long translation = page(1, Translation.ALL, Translation.READ, Translation.DIRTY);
    tlb.fillFirst(GVA, translation, false);
    tlb.fillFirst(GVA, translation, true);
    for (int kind : new int[] {Tlb.READ, Tlb.WRITE, Tlb.FETCH}) {
      assertThat(first(false, GVA + 8, kind)).isEqualTo(HPA + 8);
    }
    assertThat(first(true, GVA, Tlb.READ)).isEqualTo(HPA);
    assertThat(first(true, GVA, Tlb.WRITE)).isEqualTo(-1);
    assertThat(first(true, GVA, Tlb.FETCH)).isEqualTo(-1);
  }

  @Test
  void theFirstLevelServesNoWriteThatMustSetDirty() {
    tlb.fillFirst(GVA, page(1, READ_WRITE, 0, 0), false);
    assertThat(first(false, GVA, Tlb.READ)).isEqualTo(HPA);
    assertThat(first(false, GVA, Tlb.WRITE)).isEqualTo(-1);
  }

  @Test
  void anotherPageAtTheSamePlaceIsNotTakenForThisOne() {
    tlb.fillFirst(GVA, page(1, READ_WRITE, 0, 0), false);
    assertThat(first(false, GVA + 512 * 0x1000, Tlb.READ)).isEqualTo(-1);
  }

  @Test
  void aLargePageServesEveryPieceAndGoesWhole() {
    long translation = page(2, READ_WRITE, 0, Translation.DIRTY);
    long base = GVA & -1L << 21;
    tlb.insert(base + 0x5000, translation);
    assertThat(tlb.find(base + 0x1f_f000)).isEqualTo(translation);
    assertThat(Translation.hpa(translation, base + 0x1f_f008)).isEqualTo(HPA + 0x1f_f008);
    tlb.fillFirst(base + 0x5000, translation, false);
    tlb.fillFirst(base + 0x6000, translation, false);
    tlb.drop(base + 0x5000);
    assertThat(tlb.find(base + 0x6000)).isZero();
    assertThat(first(false, base + 0x6000, Tlb.READ)).isEqualTo(-1);
  }

  @Test
  void aLoadOfCr3LeavesWhatIsGlobal() {
    tlb.insert(GVA, page(1, READ_WRITE, 0, Translation.GLOBAL));
    tlb.insert(GVA + 0x1000, page(1, READ_WRITE, 0, 0));
    tlb.fillFirst(GVA + 0x1000, page(1, READ_WRITE, 0, 0), false);
    tlb.dropNonGlobal();
    assertThat(tlb.find(GVA)).isNotZero();
    assertThat(tlb.find(GVA + 0x1000)).isZero();
    assertThat(first(false, GVA + 0x1000, Tlb.READ)).isEqualTo(-1);
    tlb.drop(GVA);
    assertThat(tlb.find(GVA)).as("INVLPG drops global ones too").isZero();
  }

  @Test
  void aFaultDropsThePageOfItsAddress() {
    tlb.insert(GVA, page(1, Translation.READ, Translation.READ, 0));
    tlb.fillFirst(GVA, page(1, Translation.READ, Translation.READ, 0), true);
    tlb.dropFaulting(GVA);
    assertThat(tlb.find(GVA)).isZero();
    assertThat(first(true, GVA, Tlb.READ)).isEqualTo(-1);
  }

  @Test
  void clearingDropsEverything() {
    for (int level = 1; level <= 3; level++) {
      tlb.insert(GVA, page(level, READ_WRITE, 0, Translation.GLOBAL));
    }
    tlb.fillFirst(GVA, page(1, READ_WRITE, 0, 0), false);
    tlb.clear();
    assertThat(tlb.find(GVA)).isZero();
    assertThat(first(false, GVA, Tlb.READ)).isEqualTo(-1);
  }
}
