package dev.gnomon.machine.x86;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gnomon.mmu.platform.PhysicalMemory;
import org.junit.jupiter.api.Test;

/** Code that changes, by whomever, is executed as it is. */
class BlockCacheTest {
  private static final String RETURN_1 = "b801000000 c3";
  private static final String RETURN_2 = "b802000000 c3";
  private static final long FUNCTION = 0x4_0000;

  /** call FUNCTION; hlt. */
  private static final String CALL = "e8fbff0200 f4";

  @Test
  void aStoreIntoTheNextInstructionOfTheSameBlockCounts() {
    try (CodeRig rig = new CodeRig(8)) {
      // movb $0x2a, 1(%rip); mov $1, %eax; hlt
      rig.run("c605010000002a b801000000 f4", 100);
      assertThat(rig.state().gpr[CpuState.RAX]).isEqualTo(0x2a);
    }
  }

  @Test
  void aLoopThatChangesItselfIsExecutedAsItIsEachTime() {
    try (CodeRig rig = new CodeRig(8)) {
      // mov $3, %ecx; 1: add $1, %eax; incb -2(%rip) [the 1]; dec %ecx; jnz 1b; hlt
      rig.run("b903000000 83c001 fe05f9ffffff ffc9 75f3 f4", 100);
      assertThat(rig.state().gpr[CpuState.RAX]).isEqualTo(1 + 2 + 3);
    }
  }

  @Test
  void aStoreOfAnotherVcpuCounts() {
    try (CodeRig rig = new CodeRig(8, 2, new CodeRig.QuietBoard())) {
      rig.put(FUNCTION, RETURN_1);
      assertThat(call(rig)).isEqualTo(1);
      // movb $2, FUNCTION+1; hlt
      rig.put(0x5_0000, "c6042501000400 02 f4");
      rig.cpu(1).state().rip = 0x5_0000;
      assertThat(rig.cpu(1).run(100)).isEqualTo(StopReason.HALTED);
      assertThat(call(rig)).isEqualTo(2);
    }
  }

  @Test
  void aVcpuThatSpinsOnCodeSeesAnotherChangeIt() {
    try (CodeRig rig = new CodeRig(8, 2, new CodeRig.QuietBoard())) {
      rig.put(FUNCTION, RETURN_1);
      // 1: call FUNCTION; cmp $2, %eax; jne 1b; hlt
      rig.put(CodeRig.CODE, "e8fbff0200 83f802 75f6 f4");
      // mov $100000, %ecx; 1: dec %ecx; jnz 1b; movb $2, FUNCTION+1; hlt
      rig.put(0x5_0000, "b9a0860100 ffc9 75fc c6042501000400 02 f4");
      rig.cpu(1).state().rip = 0x5_0000;
      rig.threads().start(0, "spins", cpu -> rig.cpu(0).run(200_000_000));
      rig.threads().start(1, "changes", cpu -> rig.cpu(1).run(Long.MAX_VALUE));
      rig.threads().join();
      assertThat(rig.state().gpr[CpuState.RAX]).isEqualTo(2);
    }
  }

  @Test
  void aPageThatTheGuestRemapsIsExecutedAsItIsThere() {
    try (CodeRig rig = new CodeRig(8)) {
      rig.page();
      rig.put(FUNCTION, RETURN_1);
      rig.put(FUNCTION + 0x1000, RETURN_2);
      // call FUNCTION; mov %eax, %ebx; mov %rdx, (%rsi); invlpg FUNCTION; call FUNCTION; hlt
      rig.state().gpr[CpuState.RSI] = CodeRig.entry(FUNCTION);
      rig.state().gpr[CpuState.RDX] = FUNCTION + 0x1000 | 0x67;
      rig.run("e8fbff0200 89c3 488916 0f013c2500000400 e8e9ff0200 f4", 100);
      assertThat(rig.state().gpr[CpuState.RBX]).isEqualTo(1);
      assertThat(rig.state().gpr[CpuState.RAX]).isEqualTo(2);
    }
  }

  @Test
  void aPageThatTheHostTakesAwayAndBringsBackWithOtherContentsIsExecutedAsItIs() {
    try (CodeRig rig = new CodeRig(8)) {
      rig.put(FUNCTION, RETURN_1);
      assertThat(call(rig)).isEqualTo(1);
      long hvn = rig.vm().baseHvn() + PhysicalMemory.pfn(FUNCTION);
      rig.vm().mmu().notifier().invalidateStart(rig.hostCpu(), hvn, hvn + 1);
      rig.put(FUNCTION, RETURN_2);
      rig.vm().mmu().notifier().invalidateEnd(rig.hostCpu(), hvn, hvn + 1);
      assertThat(call(rig)).isEqualTo(2);
    }
  }

  @Test
  void whatTheHostWritesIsExecuted() {
    try (CodeRig rig = new CodeRig(8)) {
      rig.put(FUNCTION, RETURN_1);
      assertThat(call(rig)).isEqualTo(1);
      rig.put(FUNCTION, RETURN_2);
      assertThat(call(rig)).isEqualTo(2);
    }
  }

  @Test
  void anInstructionInTwoPagesIsExecutedAsBothAre() {
    try (CodeRig rig = new CodeRig(8)) {
      long at = FUNCTION + 0x1000 - 2;
      // jmp there; mov $0x01020304, %eax in two pages; hlt
      rig.put(at, "b804 030201 f4");
      rig.put(CodeRig.CODE, "e9" + "f9 0f 03 00");
      rig.state().rip = CodeRig.CODE;
      rig.cpu().run(100);
      assertThat(rig.state().gpr[CpuState.RAX]).isEqualTo(0x01020304);
      rig.put(FUNCTION + 0x1000, "05");
      rig.cpu().wake();
      rig.state().rip = CodeRig.CODE;
      rig.cpu().run(100);
      assertThat(rig.state().gpr[CpuState.RAX]).isEqualTo(0x01020504);
    }
  }

  @Test
  void theSameBytesElsewhereBranchFromThere() {
    try (CodeRig rig = new CodeRig(8)) {
      rig.page();
      // call +0; pop %rax; hlt: once at its own address, once through another that maps there.
      rig.put(FUNCTION, "e800000000 58 f4");
      rig.map(FUNCTION + 0x8000, FUNCTION | 0x67);
      rig.state().rip = FUNCTION;
      rig.cpu().run(100);
      assertThat(rig.state().gpr[CpuState.RAX]).isEqualTo(FUNCTION + 5);
      rig.state().rip = FUNCTION + 0x8000;
      rig.cpu().wake();
      rig.cpu().run(100);
      assertThat(rig.state().gpr[CpuState.RAX]).isEqualTo(FUNCTION + 0x8005);
    }
  }

  @Test
  void aBlockIsFoundWhileItsBytesAreThereWhateverLiesBesideThem() {
    try (CodeRig rig = new CodeRig(8)) {
      PhysicalMemory memory = rig.host();
      rig.put(FUNCTION, "9090909090909090 9090909090909090");
      long hpa = rig.hpa(FUNCTION, true);
      BlockCache cache = new BlockCache(memory);
      byte[] bytes = {(byte) 0x90, (byte) 0x90, (byte) 0x90};
      Block block =
          new Block(
              hpa + 6,
              0x1006,
              8,
              new Operation[] {new Operations.Undefined()},
              shorts(3),
              0,
              bytes);
      cache.add(block);
      assertThat(cache.find(hpa + 6, 0x1006, 8)).isSameAs(block);
      assertThat(cache.find(hpa + 6, 0x1006, 4)).isNull();
      assertThat(cache.find(hpa + 6, 0x2006, 8)).isNull();
      memory.setByte(hpa + 5, (byte) 0);
      memory.setByte(hpa + 9, (byte) 0);
      assertThat(cache.find(hpa + 6, 0x1006, 8)).isSameAs(block);
      memory.setByte(hpa + 8, (byte) 0);
      assertThat(cache.find(hpa + 6, 0x1006, 8)).isNull();
    }
  }

  private static short[] shorts(int length) {
    return new short[] {0, (short) length};
  }

  private static long call(CodeRig rig) {
    rig.cpu().wake();
    rig.run(CALL, 100);
    return rig.state().gpr[CpuState.RAX];
  }
}
