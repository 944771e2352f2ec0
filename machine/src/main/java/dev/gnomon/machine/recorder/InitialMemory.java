package dev.gnomon.machine.recorder;

/**
 * What lies in a guest's memory when it starts: its program, two sets of page tables, and what
 * protected modes need: GDT, IDT, and a TSS a vCPU.
 *
 * <pre>
 *          root A   root B
 *  PML5    9000     a000
 *  PML4    1000     5000
 *  PDPT    2000     6000
 *  PD      3000     7000
 *  PT      4000     8000     the first 2 MiB (32-bit paging: 4 MiB), 4 KiB pages, each to itself;
 *                            B has page 80 at frame a0
 *  b000 GDT    c000 IDT    e000 + 100 * vCPU  TSS    10000 program
 * </pre>
 *
 * Every entry has U; none has A or D. Faults go to the program's first bytes: #PF to 10010, #UD to
 * 10018, all others to 10020.
 */
public final class InitialMemory {

  /** Where the program lies, and begins. */
  static final long PROGRAM = 0x10000;

  /** The most bytes of a program. */
  public static final int PROGRAM_BYTES = 0x10000;

  static final long GDT = 0xb000;
  static final int GDT_LIMIT = 0x37;
  static final long IDT = 0xc000;
  static final int IDT_LIMIT = 0xfff;
  static final int TSS_LIMIT = 0xff;

  private static final long PROGRAM_GATE = PROGRAM + 0x20;
  private static final long PAGE_FAULT_GATE = PROGRAM + 0x10;
  private static final long INVALID_OPCODE_GATE = PROGRAM + 0x18;
  private static final int VECTORS = 0x81;
  private static final int INVALID_OPCODE = 6;
  private static final int PAGE_FAULT = 14;

  private static final long PRESENT_WRITABLE_USER = 7;
  private static final long PRESENT = 1;
  private static final long LARGE = 0x80;

  /** The page that root B has elsewhere, and where. */
  private static final long MOVED_PAGE = 0x80;

  private static final long MOVED_TO = 0xa0;

  /** Writes 1 to 8 bytes, little-endian. */
  @FunctionalInterface
  public interface Memory {
    void put(long gpa, long value, int size);
  }

  private final RecordedRun run;
  private final Memory memory;

  private InitialMemory(RecordedRun run, Memory memory) {
    this.run = run;
    this.memory = memory;
  }

  /** Writes it all. The memory is zero before. */
  public static void write(RecordedRun run, byte[] program, Memory memory) {
    InitialMemory initial = new InitialMemory(run, memory);
    for (int i = 0; i < program.length; i++) {
      memory.put(PROGRAM + i, program[i], 1);
    }
    if (run.mode().isPaging()) {
      initial.tables(0x9000, 0x1000, -1);
      initial.tables(0xa000, 0x5000, MOVED_PAGE);
    }
    if (run.mode() != GuestMode.REAL) {
      initial.descriptors();
      for (int vcpu = 0; vcpu < run.vcpus(); vcpu++) {
        initial.taskState(vcpu);
      }
    }
  }

  /** The gpa of a vCPU's task-state segment. */
  static long taskStateSegment(int vcpu) {
    return 0xe000 + 0x100L * vcpu;
  }

  private void tables(long pml5, long pml4, long moved) {
    long pdpt = pml4 + 0x1000;
    long directory = pml4 + 0x2000;
    long table = pml4 + 0x3000;
    int entryBytes = run.mode().entryBytes();
    int entries = 4096 / entryBytes;
    memory.put(pml5, pml4 | PRESENT_WRITABLE_USER, 8);
    memory.put(pml4, pdpt | PRESENT_WRITABLE_USER, 8);
    // W and U are reserved in the pointers of PAE paging.
    memory.put(
        pdpt, directory | (run.mode() == GuestMode.PAE ? PRESENT : PRESENT_WRITABLE_USER), 8);
    memory.put(directory, table | PRESENT_WRITABLE_USER, entryBytes);
    for (int page = 0; page < entries && (long) page << 12 < run.memoryBytes(); page++) {
      long frame = page == moved ? MOVED_TO : page;
      memory.put(table + (long) page * entryBytes, frame << 12 | PRESENT_WRITABLE_USER, entryBytes);
    }
    if (run.hasGuestLargePages()) {
      long bytes = 4096L * entries;
      for (int i = 1; i < entries && i * bytes < run.memoryBytes(); i++) {
        memory.put(
            directory + (long) i * entryBytes,
            i * bytes | LARGE | PRESENT_WRITABLE_USER,
            entryBytes);
      }
    }
  }

  private void descriptors() {
    boolean isLong = run.mode().isLong();
    memory.put(GDT + 0x08, isLong ? 0x00af9b000000ffffL : 0x00cf9b000000ffffL, 8);
    memory.put(GDT + 0x10, 0x00cf93000000ffffL, 8);
    memory.put(GDT + 0x18, TSS_LIMIT | 0xe000L << 16 | 0x8bL << 40, 8);
    memory.put(GDT + 0x20, 0, 8);
    memory.put(GDT + 0x28, isLong ? 0x00affb000000ffffL : 0x00cffb000000ffffL, 8);
    memory.put(GDT + 0x30, 0x00cff3000000ffffL, 8);
    for (int vector = 0; vector < VECTORS; vector++) {
      long handler =
          switch (vector) {
            case PAGE_FAULT -> PAGE_FAULT_GATE;
            case INVALID_OPCODE -> INVALID_OPCODE_GATE;
            default -> PROGRAM_GATE;
          };
      long gate = handler & 0xffff | 8L << 16 | 0x8e00L << 32 | (handler >>> 16 & 0xffff) << 48;
      if (isLong) {
        memory.put(IDT + 16L * vector, gate, 8);
        memory.put(IDT + 16L * vector + 8, 0, 8);
      } else {
        memory.put(IDT + 8L * vector, gate, 8);
      }
    }
  }

  private void taskState(int vcpu) {
    long tss = taskStateSegment(vcpu);
    long stack = 0x28000 - 0x1000L * vcpu;
    if (run.mode().isLong()) {
      memory.put(tss + 4, stack, 8);
    } else {
      memory.put(tss + 4, stack, 4);
      memory.put(tss + 8, 0x10, 4);
    }
    // Where the I/O map would be.
    memory.put(tss + 0x66, 0x68, 2);
  }
}
