package dev.gnomon.machine.recorder;

import dev.gnomon.machine.x86.CpuState;
import dev.gnomon.machine.x86.Segment;
import java.util.Arrays;

/** The registers with which a vCPU of the recorder's machine starts. */
public final class InitialState {
  private static final int USER_LEVEL = 3;

  /** PE, ET, NE, WP. */
  private static final long CR0 = 0x10031;

  private static final long CR4_PAE = 0x20;
  private static final long CR4_PSE = 0x10;
  private static final long EFER_LME_LMA = 0x500;
  private static final long EFER_NXE = 0x800;
  private static final long RFLAGS = 2;
  private static final long RFLAGS_IOPL = 0x3000;

  private static final int FLAT_DATA =
      Segment.GRANULAR
          | Segment.PRESENT
          | Segment.NON_SYSTEM
          | Segment.READABLE_OR_WRITABLE
          | Segment.ACCESSED;
  private static final int BUSY_TASK_64 = Segment.PRESENT | 11;
  private static final int TASK_32 = Segment.PRESENT | 9;

  private InitialState() {}

  /** Those of one vCPU. */
  public static CpuState of(RecordedRun run, int vcpu) {
    CpuState state = CpuState.reset();
    Arrays.fill(state.gpr, 0);
    state.gpr[CpuState.RDI] = vcpu;
    state.setRflags(RFLAGS);
    if (run.mode() == GuestMode.REAL) {
      real(state, vcpu);
    } else {
      isProtected(state, run, vcpu);
    }
    return state;
  }

  private static void real(CpuState state, int vcpu) {
    state.rip = 0;
    state.gpr[CpuState.RSP] = 0xf000 - 0x100L * vcpu;
    Segment code = state.segments[CpuState.CS];
    code.load(0x1000, InitialMemory.PROGRAM, code.limit(), code.attributes());
    Segment stack = state.segments[CpuState.SS];
    stack.load(0x2000, 0x20000, stack.limit(), stack.attributes());
  }

  private static void isProtected(CpuState state, RecordedRun run, int vcpu) {
    GuestMode mode = run.mode();
    boolean isUser = run.cpl() == USER_LEVEL;
    int level = isUser ? USER_LEVEL << Segment.DPL_SHIFT : 0;
    int data = FLAT_DATA | Segment.BIG | level;
    int code = FLAT_DATA | Segment.CODE | (mode.isLong() ? Segment.LONG : Segment.BIG) | level;
    for (Segment segment : state.segments) {
      segment.load(isUser ? 0x33 : 0x10, 0, -1, data);
    }
    state.segments[CpuState.CS].load(isUser ? 0x2b : 8, 0, -1, code);
    state.tr.load(
        0x18,
        InitialMemory.taskStateSegment(vcpu),
        InitialMemory.TSS_LIMIT,
        mode.isLong() ? BUSY_TASK_64 : TASK_32);
    state.gdtr.load(InitialMemory.GDT, InitialMemory.GDT_LIMIT);
    state.idtr.load(InitialMemory.IDT, InitialMemory.IDT_LIMIT);
    state.cpl = run.cpl();
    state.rip = InitialMemory.PROGRAM;
    state.gpr[CpuState.RSP] = 0x30000 - 0x1000L * vcpu;
    state.setRflags(RFLAGS | (isUser ? RFLAGS_IOPL : 0));
    state.cr0 = CR0 | (mode.isPaging() ? CpuState.CR0_PG : 0);
    state.cr3 =
        switch (mode) {
          case LONG5 -> 0x9000;
          case LONG -> 0x1000;
          case PAE -> 0x2000;
          case P32 -> 0x3000;
          default -> 0;
        };
    state.cr4 =
        switch (mode) {
          case FLAT32 -> 0;
          case P32 -> run.hasGuestLargePages() ? CR4_PSE : 0;
          case LONG5 -> CpuState.CR4_LA57 | CR4_PAE;
          default -> CR4_PAE;
        };
    boolean hasNoExecute = mode == GuestMode.PAE || mode.isLong();
    state.efer = (mode.isLong() ? EFER_LME_LMA : 0) | (hasNoExecute ? EFER_NXE : 0);
  }
}
