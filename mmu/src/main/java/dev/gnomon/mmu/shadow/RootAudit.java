package dev.gnomon.mmu.shadow;

import dev.gnomon.mmu.arch.PageLevel;
import dev.gnomon.mmu.spte.SpteFormat;
import dev.gnomon.mmu.table.Role;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Checks the roots of all vCPUs of a quiet shadow MMU against its pages:
 *
 * <ul>
 *   <li>a page counts as many users as there are roots that have it at their top, or as a fourth;
 *   <li>a local page belongs to exactly one root;
 *   <li>the table that a root of four entries is read from holds that root's pages, each of the
 *       quadrant of its place.
 * </ul>
 *
 * <p>Under the MMU lock for writing.
 */
final class RootAudit {
  private final PageStore pages;
  private final ShadowEntries entries;
  private final Consumer<String> violations;
  private final Map<MmuPage, Integer> users = new HashMap<>();

  /** Makes one that tells a line for each violation. */
  RootAudit(ShadowStructures structures, Consumer<String> violations) {
    pages = structures.pages;
    entries = structures.entries;
    this.violations = violations;
  }

  /** Runs it, with every root that a vCPU has loaded or keeps. */
  void run(List<ShadowRoot> roots) {
    for (ShadowRoot root : roots) {
      MmuPage page = root.page();
      if (page != null) {
        count(page);
      } else if (root.isSpecial()) {
        checkQuarters(root);
      }
    }
    for (MmuPage page : pages.all()) {
      int counted = users.getOrDefault(page, 0);
      if (page.rootCount != counted) {
        violations.accept(
            page + " has " + page.rootCount + " users, is root " + counted + " times");
      }
    }
  }

  private void count(MmuPage page) {
    users.merge(page, 1, Integer::sum);
    if (page.isLocal() && page.level() > PageLevel.LEVEL_1G) {
      long below = entries.read(page.sptep(0));
      MmuPage child =
          SpteFormat.isTable(below, page.level()) ? pages.find(SpteFormat.pfn(below)) : null;
      if (child == null || !child.isLocal()) {
        violations.accept(page + " leads to " + child);
      } else {
        count(child);
      }
    }
  }

  private void checkQuarters(ShadowRoot root) {
    long table = root.hpa();
    for (int level = Role.level(root.role()); level > PageLevel.LEVEL_1G; level--) {
      table = entries.read(table) & SpteFormat.ADDRESS_MASK;
    }
    @Nullable MmuPage[] quarters = root.quarters();
    boolean isTwoLevel = !root.isDirect() && Role.hasFourByteEntries(root.role());
    for (int i = 0; i < quarters.length; i++) {
      MmuPage quarter = quarters[i];
      long expected = 0;
      if (quarter != null) {
        users.merge(quarter, 1, Integer::sum);
        expected = quarter.sptep(0);
        int role = Role.ofQuarter(root.role(), PageLevel.LEVEL_2M, isTwoLevel ? i : 0);
        if (quarter.role() != role) {
          violations.accept("quarter " + i + " of a root is " + quarter + ", of another role");
        }
      }
      if ((entries.read(table + 8L * i) & SpteFormat.ADDRESS_MASK) != expected) {
        violations.accept("entry " + i + " of a root of four does not point at " + quarter);
      }
    }
  }
}
