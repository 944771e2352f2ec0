package dev.gnomon.bench.shadow;

import dev.gnomon.bench.rig.Rig;
import dev.gnomon.machine.processor.Vcpu;
import dev.gnomon.mmu.Rules;
import dev.gnomon.mmu.arch.ControlRegisters;
import dev.gnomon.mmu.config.MmuConfig;
import dev.gnomon.mmu.platform.PhysicalMemory;

/**
 * A small operating system with one process that forks again and again, on one vCPU.
 *
 * <p>The process has {@link #REGIONS} regions of {@link #REGION_PAGES} pages, each with a level-1
 * table of its own. A fork write-protects every page, in the parent's tables and in the child's. A
 * write then copies the page, or, if nobody else has it any more, takes it back. Exit clears the
 * child's entries one by one; so its tables are empty and are used again by the next child.
 */
final class ForkGuest implements AutoCloseable {
  static final int REGIONS = 4;
  static final int REGION_PAGES = 128;

  /** Of every four pages, parent and child write one. */
  private static final int WRITTEN = 4;

  private static final long BYTES = 16 << 20;
  private static final long USER = 0x10_0000_0000L;

  /** Regions lie so far apart: what one level-1 table maps. */
  private static final long APART = 2 << 20;

  private static final long FRAME = 0x000f_ffff_ffff_f000L;

  private final Rig rig;
  private final Vcpu vcpu;
  private final GuestMemory memory;

  /** By frame, how many processes have it. */
  private final int[] sharers = new int[(int) (BYTES / GuestMemory.PAGE)];

  private final long parent;
  private long current;
  private long copies;

  ForkGuest(MmuConfig config) {
    rig = new Rig(config, BYTES, 1, Rules.DEFAULTS, () -> this::pageFault);
    rig.populate();
    vcpu = rig.vcpu(0);
    vcpu.enterGuest();
    memory = new GuestMemory(vcpu, BYTES);
    parent = memory.newTop();
    for (int page = 0; page < REGIONS * REGION_PAGES; page++) {
      memory.write(memory.leafEntry(parent, gva(page)), newPage() | GuestMemory.LEAF);
    }
    vcpu.load(ControlRegisters.longMode(4, parent, false));
    current = parent;
    memory.useLinearMap();
    write();
  }

  private static long gva(int page) {
    return USER + page / REGION_PAGES * APART + page % REGION_PAGES * GuestMemory.PAGE;
  }

  private long newPage() {
    long frame = memory.take();
    sharers[(int) (frame / GuestMemory.PAGE)] = 1;
    return frame;
  }

  /** One process: born, writes, exits; and the parent writes. */
  void forkOnce() {
    long child = fork();
    switchTo(child);
    write();
    switchTo(parent);
    exit(child);
    write();
  }

  private void switchTo(long top) {
    vcpu.loadCr3(top);
    current = top;
  }

  private long fork() {
    long child = memory.newTop();
    for (int page = 0; page < REGIONS * REGION_PAGES; page++) {
      long gva = gva(page);
      long at = memory.leafEntry(parent, gva);
      long shared = memory.read(at) & ~GuestMemory.WRITABLE;
      memory.write(at, shared);
      memory.write(memory.leafEntry(child, gva), shared);
      sharers[frameNumber(shared)]++;
    }
    // The parent's own translations are still writable.
    vcpu.loadCr3(parent);
    return child;
  }

  /** As the process that runs. */
  private void write() {
    vcpu.setUser(true);
    for (int page = 0; page < REGIONS * REGION_PAGES; page += WRITTEN) {
      vcpu.writeLong(gva(page), page);
    }
    vcpu.setUser(false);
  }

  private void pageFault(Vcpu faulting, long gva, long code) {
    long at = memory.leafEntry(current, gva);
    long entry = memory.read(at);
    int number = frameNumber(entry);
    long frame = entry & FRAME;
    if (sharers[number] > 1) {
      sharers[number]--;
      frame = newPage();
      copy(entry & FRAME, frame);
    }
    memory.write(at, frame | GuestMemory.LEAF);
    faulting.invlpg(gva);
  }

  /** As the processor does REP MOVS: both pages are translated once. */
  private void copy(long from, long to) {
    copies++;
    long exits;
    long source;
    long target;
    do {
      source = vcpu.readable(GuestMemory.LINEAR + from);
      exits = vcpu.exits();
      target = vcpu.writable(GuestMemory.LINEAR + to);
      // The way to the second translation may have cost the first.
    } while (vcpu.exits() != exits);
    PhysicalMemory words = vcpu.memory();
    for (long i = 0; i < GuestMemory.PAGE; i += 8) {
      words.setLong(target + i, words.getLong(source + i));
    }
  }

  private void exit(long top) {
    for (int page = 0; page < REGIONS * REGION_PAGES; page++) {
      long at = memory.leafEntry(top, gva(page));
      long entry = memory.read(at);
      memory.write(at, 0);
      int number = frameNumber(entry);
      if (--sharers[number] == 0) {
        memory.giveBack(entry & FRAME);
      }
    }
    giveBackTables(top, 4);
    memory.giveBackTop(top);
  }

  /** Gives back what is below the user's part of a table, leaving it empty. */
  private void giveBackTables(long table, int level) {
    for (int region = 0; region < REGIONS; region++) {
      long at = table + GuestMemory.offset(USER + region * APART, level);
      long entry = memory.read(at);
      if (entry != 0) {
        memory.write(at, 0);
        if (level > 2) {
          giveBackTables(entry & FRAME, level - 1);
        }
        memory.giveBack(entry & FRAME);
      }
    }
  }

  private static int frameNumber(long entry) {
    return (int) ((entry & FRAME) / GuestMemory.PAGE);
  }

  /** How many pages were copied. */
  long copies() {
    return copies;
  }

  /** The VM. */
  Rig rig() {
    return rig;
  }

  @Override
  public void close() {
    vcpu.leaveGuest();
    rig.close();
  }
}
