package dev.gnomon.checker.report;

import java.util.ArrayList;
import java.util.List;

/** Numbers of pages in words, neighbours drawn together: {@code 0x0-0x3f, 0x100}. */
final class GfnText {
  private GfnText() {}

  /** Some gfns, in any order. */
  static String of(List<Long> gfns) {
    List<Long> sorted = gfns.stream().sorted().distinct().toList();
    List<String> parts = new ArrayList<>();
    for (int i = 0; i < sorted.size(); ) {
      int last = i;
      while (last + 1 < sorted.size() && sorted.get(last + 1) == sorted.get(last) + 1) {
        last++;
      }
      String first = StepText.hex(sorted.get(i));
      parts.add(i == last ? first : first + "-" + StepText.hex(sorted.get(last)));
      i = last + 1;
    }
    return String.join(", ", parts);
  }

  /** The gfns that the bits of a word stand for. */
  static String of(long firstGfn, long bits) {
    List<Long> gfns = new ArrayList<>();
    for (long left = bits; left != 0; left &= left - 1) {
      gfns.add(firstGfn + Long.numberOfTrailingZeros(left));
    }
    return of(gfns);
  }
}
