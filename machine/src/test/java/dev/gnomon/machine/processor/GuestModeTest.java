package dev.gnomon.machine.processor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gnomon.mmu.config.MmuConfig;
import dev.gnomon.mmu.config.Stat;
import dev.gnomon.mmu.config.TdpKind;
import dev.gnomon.mmu.sync.Rendezvous;
import dev.gnomon.mmu.tlb.Requests;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class GuestModeTest {
  private final ProcessorRig rig =
      new ProcessorRig(MmuConfig.of(TdpKind.EPT, 1), TlbConfig.DEFAULT);
  private final Vcpu vcpu = rig.vcpu;
  private final Rendezvous rendezvous = rig.vm.mmu().rendezvous();

  @AfterEach
  void close() {
    rig.close();
  }

  @Test
  void anInterruptSerializesAndAnExitOfTheGuestsOwnDoesNot() {
    int before = rig.fences;
    vcpu.leaveGuest();
    assertThat(rig.fences).isEqualTo(before);
    vcpu.enterGuest();
    vcpu.writeLong(0, 1);
    before = rig.fences;
    vcpu.writeLong(0, 2);
    assertThat(rig.fences).isEqualTo(before);
    rendezvous.request(0, Requests.KICK);
    vcpu.writeLong(0, 3);
    assertThat(rig.fences).isGreaterThan(before);
  }

  @Test
  void aRequestIsTakenBeforeTheNextAccess() {
    vcpu.writeLong(0, 1);
    rendezvous.request(0, Requests.TLB_FLUSH);
    long misses = vcpu.tlbMisses();
    vcpu.writeLong(0, 2);
    assertThat(vcpu.tlbMisses()).isEqualTo(misses + 1);
    assertThat(rendezvous.isRequested(0)).isFalse();
    assertThat(rig.vm.mmu().statistics().sum(Stat.REQUEST_EXITS)).isEqualTo(1);
  }

  @Test
  void anObsoleteRootIsReplacedAndTheTlbFlushed() {
    vcpu.writeLong(0, 7);
    long root = rig.vm.mmu().vcpu(0).rootHpa();
    vcpu.leaveGuest();
    rig.vm.mmu().slotChanges().zapAllFast(rig.vm.hostCpu(0));
    vcpu.enterGuest();
    long misses = vcpu.tlbMisses();
    assertThat(vcpu.readLong(0)).isEqualTo(7);
    assertThat(vcpu.tlbMisses()).isEqualTo(misses + 1);
    assertThat(rig.vm.mmu().vcpu(0).rootHpa()).isNotEqualTo(root);
  }

  @Test
  void aPauseIsSeenUntilItIsTakenBack() {
    rendezvous.request(0, Requests.PAUSE);
    vcpu.readLong(0);
    assertThat(vcpu.isPauseRequested()).isTrue();
    vcpu.resume();
    assertThat(vcpu.isPauseRequested()).isFalse();
  }
}
