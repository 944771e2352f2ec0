package dev.gnomon.checker.report;

import dev.gnomon.machine.processor.CachedTranslation;
import java.util.ArrayList;
import java.util.List;

/**
 * A state of the machine as sections of rows, each row with a key that stays the same from state to
 * state, so that a page can tell what changed.
 */
final class StateSections {

  /** A part of the machine. */
  record Section(String title, List<Row> rows) {}

  /**
   * A line of a section.
   *
   * @param key what it is about; of its own in the section
   * @param depth how far it is indented
   * @param label what it is about, for the reader
   * @param value how it is now
   */
  record Row(String key, int depth, String label, String value) {}

  private StateSections() {}

  static List<Section> of(MachineState state, List<Lane> lanes) {
    List<Section> sections = new ArrayList<>();
    sections.add(new Section("Page table", entries(state)));
    for (MachineState.Processor processor : state.processors()) {
      sections.add(new Section("vCPU " + processor.index(), processor(processor)));
    }
    sections.add(new Section("Dirty log", logs(state)));
    if (!state.hostPages().isEmpty()) {
      sections.add(new Section("Host pages", hostPages(state)));
    }
    sections.add(new Section("Locks", locks(state, lanes)));
    if (!state.buffers().isEmpty()) {
      sections.add(new Section("Store buffers", buffers(state, lanes)));
    }
    return sections;
  }

  private static List<Row> entries(MachineState state) {
    List<Row> rows = new ArrayList<>();
    for (MachineState.Entry entry : state.entries()) {
      if (entry.depth() == 0 && isFirstOfRoot(rows, entry)) {
        rows.add(new Row(rootKey(entry), 0, "root", "pfn " + Long.toHexString(entry.root())));
      }
      rows.add(
          new Row(
              entry.root() + "/" + entry.hpa(),
              entry.depth() + 1,
              "level " + entry.level() + " " + entry.covers(),
              entry.meaning()));
    }
    return rows;
  }

  private static boolean isFirstOfRoot(List<Row> rows, MachineState.Entry entry) {
    return rows.stream().noneMatch(row -> row.key().equals(rootKey(entry)));
  }

  private static String rootKey(MachineState.Entry entry) {
    return "root " + entry.root();
  }

  private static List<Row> processor(MachineState.Processor processor) {
    List<Row> rows = new ArrayList<>();
    rows.add(new Row("mode", 0, "mode", processor.isInGuest() ? "in guest" : "outside"));
    String requests = processor.requests();
    rows.add(new Row("requests", 0, "requests", requests.isEmpty() ? "none" : requests));
    rows.add(new Row("root", 0, "root", processor.root()));
    for (CachedTranslation cached : processor.cached()) {
      String label = label(cached.cache()) + " " + StepText.hex(cached.address());
      String size = cached.level() == 1 ? "" : cached.level() == 2 ? " 2M" : " 1G";
      boolean isTable = cached.rights().isEmpty();
      String value =
          (isTable ? "level " + (cached.level() - 1) + " table at pfn " : "pfn ")
              + Long.toHexString(cached.hpa() >>> 12)
              + (isTable ? "" : size + " " + cached.rights());
      rows.add(new Row(label + "/" + cached.level(), 0, label, value));
    }
    return rows;
  }

  private static String label(CachedTranslation.Cache cache) {
    return switch (cache) {
      case TLB -> "TLB";
      case NESTED_TLB -> "nested TLB gpa";
      case NESTED_TABLES -> "table cache gpa";
      case GUEST_TABLES -> "guest table cache gva";
    };
  }

  private static List<Row> logs(MachineState state) {
    List<Row> rows = new ArrayList<>();
    for (MachineState.Log log : state.logs()) {
      String gfns = GfnText.of(log.gfns());
      rows.add(new Row(log.name(), 0, log.name(), gfns.isEmpty() ? "empty" : "gfn " + gfns));
    }
    return rows;
  }

  private static List<Row> hostPages(MachineState state) {
    List<Row> rows = new ArrayList<>();
    for (MachineState.HostPage page : state.hostPages()) {
      String label = "gfn " + StepText.hex(page.gfn());
      rows.add(new Row(label, 0, label, page.state()));
    }
    return rows;
  }

  private static List<Row> locks(MachineState state, List<Lane> lanes) {
    List<Row> rows = new ArrayList<>();
    for (MachineState.Held held : state.locks()) {
      String key = held.lock() + "/" + held.cpu();
      rows.add(new Row(key, 0, held.lock(), "held by " + name(held.cpu(), lanes)));
    }
    return rows;
  }

  private static List<Row> buffers(MachineState state, List<Lane> lanes) {
    List<Row> rows = new ArrayList<>();
    int number = 0;
    for (MachineState.Buffered buffered : state.buffers()) {
      String name = name(buffered.cpu(), lanes);
      rows.add(new Row(name + number++, 0, name, buffered.store()));
    }
    return rows;
  }

  static String name(int cpu, List<Lane> lanes) {
    return lanes.stream()
        .filter(lane -> lane.cpu() == cpu)
        .map(Lane::name)
        .findFirst()
        .orElse("CPU " + cpu);
  }
}
