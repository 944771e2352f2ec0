package dev.gnomon.cli.replay;

import com.github.difflib.DiffUtils;
import com.github.difflib.UnifiedDiffUtils;
import java.util.ArrayList;
import java.util.List;

/** Two texts side by side, as a unified diff. */
public final class Difference {
  private static final int CONTEXT = 3;

  /** A diff that is longer helps nobody find its first line. */
  private static final int MOST_LINES = 60;

  private Difference() {}

  /** The diff's lines, cut off where it goes on for long; none if the texts are equal. */
  public static List<String> between(
      String recordedName, List<String> recorded, String ownName, List<String> own) {
    List<String> diff =
        UnifiedDiffUtils.generateUnifiedDiff(
            recordedName, ownName, recorded, DiffUtils.diff(recorded, own), CONTEXT);
    if (diff.size() <= MOST_LINES) {
      return diff;
    }
    List<String> cut = new ArrayList<>(diff.subList(0, MOST_LINES));
    cut.add("... %d more lines of difference".formatted(diff.size() - MOST_LINES));
    return cut;
  }
}
