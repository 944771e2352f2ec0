package dev.gnomon.mmu.root;

import dev.gnomon.mmu.arch.PageLevel;
import dev.gnomon.mmu.table.Role;

/**
 * What decides which kind of root an MMU context needs.
 *
 * @param level the level of the root that the processor is given; 3 is four entries (PAE)
 * @param isDirect whether it maps guest memory as it is
 * @param guestLevels the levels of the guest's tables; 0 without paging
 */
public record RootShape(int level, boolean isDirect, int guestLevels) {

  /** The shape of the root that a context needs now. */
  static RootShape of(TableSource source) {
    int role = source.rootRole();
    return new RootShape(Role.level(role), Role.isDirect(role), source.guest().mode().levels());
  }

  /**
   * Whether such a root is no ordinary shadow page: four entries, alone or below tables that have
   * but one entry each. The guest has no table at its top of which a page could be a shadow.
   */
  public boolean isSpecial() {
    return isDirect ? level == PageLevel.LEVEL_1G : guestLevels <= PageLevel.LEVEL_1G;
  }

  /** Whether the processor reads four entries, not a table, at the top. */
  public boolean isPae() {
    return level == PageLevel.LEVEL_1G;
  }
}
