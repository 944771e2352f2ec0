package dev.gnomon.machine.x86;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gnomon.mmu.tlb.Requests;
import org.junit.jupiter.api.Test;

/** What the run loop sees to between instructions. */
class RunLoopTest {
  private static final int VECTOR = 20;

  /** Has an interrupt when it is told so, or when the processor halts. */
  private static final class InterruptingBoard extends CodeRig.QuietBoard {
    private boolean isPending;
    private boolean hasMoreOnHalt;
    private int halts;

    @Override
    public int nextInterrupt(X86Cpu cpu) {
      if (isPending && cpu.isInterruptible()) {
        isPending = false;
        return VECTOR;
      }
      return -1;
    }

    @Override
    public boolean halt(X86Cpu cpu) {
      halts++;
      boolean isWoken = hasMoreOnHalt;
      isPending |= isWoken;
      hasMoreOnHalt = false;
      return isWoken;
    }
  }

  private final InterruptingBoard board = new InterruptingBoard();

  @Test
  void anInterruptWaitsForTheInstructionAfterSti() {
    try (CodeRig rig = new CodeRig(8, 1, board)) {
      rig.catchExceptions();
      board.isPending = true;
      rig.cpu().noteEvent();
      // sti; inc %eax; inc %eax; inc %eax
      rig.run("fb ffc0 ffc0 ffc0", 3);
      assertThat(rig.vector()).isEqualTo(VECTOR);
      assertThat(rig.state().gpr[CpuState.RAX]).isEqualTo(1);
      assertThat(rig.getLong(CodeRig.STACK - 40)).as("RIP").isEqualTo(CodeRig.CODE + 3);
    }
  }

  @Test
  void anInterruptThatIsMaskedIsAskedForAgainWhenItNoLongerIs() {
    try (CodeRig rig = new CodeRig(8, 1, board)) {
      rig.catchExceptions();
      board.isPending = true;
      rig.cpu().noteEvent();
      // inc %eax, four times; sti; nop; nop
      rig.run("ffc0 ffc0 ffc0 ffc0 fb 90 90", 7);
      assertThat(rig.vector()).isEqualTo(VECTOR);
      assertThat(rig.state().gpr[CpuState.RAX]).isEqualTo(4);
    }
  }

  @Test
  void hltWaitsForAnInterrupt() {
    try (CodeRig rig = new CodeRig(8, 1, board)) {
      rig.catchExceptions();
      board.hasMoreOnHalt = true;
      rig.run("fb f4 90", 3);
      // Once here, and once in the handler, which halts with interrupts off.
      assertThat(board.halts).isEqualTo(2);
      assertThat(rig.vector()).isEqualTo(VECTOR);
      assertThat(rig.getLong(CodeRig.STACK - 40)).as("RIP").isEqualTo(CodeRig.CODE + 2);
    }
  }

  @Test
  void hltThatNothingEndsStopsTheRun() {
    try (CodeRig rig = new CodeRig(8, 1, board)) {
      rig.put(CodeRig.CODE, "f4 90");
      assertThat(rig.cpu().run(10)).isEqualTo(StopReason.HALTED);
      assertThat(rig.state().rip).isEqualTo(CodeRig.CODE + 1);
      assertThat(rig.cpu().run(10)).isEqualTo(StopReason.HALTED);
    }
  }

  @Test
  void theBoardStopsTheRunAfterTheInstructionThatReachedIt() {
    try (CodeRig rig = new CodeRig(8)) {
      rig.put(CodeRig.CODE, "e610 90 90");
      assertThat(rig.cpu().run(10)).isEqualTo(StopReason.STOPPED);
      assertThat(rig.state().rip).isEqualTo(CodeRig.CODE + 2);
    }
  }

  @Test
  void anEventFromAnotherCpuReachesAVcpuThatSpins() {
    try (CodeRig rig = new CodeRig(8, 1, board)) {
      rig.catchExceptions();
      rig.put(CodeRig.CODE, "fb ebfe");
      board.isPending = true;
      rig.threads().start(0, "spins", cpu -> rig.cpu().run(Long.MAX_VALUE));
      rig.vm().mmu().rendezvous().request(0, Requests.EVENT);
      rig.threads().join();
      assertThat(rig.vector()).isEqualTo(VECTOR);
    }
  }

  @Test
  void aPauseEndsTheRunUntilTheVcpuMayGoOn() {
    try (CodeRig rig = new CodeRig(8)) {
      rig.put(CodeRig.CODE, "ebfe");
      rig.vm().mmu().rendezvous().request(0, Requests.PAUSE);
      assertThat(rig.cpu().run(10)).isEqualTo(StopReason.PAUSED);
      assertThat(rig.cpu().run(10)).isEqualTo(StopReason.PAUSED);
      rig.cpu().vcpu().resume();
      assertThat(rig.cpu().run(10)).isEqualTo(StopReason.COUNT);
    }
  }

  @Test
  void alignmentIsCheckedForUsersWhoAskForIt() {
    for (int cpl : new int[] {0, 3}) {
      try (CodeRig rig = new CodeRig(8)) {
        rig.state().cr0 |= CpuState.CR0_AM;
        rig.state().setRflags(Flags.AC);
        rig.state().cpl = cpl;
        rig.state().gpr[CpuState.RSI] = CodeRig.DATA + 1;
        // mov (%rsi), %al; mov (%rsi), %eax. Without an IDT #AC ends in a triple fault.
        rig.put(CodeRig.CODE, "8a06 8b06");
        StopReason reason = rig.cpu().run(2);
        assertThat(reason).isEqualTo(cpl == 3 ? StopReason.SHUTDOWN : StopReason.COUNT);
      }
    }
  }
}
