package dev.gnomon.cli.kvm;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Dirty logs of two different MMUs. A log must name what was written, and may name more: a TDP MMU
 * maps a page writable when it is first read, and reports it; shadow paging waits for the write,
 * and has no writes by a nested walk. So the log here must have all that KVM's has; what it has
 * besides is left out, and noted.
 */
final class DirtyReports {
  private static final Pattern REPORT =
      Pattern.compile("(DIRTY slot \\d+ rc 0  gfns:|RING vcpu \\d+:)(.*)");
  private static final Pattern RING_RESET = Pattern.compile("(RING reset) \\d+");

  private final List<String> kvm = new ArrayList<>();
  private final List<String> own = new ArrayList<>();
  private final Set<String> besides = new LinkedHashSet<>();

  /** The outputs of both, the n-th report here held against KVM's n-th. */
  DirtyReports(List<String> kvmLines, List<String> ownLines) {
    List<Set<String>> kvmPages = new ArrayList<>();
    for (String line : kvmLines) {
      Matcher report = REPORT.matcher(line);
      if (report.matches()) {
        Set<String> pages = pages(report.group(2));
        kvmPages.add(pages);
        kvm.add(text(report.group(1), pages));
      } else {
        kvm.add(withoutCount(line));
      }
    }
    int reports = 0;
    for (String line : ownLines) {
      Matcher report = REPORT.matcher(line);
      if (!report.matches()) {
        own.add(withoutCount(line));
        continue;
      }
      Set<String> pages = pages(report.group(2));
      if (reports < kvmPages.size()) {
        Set<String> more = new TreeSet<>(pages);
        more.removeAll(kvmPages.get(reports));
        besides.addAll(more);
        pages.removeAll(more);
      }
      reports++;
      own.add(text(report.group(1), pages));
    }
  }

  private static Set<String> pages(String text) {
    Set<String> pages = new TreeSet<>();
    Arrays.stream(text.strip().split(" ")).filter(page -> !page.isEmpty()).forEach(pages::add);
    return pages;
  }

  private static String text(String head, Set<String> pages) {
    return pages.isEmpty() ? head : head + " " + String.join(" ", pages);
  }

  private static String withoutCount(String line) {
    return RING_RESET.matcher(line).replaceFirst("$1");
  }

  /** What KVM printed, in the form that is compared. */
  List<String> kvm() {
    return List.copyOf(kvm);
  }

  /** What was printed here, without the pages that are left out. */
  List<String> own() {
    return List.copyOf(own);
  }

  /** The pages that are left out. */
  Set<String> besides() {
    return besides;
  }
}
