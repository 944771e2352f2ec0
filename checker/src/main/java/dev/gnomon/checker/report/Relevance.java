package dev.gnomon.checker.report;

import dev.gnomon.checker.property.Property;
import dev.gnomon.checker.schedule.Step;
import dev.gnomon.mmu.platform.PhysicalMemory;
import dev.gnomon.mmu.platform.SharedWords;
import dev.gnomon.mmu.spte.SpteFormat;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which steps a short report leaves out, as is known only in hindsight:
 *
 * <ul>
 *   <li>read sections, if what broke is not about the lifetime of what they protect;
 *   <li>empty entries and words of bitmaps that a walk passed and that nobody ever writes;
 *   <li>where the story is long (something goes over all of memory), what only one CPU ever
 *       touches, apart from guest memory, dirty logs and requests;
 *   <li>locks that were held while nothing happened.
 * </ul>
 */
final class Relevance {
  /** A story of more steps than this is long. */
  private static final int LONG = 60;

  private final List<Moment> moments;

  private Relevance(List<Moment> moments) {
    this.moments = new ArrayList<>(moments);
  }

  /** The moments, with those that a short report may leave out marked so. */
  static List<Moment> judge(List<Moment> moments, Property broken) {
    Relevance relevance = new Relevance(moments);
    if (!needsReadSections(broken)) {
      relevance.leaveOutReadSections();
    }
    relevance.leaveOutScans();
    if (relevance.moments.stream().filter(each -> !each.isMinor()).count() > LONG) {
      relevance.leaveOutPrivate();
    }
    if (broken != Property.PROGRESS) {
      relevance.leaveOutEmptySections();
    }
    return relevance.moments;
  }

  private static boolean needsReadSections(Property broken) {
    return switch (broken) {
      case NO_USE_AFTER_FREE, NO_DATA_RACE, PROGRESS -> true;
      default -> false;
    };
  }

  private void leaveOutReadSections() {
    moments.replaceAll(each -> each.subject() == Subject.READ_SECTION ? each.minor() : each);
  }

  private void leaveOutScans() {
    Set<Place> written = new HashSet<>();
    for (Moment each : moments) {
      if (StepText.writes(each.step())) {
        written.add(place(each));
      }
    }
    moments.replaceAll(
        each -> findsNothing(each) && !written.contains(place(each)) ? each.minor() : each);
  }

  private static boolean findsNothing(Moment moment) {
    Step step = moment.step();
    return step.kind() == Step.Kind.LOAD
        && switch (moment.subject()) {
          case SPTE -> SpteFormat.isNonPresent(step.after());
          case DIRTY_LOG -> step.after() == 0;
          default -> false;
        };
  }

  // --- what only one CPU touches ---

  /** What a step is about: a word of memory, a frame, another word, or a lock. */
  private record Place(long hpa, @Nullable SharedWords words, long index, String lock) {}

  private static Place frame(Step step) {
    return new Place(-1, null, PhysicalMemory.pfn(step.hpa()), "");
  }

  private static Place place(Moment moment) {
    Step step = moment.step();
    if (moment.subject() == Subject.FRAME) {
      return frame(step);
    }
    boolean isLock = moment.subject() == Subject.LOCK;
    return new Place(step.hpa(), step.words(), step.index(), isLock ? step.target() : "");
  }

  private void leaveOutPrivate() {
    Map<Place, Integer> users = new HashMap<>();
    for (Moment each : moments) {
      users.merge(place(each), 1 << each.step().cpu(), (a, b) -> a | b);
      if (each.step().hpa() >= 0) {
        users.merge(frame(each.step()), 1 << each.step().cpu(), (a, b) -> a | b);
      }
    }
    moments.replaceAll(
        each -> {
          boolean isPrivate = Integer.bitCount(users.get(place(each))) == 1;
          return isPrivate && mayBeLeftOut(each) ? each.minor() : each;
        });
  }

  private static boolean mayBeLeftOut(Moment moment) {
    return switch (moment.subject()) {
      // Others see an entry that was in use through their TLBs too.
      case SPTE ->
          !StepText.writes(moment.step()) || !SpteFormat.isShadowPresent(moment.step().before());
      case LOCK, HOST_PAGE, FRAME, READ_SECTION, OTHER -> true;
      case GUEST_MEMORY, DIRTY_LOG, REQUEST, GUEST_MODE -> false;
    };
  }

  // --- locks ---

  private void leaveOutEmptySections() {
    for (int i = 0; i < moments.size(); i++) {
      if (moments.get(i).step().kind() == Step.Kind.LOCK) {
        leaveOutIfEmpty(i);
      }
    }
  }

  private void leaveOutIfEmpty(int lock) {
    Step taken = moments.get(lock).step();
    for (int i = lock + 1; i < moments.size(); i++) {
      Moment each = moments.get(i);
      if (each.step().cpu() == taken.cpu()) {
        if (each.step().kind() == Step.Kind.UNLOCK && each.step().target().equals(taken.target())) {
          moments.set(lock, moments.get(lock).minor());
          moments.set(i, each.minor());
          return;
        }
        if (!each.isMinor()) {
          return;
        }
      }
    }
  }
}
