package dev.gnomon.checker.race;

import java.util.ArrayList;
import java.util.List;

/** The places that were given numbers. Any thread may call. */
final class Sites {
  private static final int MOST = 1 << Epoch.SITE_BITS;

  /** By number. Guarded by this. */
  private final List<Site> sites = new ArrayList<>(List.of(Site.UNKNOWN));

  /** Gives a place a number; that of the unknown place if there are too many. */
  synchronized int add(Site site) {
    if (sites.size() == MOST) {
      return 0;
    }
    sites.add(site);
    return sites.size() - 1;
  }

  synchronized Site get(int number) {
    return sites.get(number);
  }
}
