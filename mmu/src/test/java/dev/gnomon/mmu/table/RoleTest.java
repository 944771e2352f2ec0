package dev.gnomon.mmu.table;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gnomon.mmu.arch.ControlBits;
import dev.gnomon.mmu.arch.ControlRegisters;
import org.junit.jupiter.api.Test;

/** Role words as Linux 6.12 printed them. */
class RoleTest {
  private static ControlRegisters registers(long cr0, long cr4, long efer) {
    return new ControlRegisters(cr0, 0, cr4, efer, 0, false, false);
  }

  @Test
  void aTdpRootIsDirectWithWriteProtect() {
    assertThat(Role.direct(4, false)).isEqualTo(0x3784);
    assertThat(Role.direct(3, true)).isEqualTo(0x13783);
  }

  @Test
  void aGuestWithoutPagingHasNoWriteProtect() {
    assertThat(Role.shadow(registers(0x10031, 0, 0))).isEqualTo(0x1783);
  }

  @Test
  void theLevelsAndEntriesOfEachModeShow() {
    assertThat(Role.shadow(registers(0x80010031L, 0, 0))).isEqualTo(0x3713);
    assertThat(Role.shadow(registers(0x80010031L, 0x20, 0x800))).isEqualTo(0x3703);
    assertThat(Role.shadow(registers(0x80010031L, 0x20, 0xd00))).isEqualTo(0x3704);
    assertThat(Role.shadow(registers(0x80010031L, 0x1020, 0xd00))).isEqualTo(0x3705);
  }

  @Test
  void smepAndSmapCountOnlyWithoutWriteProtect() {
    long cr4 = ControlBits.CR4_PAE | ControlBits.CR4_SMEP | ControlBits.CR4_SMAP;
    assertThat(Role.shadow(registers(0x80000031L, cr4, 0xd00))).isEqualTo(0xd704);
    assertThat(Role.shadow(registers(0x80010031L, cr4, 0xd00))).isEqualTo(0x3704);
  }

  @Test
  void aQuarterOf32BitPagingHasItsQuadrant() {
    int root = Role.shadow(registers(0x80010031L, 0, 0));
    assertThat(Role.ofQuarter(root, 2, 3)).isEqualTo(0x3772);
    assertThat(Role.child(Role.ofQuarter(root, 2, 3), 4, false, Role.ALL)).isEqualTo(0x3711);
    assertThat(Role.child(Role.ofQuarter(root, 2, 3), 5, false, Role.ALL)).isEqualTo(0x3731);
  }

  @Test
  void aChildInheritsAllButItsPlace() {
    assertThat(Role.child(0x3704, 7, false, Role.USER | Role.EXECUTE)).isEqualTo(0x3503);
    assertThat(Role.child(0x3702, 7, true, Role.ALL)).isEqualTo(0x3781);
    assertThat(Role.areOfOneMode(0x3704, 0x3581)).isTrue();
    assertThat(Role.areOfOneMode(0x3704, 0x1704)).isFalse();
  }
}
