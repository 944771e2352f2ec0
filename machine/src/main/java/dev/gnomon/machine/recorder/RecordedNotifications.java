package dev.gnomon.machine.recorder;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/**
 * The calls of the host's memory manager in a recording, between its marks: the ones after the n-th
 * mark belong to what the n-th mark announces.
 */
final class RecordedNotifications {
  private final List<List<Notification>> byMark = new ArrayList<>();
  private int marks;

  /**
   * Those of a recording.
   *
   * @param trace its canonical lines; none if there is no recording
   */
  RecordedNotifications(List<String> trace) {
    for (String line : trace) {
      if (line.startsWith("# ")) {
        byMark.add(new ArrayList<>());
        continue;
      }
      Notification notification = Notification.of(line);
      if (notification != null && !byMark.isEmpty()) {
        byMark.getLast().add(notification);
      }
    }
  }

  /** Says that a mark was made. */
  void marked() {
    marks++;
  }

  /** Makes the calls that followed the last mark. */
  void replay(Predicate<Notification> receiver) {
    if (marks > 0 && marks <= byMark.size()) {
      byMark.get(marks - 1).forEach(receiver::test);
    }
  }
}
