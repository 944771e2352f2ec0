package dev.gnomon.mmu.testing;

import dev.gnomon.mmu.Mmu;
import dev.gnomon.mmu.Rules;
import dev.gnomon.mmu.config.MmuConfig;
import dev.gnomon.mmu.config.Stat;
import dev.gnomon.mmu.event.Tracepoints;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.PhysicalMemory;
import dev.gnomon.mmu.slot.Memslot;
import dev.gnomon.mmu.slot.SlotRegion;
import dev.gnomon.mmu.spte.SpteFormat;
import dev.gnomon.mmu.sync.WordSynchronization;
import java.util.BitSet;
import java.util.List;

/** A VM on the test platform: its MMU, its vCPUs, its host. */
public final class TestVm {
  private final TestPlatform platform;
  private final Cpu hostCpu;
  private final TestHost host;
  private final Mmu mmu;
  private final TestVcpu[] vcpus;

  public TestVm(MmuConfig config) {
    this(config, Rules.DEFAULTS);
  }

  public TestVm(MmuConfig config, Rules rules) {
    this(config, rules, Tracepoints.OFF);
  }

  public TestVm(MmuConfig config, Rules rules, Tracepoints trace) {
    platform = new TestPlatform(config.vcpus() + 1);
    hostCpu = platform.cpu(config.vcpus());
    host = new TestHost(platform, hostCpu);
    mmu = new Mmu(platform, new WordSynchronization(platform), hostCpu, host, config, rules, trace);
    host.attach(mmu.notifier());
    vcpus = new TestVcpu[config.vcpus()];
    for (int i = 0; i < vcpus.length; i++) {
      vcpus[i] = new TestVcpu(i, platform, mmu);
    }
    platform.onWait(
        () -> {
          for (TestVcpu vcpu : vcpus) {
            vcpu.interrupt();
          }
        });
  }

  public TestPlatform platform() {
    return platform;
  }

  public TestMemory memory() {
    return platform.memory();
  }

  /** The CPU that works for the host and the VMM. */
  public Cpu hostCpu() {
    return hostCpu;
  }

  public TestHost host() {
    return host;
  }

  public Mmu mmu() {
    return mmu;
  }

  public SpteFormat format() {
    return mmu.format();
  }

  /** The first vCPU. */
  public TestVcpu vcpu() {
    return vcpus[0];
  }

  public TestVcpu vcpu(int index) {
    return vcpus[index];
  }

  public int vcpus() {
    return vcpus.length;
  }

  public long stat(Stat stat) {
    return mmu.statistics().sum(stat);
  }

  /** Adds a slot over the host-virtual frames from {@code hvn}. */
  public void addSlot(int id, long gfn, long pages, long hvn) {
    mmu.slotChanges().add(hostCpu, new SlotRegion(id, gfn, pages, hvn, false));
  }

  /** Adds a slot that the guest may only read. */
  public void addReadOnlySlot(int id, long gfn, long pages, long hvn) {
    mmu.slotChanges().add(hostCpu, new SlotRegion(id, gfn, pages, hvn, true));
  }

  public Memslot slot(int id) {
    Memslot slot = mmu.memslots().current().byId(id);
    if (slot == null) {
      throw new AssertionError("no slot " + id);
    }
    return slot;
  }

  public void startLog(int slot) {
    mmu.slotChanges().startDirtyLog(hostCpu, slot);
  }

  public void stopLog(int slot) {
    mmu.slotChanges().stopDirtyLog(hostCpu, slot);
  }

  /** Gets a slot's bitmap, as the set of the dirty pages' offsets. */
  public BitSet getLog(int slot) {
    long[] words = new long[(int) (slot(slot).pages() + 63) / 64];
    mmu.dirtyLog().get(hostCpu, slot, words);
    return BitSet.valueOf(words);
  }

  /** Takes what all rings hold of a slot, as the set of the dirty pages' offsets. */
  public BitSet harvest(int slot) {
    BitSet dirty = new BitSet();
    mmu.dirtyLog()
        .harvest(
            hostCpu,
            (id, offset) -> {
              if (id == slot) {
                dirty.set((int) offset);
              }
            });
    return dirty;
  }

  /** Clears single pages of a slot's log. */
  public void clearLog(int slot, BitSet offsets) {
    long pages = slot(slot).pages();
    long[] words = offsets.toLongArray();
    long[] all = new long[(int) (pages + 63) / 64];
    System.arraycopy(words, 0, all, 0, words.length);
    mmu.dirtyLog().clear(hostCpu, slot, 0, pages, all);
  }

  /** The address of the last entry of the walk for a gfn under the first vCPU's root. */
  public long sptep(long gfn) {
    return sptep(gfn, level(gfn));
  }

  /** The last entry of the walk for a gfn under the first vCPU's root. */
  public long spte(long gfn) {
    return memory().getLong(sptep(gfn));
  }

  /** The level at which the walk for a gfn ends. */
  public int level(long gfn) {
    long table = rootHpa();
    int level = mmu.config().levels();
    while (true) {
      long spte = memory().getLong(entry(table, gfn, level));
      if (!SpteFormat.isTable(spte, level)) {
        return level;
      }
      table = PhysicalMemory.hpa(SpteFormat.pfn(spte));
      level--;
    }
  }

  /** The address of the entry for a gfn in its table of {@code level}, which must exist. */
  public long sptep(long gfn, int level) {
    long table = rootHpa();
    for (int at = mmu.config().levels(); at > level; at--) {
      table = PhysicalMemory.hpa(SpteFormat.pfn(memory().getLong(entry(table, gfn, at))));
    }
    return entry(table, gfn, level);
  }

  private static long entry(long tableHpa, long gfn, int level) {
    return tableHpa + 8 * (gfn >>> 9 * (level - 1) & 511);
  }

  private long rootHpa() {
    if (!vcpus[0].mmu().hasRoot()) {
      vcpus[0].mmu().loadRoot(vcpus[0].cpu());
    }
    return vcpus[0].mmu().rootHpa();
  }

  /** What the audit finds with all vCPUs outside guest mode. */
  public List<String> audit() {
    for (TestVcpu vcpu : vcpus) {
      vcpu.exit();
    }
    return mmu.audit(hostCpu);
  }

  /** Audits, stops everything, and checks that every frame came back. */
  public void close() {
    List<String> violations = audit();
    if (!violations.isEmpty()) {
      throw new AssertionError("the audit finds " + violations);
    }
    for (TestVcpu vcpu : vcpus) {
      vcpu.stop();
    }
    mmu.close(hostCpu);
    host.releaseAll();
    int left = memory().allocatedFrames();
    if (left != 0) {
      throw new AssertionError(left + " frames were not given back");
    }
  }
}
