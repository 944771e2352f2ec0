package dev.gnomon.mmu.root;

import dev.gnomon.mmu.arch.ControlRegisters;
import dev.gnomon.mmu.arch.GuestEntry;
import dev.gnomon.mmu.arch.NestedTables;
import dev.gnomon.mmu.arch.PagingFeatures;
import dev.gnomon.mmu.arch.PagingMode;
import dev.gnomon.mmu.config.MmuConfig;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.shadow.GuestFormat;
import dev.gnomon.mmu.shadow.ShadowMmu;
import dev.gnomon.mmu.shadow.ShadowRoot;
import org.jspecify.annotations.Nullable;

/**
 * What L2's physical addresses are translated by: the nested tables of L1.
 *
 * <p>The four PDPTEs of a PAE format are no registers under nested paging: the processor reads them
 * from memory (AMD APM vol. 2, 15.25.10). So does {@link #refresh}.
 *
 * <p>Used by the vCPU's CPU only, outside guest mode, without the MMU lock.
 */
public final class NestedSource implements TableSource {
  private final ShadowMmu shadow;
  private final int hostLevels;
  private final boolean hasExecuteOnly;
  private final long[] pdptes = new long[ShadowRoot.QUARTERS];
  private PagingFeatures features;
  private @Nullable NestedTables tables;
  private GuestFormat format;

  /** Makes one of no tables. */
  public NestedSource(ShadowMmu shadow, MmuConfig config) {
    this.shadow = shadow;
    hostLevels = config.levels();
    hasExecuteOnly = config.executeOnly();
    features = PagingFeatures.of(config.physicalAddressBits());
    format = new GuestFormat(ControlRegisters.RESET, features);
  }

  /** Says what L1 is offered of paging. */
  public void setFeatures(PagingFeatures value) {
    features = value;
    tables = null;
  }

  /** L1 runs L2 with these tables. */
  public void set(NestedTables value) {
    if (!value.equals(tables)) {
      tables = value;
      format = GuestFormat.nested(value, features, hostLevels, hasExecuteOnly);
    }
  }

  /** L1's tables. */
  public NestedTables tables() {
    NestedTables now = tables;
    if (now == null) {
      throw new IllegalStateException("L1 has not run L2 yet");
    }
    return now;
  }

  @Override
  public GuestFormat guest() {
    return format;
  }

  @Override
  public int rootRole() {
    return format.rootRole();
  }

  @Override
  public long pgd() {
    return tables().pointer();
  }

  @Override
  public long topTable() {
    return tables().topTable();
  }

  @Override
  public long[] pdptes() {
    return pdptes;
  }

  @Override
  public void refresh(Cpu cpu) {
    if (format.mode() == PagingMode.PAE) {
      readPdptes(cpu);
    }
  }

  private void readPdptes(Cpu cpu) {
    for (int i = 0; i < pdptes.length; i++) {
      long pdpte = shadow.readGuest(cpu, topTable() + 8L * i);
      boolean isWrong = (pdpte & GuestEntry.PRESENT) != 0 && format.isReservedPdpte(pdpte);
      pdptes[i] = isWrong ? 0 : pdpte;
    }
  }
}
