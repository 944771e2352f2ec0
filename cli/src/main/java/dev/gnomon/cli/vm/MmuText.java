package dev.gnomon.cli.vm;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gnomon.mmu.config.MmuConfig;
import dev.gnomon.mmu.config.MmuKind;
import dev.gnomon.mmu.config.TdpKind;
import java.util.Locale;

/** How reports name an MMU. */
public final class MmuText {
  private MmuText() {}

  /** For a person: which MMU, on which processor and host. */
  public static String of(MmuConfig mmu) {
    String host = mmu.hostBits() == 32 ? ", 32-bit host" : "";
    if (mmu.mmu() == MmuKind.SHADOW) {
      return "shadow" + host;
    }
    return "tdp%s, %s, A/D bits %s, %d levels%s"
        .formatted(
            mmu.mmu() == MmuKind.LEGACY_TDP ? " in the shadow MMU" : "",
            mmu.tdp() == TdpKind.EPT ? "intel EPT" : "amd NPT",
            mmu.accessedDirty() ? "on" : "off",
            mmu.levels(),
            host);
  }

  /**
   * For a program.
   *
   * @param cpu whose processor
   */
  public static void put(ObjectNode node, MmuConfig mmu, TdpKind cpu) {
    boolean isShadow = mmu.mmu() == MmuKind.SHADOW;
    node.put("kind", isShadow ? "shadow" : "tdp");
    node.put("tdp_mmu", mmu.mmu() == MmuKind.TDP);
    node.put("host_bits", mmu.hostBits());
    node.put("cpu", cpu == TdpKind.EPT ? "intel" : "amd");
    node.put("format", (isShadow ? mmu.layout() : mmu.tdp()).name().toLowerCase(Locale.ROOT));
    node.put("ad", mmu.accessedDirty());
    node.put("levels", mmu.levels());
  }

  /** Whether the shadow MMU fills the tables, so that its statistics say something. */
  public static boolean hasShadowPages(MmuConfig mmu) {
    return mmu.mmu() != MmuKind.TDP;
  }
}
