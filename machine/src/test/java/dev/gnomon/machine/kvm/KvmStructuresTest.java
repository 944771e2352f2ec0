package dev.gnomon.machine.kvm;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gnomon.machine.recorder.GuestMode;
import dev.gnomon.machine.recorder.InitialState;
import dev.gnomon.machine.recorder.RecordedRun;
import dev.gnomon.machine.x86.CpuState;
import java.lang.foreign.Arena;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The kernel's structures and request numbers, which no kernel is needed to check. */
class KvmStructuresTest {

  @Test
  void requestsHaveTheKernelsNumbers() {
    assertThat(KvmRequests.CREATE_VM).isEqualTo(0xae01);
    assertThat(KvmRequests.GET_SUPPORTED_CPUID).isEqualTo(0xc008ae05L);
    assertThat(KvmRequests.GET_DIRTY_LOG).isEqualTo(0x4010ae42);
    assertThat(KvmRequests.SET_USER_MEMORY_REGION).isEqualTo(0x4020ae46);
    assertThat(KvmRequests.RUN).isEqualTo(0xae80);
    assertThat(KvmRequests.GET_REGS).isEqualTo(0x8090ae81L);
    assertThat(KvmRequests.SET_SREGS).isEqualTo(0x4138ae84);
    assertThat(KvmRequests.SET_SIGNAL_MASK).isEqualTo(0x4004ae8b);
    assertThat(KvmRequests.ENABLE_CAPABILITY).isEqualTo(0x4068aea3);
    assertThat(KvmRequests.CLEAR_DIRTY_LOG).isEqualTo(0xc018aec0L);
    assertThat(KvmRequests.RESET_DIRTY_RINGS).isEqualTo(0xaec7);
  }

  @Test
  void whatDependsOnTheExitBeginsAtByte32() {
    assertThat(KvmLayouts.RUN.byteSize()).isEqualTo(32);
    assertThat(KvmLayouts.RUN.byteOffset(PathElement.groupElement("immediate_exit"))).isEqualTo(1);
    assertThat(KvmLayouts.RUN.byteOffset(PathElement.groupElement("exit_reason"))).isEqualTo(8);
    assertThat(KvmLayouts.IO.byteOffset(PathElement.groupElement("data_offset"))).isEqualTo(8);
    assertThat(KvmLayouts.MMIO.byteOffset(PathElement.groupElement("is_write"))).isEqualTo(20);
  }

  @Test
  void narrowFieldsAreZeroExtended() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment segment = arena.allocate(KvmLayouts.SEGMENT);
      KvmLayouts.set(segment, KvmLayouts.SEGMENT, "limit", -1);
      KvmLayouts.set(segment, KvmLayouts.SEGMENT, "selector", 0xfff8);
      KvmLayouts.set(segment, KvmLayouts.SEGMENT, "type", 0x1ff);
      assertThat(KvmLayouts.get(segment, KvmLayouts.SEGMENT, "limit")).isEqualTo(0xffff_ffffL);
      assertThat(KvmLayouts.get(segment, KvmLayouts.SEGMENT, "selector")).isEqualTo(0xfff8);
      assertThat(KvmLayouts.get(segment, KvmLayouts.SEGMENT, "type")).isEqualTo(0xff);
      assertThat(segment.get(ValueLayout.JAVA_BYTE, 15)).as("present").isZero();
    }
  }

  @ParameterizedTest
  @EnumSource(GuestMode.class)
  void registersComeBackAsTheyWerePut(GuestMode mode) {
    RecordedRun run =
        new RecordedRun("x", mode, 0, "x", 2 << 20, List.of(), false, false, false, 0, 2);
    CpuState put = InitialState.of(run, 1);
    for (int i = 0; i < 16; i++) {
      put.gpr[i] = 0x0101_0101_0101_0101L * i;
    }
    put.cr2 = 0x1234;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment general = arena.allocate(KvmLayouts.REGS);
      MemorySegment system = arena.allocate(KvmLayouts.SREGS);
      VcpuRegisters.putGeneral(put, general);
      VcpuRegisters.putSystem(put, system);
      CpuState taken = VcpuRegisters.take(general, system);
      assertThat(taken.gpr).isEqualTo(put.gpr);
      assertThat(taken.rip).isEqualTo(put.rip);
      assertThat(taken.rflags()).isEqualTo(put.rflags());
      assertThat(texts(taken)).isEqualTo(texts(put));
      assertThat(List.of(taken.cr0, taken.cr2, taken.cr3, taken.cr4, taken.efer))
          .isEqualTo(List.of(put.cr0, put.cr2, put.cr3, put.cr4, put.efer));
      assertThat(List.of(taken.gdtr.base, taken.gdtr.limit, taken.idtr.base, taken.idtr.limit))
          .isEqualTo(List.of(put.gdtr.base, put.gdtr.limit, put.idtr.base, put.idtr.limit));
      assertThat(taken.cpl).isEqualTo(put.cpl);
    }
  }

  private static List<String> texts(CpuState state) {
    return List.of(List.of(state.segments).toString(), state.tr.toString(), state.ldtr.toString());
  }
}
