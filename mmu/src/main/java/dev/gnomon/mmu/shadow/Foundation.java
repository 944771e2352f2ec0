package dev.gnomon.mmu.shadow;

import dev.gnomon.mmu.config.MmuConfig;
import dev.gnomon.mmu.config.Statistics;
import dev.gnomon.mmu.dirty.DirtyMarker;
import dev.gnomon.mmu.event.Tracepoints;
import dev.gnomon.mmu.make.SpteWriter;
import dev.gnomon.mmu.platform.HostPages;
import dev.gnomon.mmu.platform.Platform;
import dev.gnomon.mmu.slot.Memslots;
import dev.gnomon.mmu.spte.SpteFormat;
import dev.gnomon.mmu.sync.MmuLock;
import dev.gnomon.mmu.sync.ReadCopyUpdate;
import dev.gnomon.mmu.table.SpteWords;
import dev.gnomon.mmu.table.TableFrames;
import dev.gnomon.mmu.tlb.AnnouncedWalks;
import dev.gnomon.mmu.tlb.TlbFlusher;

/**
 * What the shadow MMU of a VM is built on.
 *
 * @param walks who reads its tables without the MMU lock: waited for before tables are freed
 */
public record Foundation(
    Platform platform,
    MmuConfig config,
    SpteFormat format,
    Memslots memslots,
    HostPages hostPages,
    DirtyMarker marker,
    SpteWords words,
    SpteWriter writer,
    TableFrames tableFrames,
    MmuLock mmuLock,
    ReadCopyUpdate rcu,
    TlbFlusher flusher,
    AnnouncedWalks walks,
    Tracepoints trace,
    Statistics statistics) {}
