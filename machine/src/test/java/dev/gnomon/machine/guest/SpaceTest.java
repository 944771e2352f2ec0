package dev.gnomon.machine.guest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gnomon.machine.processor.Vcpu;
import dev.gnomon.mmu.arch.GuestEntry;
import java.util.EnumSet;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Address spaces of the guest: how they change, and what they share. */
class SpaceTest {
  private static final long GVA = 0x1234_5000L;

  /** Guest code with a kernel that has booted. */
  private interface Code {
    void run(GuestKernel kernel, Vcpu vcpu);
  }

  private static void run(int levels, Set<GuestFeature> features, Code code) {
    try (GuestRig rig = GuestRig.onThreads(GuestRig.shadow(1, levels))) {
      GuestConfig config =
          new GuestConfig(false, false, 1, GuestConfig.DEFAULT_SLICE).with(1, 1, features);
      GuestKernel kernel = new GuestKernel(levels, rig.vm, config);
      rig.run(
          kernel,
          vcpu -> {
            kernel.boot(vcpu, 0);
            code.run(kernel, vcpu);
          });
      assertThat(rig.vm.mmu().audit(rig.vm.hostCpu(0))).isEmpty();
    }
  }

  private static AddressSpace newSpace(GuestKernel kernel, Vcpu vcpu) {
    return kernel.spaceOf(kernel.spaces().create(vcpu));
  }

  private static long mapPage(GuestKernel kernel, Vcpu vcpu, AddressSpace space, long gva) {
    long gpa = kernel.memory().pool().allocateTable(vcpu);
    kernel.memory().tables().map(vcpu, space.cr3(), gva, gpa, PageFaults.USER_BITS, 1);
    return gpa;
  }

  private static Leaf leaf(GuestKernel kernel, Vcpu vcpu, AddressSpace space, long gva) {
    return Objects.requireNonNull(kernel.memory().tables().find(vcpu, space.cr3(), gva));
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 4, 5})
  void theTablesInUseAreSeenThroughTheirOwnTop(int levels) {
    run(
        levels,
        EnumSet.of(GuestFeature.RECURSIVE),
        (kernel, vcpu) -> {
          AddressLayout layout = kernel.layout();
          AddressSpace space = newSpace(kernel, vcpu);
          long gpa = mapPage(kernel, vcpu, space, GVA);
          long direct = leaf(kernel, vcpu, space, GVA).address();
          kernel.loadSpace(vcpu, space);
          Leaf seen = leaf(kernel, vcpu, space, GVA);
          assertThat(seen.address()).isEqualTo(layout.recursiveEntry(GVA, 1)).isNotEqualTo(direct);
          assertThat(seen.gpa()).isEqualTo(gpa);
          long inWindow = mapPage(kernel, vcpu, space, GVA + 4096);
          assertThat(vcpu.read(direct + kernel.layout().mode().entryBytes(), 4) & ~0xfffL)
              .isEqualTo(inWindow & 0xffff_f000L);
          vcpu.writeLong(GVA + 4096, 7);
          assertThat(vcpu.readLong(layout.physicalMap() + inWindow)).isEqualTo(7);
          kernel.unload(vcpu);
        });
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 4, 5})
  void aForkSharesEveryPageReadOnly(int levels) {
    run(
        levels,
        Set.of(),
        (kernel, vcpu) -> {
          AddressSpace parent = newSpace(kernel, vcpu);
          long gpa = mapPage(kernel, vcpu, parent, GVA);
          AddressSpace child = kernel.spaceOf(kernel.spaces().fork(vcpu, parent));
          for (AddressSpace each : Set.of(parent, child)) {
            Leaf leaf = leaf(kernel, vcpu, each, GVA);
            assertThat(leaf.gpa()).isEqualTo(gpa);
            assertThat(leaf.has(GuestEntry.WRITABLE)).isFalse();
            assertThat(leaf.has(PageFaults.COPY_ON_WRITE)).isTrue();
          }
          assertThat(kernel.memory().pool().references(vcpu, gpa)).isEqualTo(2);
        });
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 4, 5})
  void aSpaceThatEndsGivesEveryFrameBack(int levels) {
    run(
        levels,
        EnumSet.of(GuestFeature.RECURSIVE),
        (kernel, vcpu) -> {
          long before = kernel.memory().pool().untouched(vcpu);
          for (int i = 0; i < 3; i++) {
            AddressSpace space = newSpace(kernel, vcpu);
            mapPage(kernel, vcpu, space, GVA);
            mapPage(kernel, vcpu, space, 2 * GVA);
            kernel.loadSpace(vcpu, space);
            vcpu.writeLong(GVA, i);
            kernel.unload(vcpu);
            kernel.spaces().destroy(vcpu, space);
            long after = kernel.memory().pool().untouched(vcpu);
            before = i == 0 ? after : before;
            assertThat(after).isEqualTo(before);
          }
        });
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 4, 5})
  void theFrameOfAnUnmappedTableIsTheNextPagesFrame(int levels) {
    run(
        levels,
        Set.of(),
        (kernel, vcpu) -> {
          AddressSpace space = newSpace(kernel, vcpu);
          mapPage(kernel, vcpu, space, GVA);
          kernel.loadSpace(vcpu, space);
          long table =
              GuestEntry.address(
                  Objects.requireNonNull(
                          kernel.memory().tables().tableEntry(vcpu, space.cr3(), GVA))
                      .gpte());
          vcpu.writeLong(GVA, 1);
          kernel.changes().unmapTable(vcpu, space, GVA);
          assertThat(kernel.memory().tables().find(vcpu, space.cr3(), GVA)).isNull();
          assertThat(kernel.memory().pool().allocate(vcpu)).isEqualTo(table);
          kernel.unload(vcpu);
        });
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 4, 5})
  void aPageThatMovedHasItsContentAndItsOldFrameIsFree(int levels) {
    run(
        levels,
        Set.of(),
        (kernel, vcpu) -> {
          AddressSpace space = newSpace(kernel, vcpu);
          long gpa = mapPage(kernel, vcpu, space, GVA);
          kernel.loadSpace(vcpu, space);
          vcpu.writeLong(GVA + 8, 77);
          kernel.changes().movePage(vcpu, space, GVA);
          assertThat(leaf(kernel, vcpu, space, GVA).gpa()).isNotEqualTo(gpa);
          assertThat(vcpu.readLong(GVA + 8)).isEqualTo(77);
          vcpu.writeLong(GVA + 8, 78);
          assertThat(vcpu.readLong(kernel.layout().physicalMap() + gpa + 8)).isEqualTo(77);
          assertThat(kernel.memory().pool().allocate(vcpu)).isEqualTo(gpa);
          kernel.unload(vcpu);
        });
  }
}
