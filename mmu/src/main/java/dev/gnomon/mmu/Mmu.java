package dev.gnomon.mmu;

import dev.gnomon.mmu.config.MmuConfig;
import dev.gnomon.mmu.config.Statistics;
import dev.gnomon.mmu.dirty.DirtyLog;
import dev.gnomon.mmu.dirty.DirtyMarker;
import dev.gnomon.mmu.dirty.PmlBuffer;
import dev.gnomon.mmu.event.Tracepoints;
import dev.gnomon.mmu.fault.Invalidations;
import dev.gnomon.mmu.fault.PageFaults;
import dev.gnomon.mmu.fault.ShadowFaults;
import dev.gnomon.mmu.make.SpteMaker;
import dev.gnomon.mmu.make.SpteWriter;
import dev.gnomon.mmu.notify.MmuNotifier;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.HostPages;
import dev.gnomon.mmu.platform.PhysicalMemory;
import dev.gnomon.mmu.platform.Platform;
import dev.gnomon.mmu.root.SpecialRootsRule;
import dev.gnomon.mmu.shadow.Foundation;
import dev.gnomon.mmu.shadow.ShadowMmu;
import dev.gnomon.mmu.shadow.ShadowRoot;
import dev.gnomon.mmu.shadow.ShadowStructures;
import dev.gnomon.mmu.slot.Memslot;
import dev.gnomon.mmu.slot.Memslots;
import dev.gnomon.mmu.slot.TrackedWrites;
import dev.gnomon.mmu.spte.SpteFormat;
import dev.gnomon.mmu.sync.MmuLock;
import dev.gnomon.mmu.sync.ReadCopyUpdate;
import dev.gnomon.mmu.sync.Rendezvous;
import dev.gnomon.mmu.sync.Synchronization;
import dev.gnomon.mmu.table.ShadowPage;
import dev.gnomon.mmu.table.ShadowPages;
import dev.gnomon.mmu.table.SpteWords;
import dev.gnomon.mmu.table.TableFrames;
import dev.gnomon.mmu.tdp.TdpMmu;
import dev.gnomon.mmu.tdp.TdpRoot;
import dev.gnomon.mmu.tlb.AnnouncedWalks;
import dev.gnomon.mmu.tlb.Exclusion;
import dev.gnomon.mmu.tlb.TlbFlusher;
import dev.gnomon.mmu.track.WriteTracking;
import java.util.ArrayList;
import java.util.List;

/**
 * The MMU of a VM, and what its VMM can ask of it.
 *
 * <p>CPU {@code i} of the platform runs vCPU {@code i}; CPUs above work for the host. The
 * operations here are called from outside guest mode, by any CPU; those that change slots or the
 * log exclude each other.
 */
public final class Mmu {
  private final Platform platform;
  private final MmuConfig config;
  private final SpteFormat format;
  private final Statistics statistics;
  private final Rendezvous rendezvous;
  private final Exclusion exclusion;
  private final TlbFlusher flusher;
  private final MmuLock mmuLock;
  private final ReadCopyUpdate rcu;
  private final Memslots memslots;
  private final DirtyMarker marker;
  private final ShadowPages pages;
  private final TableFrames tableFrames;
  private final TdpMmu tdp;
  private final ShadowMmu shadow;
  private final DirtyLog dirtyLog;
  private final MmuNotifier notifier;
  private final SlotChanges slotChanges;
  private final Audit audit;
  private final VcpuMmu[] vcpus;

  /**
   * Makes the MMU of a VM that has no memslots yet.
   *
   * @param trace who is told of its events, or {@link Tracepoints#OFF}
   */
  public Mmu(
      Platform platform,
      Synchronization synchronization,
      Cpu cpu,
      HostPages hostPages,
      MmuConfig config,
      Rules rules,
      Tracepoints trace) {
    this.platform = platform;
    this.config = config;
    if (platform.cpus() < config.vcpus()) {
      throw new IllegalArgumentException("fewer CPUs than vCPUs");
    }
    PhysicalMemory memory = platform.memory();
    format = new SpteFormat(config);
    statistics = new Statistics(platform.cpus());
    rendezvous = synchronization.rendezvous(config.vcpus());
    exclusion = new Exclusion(platform, rendezvous);
    flusher = new TlbFlusher(rendezvous, statistics);
    mmuLock = synchronization.mmuLock();
    rcu = synchronization.readCopyUpdate(platform.frames()::free);
    memslots =
        new Memslots(platform, synchronization, writeTracks(config), config.hasReverseMaps());
    marker = new DirtyMarker(platform, synchronization, config, rendezvous, trace, statistics);
    pages = new ShadowPages(synchronization, statistics);
    tableFrames = new TableFrames(platform, format.nonPresent());
    SpteWords words = SpteWords.of(platform, config.hostBits());
    SpteWriter writer =
        new SpteWriter(
            memory,
            words,
            format,
            rules.get(Rules.VOLATILE),
            rules.get(Rules.TDP_WRITE),
            statistics);
    Foundation base =
        new Foundation(
            platform,
            config,
            format,
            memslots,
            hostPages,
            marker,
            words,
            writer,
            tableFrames,
            mmuLock,
            rcu,
            flusher,
            new AnnouncedWalks(platform, config.vcpus()),
            trace,
            statistics);
    ShadowStructures structures =
        new ShadowStructures(
            base,
            synchronization.spinLock(),
            rules.get(Rules.PFN_DIRTY),
            rules.get(Rules.FLUSH_ON_UPDATE),
            rules.get(Rules.UNSYNC_ORDER));
    SpteMaker maker =
        new SpteMaker(
            config,
            format,
            hostPages,
            marker,
            config.hasReverseMaps() ? structures.tracking() : WriteTracking.REGISTERED,
            rules.get(Rules.PFN_DIRTY),
            rules.get(Rules.WRITABLE_LEAF));
    shadow = new ShadowMmu(structures, maker);
    tdp =
        new TdpMmu(
            platform,
            synchronization,
            config,
            format,
            maker,
            writer,
            tableFrames,
            pages,
            mmuLock,
            rcu,
            flusher,
            hostPages,
            new TdpMmu.Decisions(
                rules.get(Rules.PFN_DIRTY),
                rules.get(Rules.FLUSH_ON_UPDATE),
                rules.get(Rules.ZAP_ORDER),
                rules.get(Rules.HUGE_RECOVERY)),
            trace,
            statistics);
    shadow.alsoProtects(tdp::writeProtect);
    dirtyLog =
        new DirtyLog(
            config,
            memslots,
            marker,
            tdp.logProtection().and(shadow.logProtection()),
            mmuLock,
            flusher,
            rendezvous,
            rules.get(Rules.DIRTY_FLUSH));
    Invalidations invalidations = new Invalidations(platform, mmuLock);
    notifier =
        new MmuNotifier(
            memslots,
            tdp,
            shadow,
            invalidations,
            mmuLock,
            rcu,
            flusher,
            rules.get(Rules.ZAP_ORDER),
            rules.get(Rules.AGING_FLUSH),
            trace,
            statistics);
    PageFaults.Decisions faultDecisions =
        new PageFaults.Decisions(
            rules.get(Rules.FAST_FAULT),
            rules.get(Rules.LOCKLESS_WALK),
            rules.get(Rules.INVALIDATE_RETRY));
    PageFaults pageFaults =
        new PageFaults(
            config,
            format,
            words,
            memslots,
            tdp,
            writer,
            marker,
            tableFrames,
            hostPages,
            invalidations,
            mmuLock,
            rcu,
            faultDecisions,
            trace,
            statistics);
    ShadowFaults shadowFaults = new ShadowFaults(base, shadow, invalidations, faultDecisions);
    slotChanges =
        new SlotChanges(
            config,
            memslots,
            dirtyLog,
            tdp,
            shadow,
            mmuLock,
            rcu,
            flusher,
            marker.usesRings(),
            trace);
    SpecialRootsRule specialRoots = rules.get(Rules.SPECIAL_ROOTS);
    vcpus = new VcpuContexts(base, tdp, shadow, pageFaults, shadowFaults, specialRoots).make(cpu);
    audit =
        new Audit(
            platform, config, format, memslots, tdp, shadow, pages, mmuLock, hostPages, statistics);
  }

  private static boolean writeTracks(MmuConfig config) {
    return config.writeTracking() || config.shadowsTables();
  }

  /** A vCPU's MMU. */
  public VcpuMmu vcpu(int index) {
    return vcpus[index];
  }

  /** How the MMU was set up. */
  public MmuConfig config() {
    return config;
  }

  /** Where the bits of its entries are: what the processor must know to walk them. */
  public SpteFormat format() {
    return format;
  }

  /** What it counted. */
  public Statistics statistics() {
    return statistics;
  }

  /** How a vCPU is alone in guest mode for a moment. */
  public Exclusion exclusion() {
    return exclusion;
  }

  /** How vCPUs are got out of guest mode. */
  public Rendezvous rendezvous() {
    return rendezvous;
  }

  /** The memslots: for the VMM and the vCPUs to look into. */
  public Memslots memslots() {
    return memslots;
  }

  /** Adding, deleting and moving memslots, and switching their dirty logging. */
  public SlotChanges slotChanges() {
    return slotChanges;
  }

  /** Getting, clearing and harvesting the dirty log. */
  public DirtyLog dirtyLog() {
    return dirtyLog;
  }

  /** What the host's memory manager calls. */
  public MmuNotifier notifier() {
    return notifier;
  }

  /**
   * Has every guest write to a gfn leave to the VMM, from the return of this call on.
   *
   * @throws IllegalArgumentException if no slot holds the gfn, or the VM has no write tracking
   */
  public void writeTrack(Cpu cpu, long gfn) {
    changeTracking(cpu, gfn, 1);
  }

  /** Takes one {@link #writeTrack} of the gfn back. */
  public void writeUntrack(Cpu cpu, long gfn) {
    changeTracking(cpu, gfn, -1);
  }

  private void changeTracking(Cpu cpu, long gfn, int delta) {
    memslots.lock().lock(cpu);
    try {
      Memslot slot = memslots.current().find(gfn);
      TrackedWrites tracked = slot == null ? null : slot.trackedWrites();
      if (slot == null || tracked == null) {
        throw new IllegalArgumentException(
            "gfn " + Long.toHexString(gfn) + " cannot be write-tracked");
      }
      changeTracking(cpu, slot, tracked, gfn, delta);
    } finally {
      memslots.lock().unlock(cpu);
    }
  }

  private void changeTracking(Cpu cpu, Memslot slot, TrackedWrites tracked, long gfn, int delta) {
    mmuLock.writeLock(cpu);
    try {
      tracked.change(gfn - slot.baseGfn(), delta);
      slot.largePages().change(gfn, delta);
      if (delta > 0) {
        boolean owesFlush = shadow.writeProtect(cpu, gfn);
        owesFlush |= tdp.writeProtect(cpu, gfn);
        if (owesFlush) {
          flusher.flushAll(cpu);
        }
      }
    } finally {
      mmuLock.writeUnlock(cpu);
    }
  }

  /** Has the shadow MMU keep so many pages at most, and recycle the oldest of those beyond. */
  public void limitShadowPages(Cpu cpu, int limit) {
    memslots.enter(cpu);
    mmuLock.writeLock(cpu);
    shadow.setLimit(cpu, limit);
    mmuLock.writeUnlock(cpu);
    memslots.leave(cpu);
    rcu.poll(cpu);
  }

  /** Undoes up to {@code limit} of the oldest splits of the NX mitigation; returns how many. */
  public int recoverNxHugePages(Cpu cpu, int limit) {
    mmuLock.writeLock(cpu);
    int recovered = tdp.recoverNx(cpu, limit);
    mmuLock.writeUnlock(cpu);
    rcu.poll(cpu);
    return recovered;
  }

  /**
   * Checks every invariant that can be checked. All vCPUs must be outside guest mode and their
   * handlers, and no other operation under way.
   *
   * @return a line for each violation; empty if all is well
   */
  public List<String> audit(Cpu cpu) {
    List<ShadowRoot> roots = new ArrayList<>();
    for (VcpuMmu vcpu : vcpus) {
      vcpu.forEachShadowRoot(roots::add);
    }
    return audit.run(cpu, roots);
  }

  /** The pages of all roots, for one who looks on while nothing runs. */
  public List<ShadowPage> rootPages() {
    return tdp.rootPages();
  }

  /** The bytes of memory and heap that the MMU keeps for the guest memory that it maps. */
  public long overheadBytes(Cpu cpu) {
    return audit.overheadBytes(cpu);
  }

  /**
   * Zaps every mapping, as when the host's memory goes away from under the VM. No vCPU runs; their
   * roots stay, and are empty.
   */
  public void zapAll(Cpu cpu) {
    memslots.enter(cpu);
    mmuLock.writeLock(cpu);
    shadow.zapAll(cpu);
    tdp.zapAll(cpu);
    mmuLock.writeUnlock(cpu);
    memslots.leave(cpu);
    rcu.poll(cpu);
  }

  /** Gives all frames back. Every vCPU has unloaded its root, and nothing is under way. */
  public void close(Cpu cpu) {
    zapAll(cpu);
    mmuLock.writeLock(cpu);
    List<TdpRoot> last = tdp.invalidateRoots(cpu);
    mmuLock.writeUnlock(cpu);
    tdp.zapInvalidated(cpu, last);
    rcu.drainAll(cpu);
    tableFrames.freeAll(cpu);
    for (VcpuMmu vcpu : vcpus) {
      vcpu.close(cpu);
      PmlBuffer pml = vcpu.pml();
      if (pml != null) {
        platform.frames().free(cpu, pml.pfn());
      }
    }
  }
}
