package dev.gnomon.machine.processor;

import static dev.gnomon.mmu.arch.ControlBits.CR0_ET;
import static dev.gnomon.mmu.arch.ControlBits.CR0_PE;
import static dev.gnomon.mmu.arch.ControlBits.CR0_PG;
import static dev.gnomon.mmu.arch.ControlBits.CR0_WP;
import static dev.gnomon.mmu.arch.ControlBits.CR3_NO_FLUSH;
import static dev.gnomon.mmu.arch.ControlBits.CR4_PAE;
import static dev.gnomon.mmu.arch.ControlBits.CR4_PCIDE;
import static dev.gnomon.mmu.arch.ControlBits.CR4_PGE;
import static dev.gnomon.mmu.arch.ControlBits.CR4_PKE;
import static dev.gnomon.mmu.arch.ControlBits.CR4_SMAP;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.gnomon.mmu.arch.ControlRegisters;
import dev.gnomon.mmu.config.MmuConfig;
import dev.gnomon.mmu.config.TdpKind;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class TranslationControlTest {
  private static final long TOP = 0x10000;
  private static final long GVA = 0x40_0000_0000L;
  private static final long PAGE = 0x20000;
  private static final long GLOBAL = 1 << 8;
  private static final long PDPTES = 0x30020;
  private static final long RESERVED = 1 << 1;

  private ProcessorRig rig = new ProcessorRig(MmuConfig.of(TdpKind.EPT, 1), TlbConfig.DEFAULT);

  @AfterEach
  void close() {
    rig.close();
  }

  private void page(long bits) {
    rig.map(TOP, GVA, PAGE, bits);
    rig.vcpu.writeLong(PAGE, 7);
    rig.vcpu.load(ControlRegisters.longMode(4, TOP, false));
  }

  /** A change of the leaf entry, through memory, that nobody tells the processor of. */
  private void unmap() {
    ControlRegisters registers = rig.vcpu.registers();
    long leaf = rig.memory.getLong(rig.sptep(TOP + 0x3000, 1)) & 0xf_ffff_ffff_f000L;
    rig.memory.setLong(leaf, 0);
    assertThat(rig.vcpu.registers()).isEqualTo(registers);
  }

  private long code(Runnable access) {
    try {
      access.run();
      return -1;
    } catch (ProcessorRig.GuestFault fault) {
      return fault.code;
    }
  }

  private long read() {
    return code(() -> rig.vcpu.readLong(GVA));
  }

  private long write() {
    return code(() -> rig.vcpu.writeLong(GVA, 7));
  }

  // --- flushes ---

  @Test
  void aGlobalTranslationOutlivesMovCr3AndNoChangeOfPge() {
    page(7 | GLOBAL);
    assertThat(read()).isEqualTo(-1);
    unmap();
    rig.vcpu.loadCr3(TOP);
    assertThat(read()).isEqualTo(-1);
    ControlRegisters now = rig.vcpu.registers();
    rig.vcpu.control().loadModes(now.cr0(), now.cr4() & ~CR4_PGE, now.efer());
    assertThat(read()).isZero();
  }

  @Test
  void anotherTranslationGoesWithMovCr3() {
    page(7);
    assertThat(read()).isEqualTo(-1);
    unmap();
    assertThat(read()).isEqualTo(-1);
    rig.vcpu.loadCr3(TOP);
    assertThat(read()).isZero();
  }

  @Test
  void withoutPgeNothingIsGlobal() {
    page(7 | GLOBAL);
    ControlRegisters now = rig.vcpu.registers();
    rig.vcpu.control().loadModes(now.cr0(), now.cr4() & ~CR4_PGE, now.efer());
    assertThat(read()).isEqualTo(-1);
    unmap();
    rig.vcpu.loadCr3(TOP);
    assertThat(read()).isZero();
  }

  @Test
  void theHintOfMovCr3IsNoPartOfCr3() {
    page(7);
    ControlRegisters now = rig.vcpu.registers();
    rig.vcpu.control().loadModes(now.cr0(), now.cr4() | CR4_PCIDE, now.efer());
    assertThat(rig.vcpu.loadCr3(TOP | 5 | CR3_NO_FLUSH)).isTrue();
    assertThat(rig.vcpu.registers().cr3()).isEqualTo(TOP | 5);
    assertThat(read()).isEqualTo(-1);
  }

  @Test
  void invpcidOfAnAddressAndOfAContextIsForTheCurrentPcid() {
    page(7);
    ControlRegisters now = rig.vcpu.registers();
    rig.vcpu.control().loadModes(now.cr0(), now.cr4() | CR4_PCIDE, now.efer());
    rig.vcpu.loadCr3(TOP | 5);
    assertThat(read()).isEqualTo(-1);
    unmap();
    rig.vcpu.control().invpcidAddress(4, GVA);
    rig.vcpu.control().invpcidContext(4);
    assertThat(read()).as("not its own").isEqualTo(-1);
    rig.vcpu.control().invpcidAddress(5, GVA);
    assertThat(read()).isZero();
  }

  @Test
  void invpcidDropsGlobalOnesOnlyWhereItSaysSo() {
    page(7 | GLOBAL);
    assertThat(read()).isEqualTo(-1);
    unmap();
    rig.vcpu.control().invpcidAllButGlobal();
    rig.vcpu.control().invpcidContext(0);
    assertThat(read()).isEqualTo(-1);
    rig.vcpu.control().invpcidAll();
    assertThat(read()).isZero();
  }

  // --- rights without a flush ---

  @Test
  void whatOnlyChangesRightsFlushesNothing() {
    page(5);
    assertThat(read()).isEqualTo(-1);
    ControlRegisters now = rig.vcpu.registers();
    long misses = rig.vcpu.tlbMisses();
    rig.vcpu.control().loadModes(now.cr0(), now.cr4() | CR4_SMAP | CR4_PKE, now.efer());
    rig.vcpu.setPrivilege(false, true);
    assertThat(read()).isEqualTo(-1);
    rig.vcpu.setUser(true);
    assertThat(read()).isEqualTo(-1);
    rig.vcpu.control().setPkru(0);
    assertThat(read()).isEqualTo(-1);
    assertThat(rig.vcpu.tlbMisses()).isEqualTo(misses);
  }

  @Test
  void wpIsObeyedAtOnce() {
    page(1);
    assertThat(write()).isEqualTo(3);
    ControlRegisters now = rig.vcpu.registers();
    rig.vcpu.control().loadModes(now.cr0() & ~CR0_WP, now.cr4(), now.efer());
    assertThat(write()).isEqualTo(-1);
    rig.vcpu.control().loadModes(now.cr0(), now.cr4(), now.efer());
    assertThat(write()).isEqualTo(3);
  }

  @Test
  void smapIsForDataOfUserPagesUnlessAcIsSetAndForImplicitAccessesAlways() {
    page(7);
    assertThat(read()).isEqualTo(-1);
    ControlRegisters now = rig.vcpu.registers();
    rig.vcpu.control().loadModes(now.cr0(), now.cr4() | CR4_SMAP, now.efer());
    assertThat(read()).isEqualTo(1);
    rig.vcpu.setPrivilege(false, true);
    assertThat(read()).isEqualTo(-1);
    assertThat(code(() -> rig.vcpu.readSystem(GVA, 8))).isEqualTo(1);
    rig.vcpu.setPrivilege(true, true);
    assertThat(read()).isEqualTo(-1);
    assertThat(code(() -> rig.vcpu.writeSystem(GVA, 4, 1))).as("U is clear").isEqualTo(3);
  }

  @Test
  void aProtectionKeyIsObeyedAtOnce() {
    page(7 | 3L << 59);
    ControlRegisters now = rig.vcpu.registers();
    rig.vcpu.control().loadModes(now.cr0(), now.cr4() | CR4_PKE, now.efer());
    assertThat(write()).isEqualTo(-1);
    rig.vcpu.control().setPkru(2 << 6);
    assertThat(write()).isEqualTo(1 | 2 | 32);
    assertThat(read()).isEqualTo(-1);
    rig.vcpu.control().setPkru(1 << 6);
    assertThat(read()).isEqualTo(1 | 32);
  }

  // --- PDPTEs ---

  private void pae() {
    rig.vcpu.writeLong(PDPTES, 0x31000 | 1);
    rig.vcpu.writeLong(0x31000, 0x87);
    rig.vcpu.writeLong(PAGE, 7);
  }

  private static ControlRegisters paeRegisters() {
    return new ControlRegisters(CR0_PG | CR0_PE | CR0_ET, PDPTES, CR4_PAE, 0, 0, false, false);
  }

  @Test
  void pdptesAreLoadedAndNotWalked() {
    pae();
    rig.vcpu.load(paeRegisters());
    rig.vcpu.writeLong(PDPTES, 0);
    rig.vcpu.invlpg(PAGE);
    assertThat(rig.vcpu.readLong(PAGE)).isEqualTo(7);
    assertThat(rig.vcpu.loadCr3(PDPTES)).isTrue();
    assertThat(code(() -> rig.vcpu.readLong(PAGE))).isZero();
  }

  @Test
  void pdptesOfAVcpuThatIsSetUpOutsideTheGuestAreLoadedWhenItEnters() {
    pae();
    rig.vcpu.leaveGuest();
    rig.vcpu.load(paeRegisters());
    rig.vcpu.enterGuest();
    assertThat(rig.vcpu.readLong(PAGE)).isEqualTo(7);
  }

  @Test
  void aPdpteWithAReservedBitIsNotLoaded() {
    pae();
    rig.vcpu.load(paeRegisters());
    rig.vcpu.writeLong(PDPTES + 32, RESERVED | 1);
    assertThat(rig.vcpu.loadCr3(PDPTES + 32)).isFalse();
    assertThat(rig.vcpu.registers()).isEqualTo(paeRegisters());
    assertThat(rig.vcpu.readLong(PAGE)).isEqualTo(7);
    rig.vcpu.writeLong(PDPTES + 32, RESERVED);
    assertThat(rig.vcpu.loadCr3(PDPTES + 32)).as("it is not present").isTrue();
  }

  @Test
  void onlySomeBitsOfCr4LoadPdptes() {
    pae();
    rig.vcpu.load(paeRegisters());
    rig.vcpu.writeLong(PDPTES, 0);
    ControlRegisters now = rig.vcpu.registers();
    assertThat(rig.vcpu.control().loadModes(now.cr0() | CR0_WP, CR4_PAE | CR4_SMAP, 0)).isTrue();
    rig.vcpu.setPrivilege(false, true);
    assertThat(rig.vcpu.readLong(PAGE)).isEqualTo(7);
    assertThat(rig.vcpu.control().loadModes(now.cr0(), CR4_PAE | CR4_PGE, 0)).isTrue();
    assertThat(code(() -> rig.vcpu.readLong(PAGE))).isZero();
  }

  @Test
  void aProcessorThatWalksPdptesSeesThemChangeAndFaultsOnReservedBits() {
    rig.close();
    rig = new ProcessorRig(MmuConfig.of(TdpKind.NPT, 1), ProcessorModel.RECORDED);
    pae();
    rig.vcpu.load(paeRegisters());
    assertThat(rig.vcpu.readLong(PAGE)).isEqualTo(7);
    rig.vcpu.writeLong(PDPTES, RESERVED | 0x31001);
    assertThat(rig.vcpu.loadCr3(PDPTES)).isTrue();
    assertThat(code(() -> rig.vcpu.readLong(PAGE))).isEqualTo(9);
  }

  // --- the model, the handler ---

  @Test
  void aProcessorWithoutTagsFindsNothingAfterAnExit() {
    rig.close();
    rig = new ProcessorRig(MmuConfig.of(TdpKind.NPT, 1), ProcessorModel.RECORDED);
    rig.vcpu.writeLong(PAGE, 1);
    long misses = rig.vcpu.tlbMisses();
    rig.vcpu.writeLong(PAGE, 2);
    assertThat(rig.vcpu.tlbMisses()).isEqualTo(misses);
    rig.vcpu.leaveGuest();
    rig.vcpu.enterGuest();
    rig.vcpu.writeLong(PAGE, 3);
    assertThat(rig.vcpu.tlbMisses()).isEqualTo(misses + 1);
    assertThat(rig.vcpu.cachedTranslations()).isNotEmpty();
    rig.vcpu.leaveGuest();
    rig.vcpu.enterGuest();
    assertThat(rig.vcpu.cachedTranslations()).isEmpty();
  }

  @Test
  void aHandlerThatThrowsLeavesThePrivilegeAsItWas() {
    page(3);
    rig.vcpu.setUser(true);
    assertThat(read()).isEqualTo(5);
    assertThat(rig.vcpu.registers().isUser()).isTrue();
    assertThat(read()).isEqualTo(5);
    rig.vcpu.setUser(false);
    assertThat(read()).isEqualTo(-1);
  }

  @Test
  void aWriteThatCrossesPagesIsDoneInBothOrInNeither() {
    page(7);
    assertThatExceptionOfType(ProcessorRig.GuestFault.class)
        .isThrownBy(() -> rig.vcpu.write(GVA + 0xffe, 4, -1))
        .satisfies(fault -> assertThat(fault.code).isEqualTo(2));
    assertThat(rig.vcpu.read(GVA + 0xff8, 8)).isZero();
  }
}
