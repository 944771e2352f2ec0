package dev.gnomon.checker.report;

import dev.gnomon.mmu.tlb.Requests;
import java.util.Map;

/** The bits of a vCPU's request word, by name. */
final class RequestNames {
  private static final Map<Long, String> NAMES =
      Map.of(
          Requests.TLB_FLUSH, "TLB_FLUSH",
          Requests.RELOAD_ROOT, "RELOAD_ROOT",
          Requests.KICK, "KICK",
          Requests.RING_FULL, "RING_FULL",
          Requests.PAUSE, "PAUSE");

  private RequestNames() {}

  /** {@code TLB_FLUSH KICK}; empty if there is none. What else the word holds is left out. */
  static String of(long requests) {
    StringBuilder text = new StringBuilder();
    for (long left = requests & Requests.ALL; left != 0; left &= left - 1) {
      long bit = Long.lowestOneBit(left);
      text.append(text.isEmpty() ? "" : " ");
      text.append(NAMES.getOrDefault(bit, "0x" + Long.toHexString(bit)));
    }
    return text.toString();
  }

  /** What was set and what was cleared: {@code +TLB_FLUSH}, {@code -KICK}. */
  static String change(long before, long after) {
    String set = signed("+", after & ~before);
    String cleared = signed("-", before & ~after);
    return set.isEmpty() ? cleared : cleared.isEmpty() ? set : set + " " + cleared;
  }

  private static String signed(String sign, long bits) {
    String names = of(bits);
    return names.isEmpty() ? "" : sign + names.replace(" ", " " + sign);
  }
}
