package dev.gnomon.checker.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

final class TableReportTest {
  private static final Recording RECORDING = FastFaultAgainstZap.recording();

  private static List<String> lines(int width, Detail detail) {
    return new TableReport(new Layout(width, detail, false)).print(RECORDING).lines().toList();
  }

  private static String line(List<String> lines, String part) {
    return lines.stream().filter(line -> line.contains(part)).findFirst().orElseThrow();
  }

  @Test
  void beginsWithTheScenarioItsProseAndHowItWasFound() {
    List<String> lines = lines(100, Detail.SHORT);

    assertThat(lines.getFirst()).isEqualTo("fast-fault-vs-zap");
    assertThat(lines).contains("rules  tdp-write=plain pfn-dirty=on-clear");
    assertThat(lines).contains("found  23 steps, 1 preemption, proven shortest; memory model sc");
    assertThat(line(lines, "A page is mapped")).startsWith("  A page");
  }

  @Test
  void hasAColumnForEachCpuInWhichItsStepsBegin() {
    List<String> lines = lines(120, Detail.SHORT);
    String names = line(lines, "vcpu 0 (CPU 0)");
    int vcpu = names.indexOf("vcpu 0");
    int host = names.indexOf("host 0");

    assertThat(vcpu).isLessThan(host);
    assertThat(line(lines, "rmw spte gfn 0x100 level 1: W 0->1").indexOf("rmw"))
        .isBetween(vcpu, vcpu + 4);
    assertThat(line(lines, "store spte gfn 0x100").indexOf("store")).isBetween(host, host + 4);
  }

  @Test
  void showsStepsInTheOrderOfTime() {
    String text = String.join("\n", lines(120, Detail.SHORT));

    assertThat(text)
        .containsSubsequence(
            "lock mmu_lock for writing",
            "load spte gfn 0x100 level 1: pfn 45",
            "R-X MMU-writable",
            "W 0->1",
            "guest writes gpa 0x100000: 0->1",
            "store spte gfn 0x100",
            "non-present",
            "free pfn 45 (gfn 0x100)",
            "VIOLATED no-write-lost");
  }

  @Test
  void namesTheLineOfCodeOfAStepAndTheOperationThatItBelongsTo() {
    List<String> lines = lines(120, Detail.SHORT);

    assertThat(line(lines, "W 0->1")).endsWith("SpteWriter.tryReplace:77");
    int zap = lines.indexOf(line(lines, "TdpZapper.zapLeaves()"));
    assertThat(lines.get(zap + 1)).contains("load spte gfn 0x100");
  }

  @Test
  void foldsWhatDoesNotMatterUnlessAllIsAskedFor() {
    List<String> brief = lines(120, Detail.SHORT);
    List<String> full = lines(120, Detail.FULL);

    assertThat(brief).anyMatch(line -> line.strip().equals("... 3 steps"));
    assertThat(brief).anyMatch(line -> line.strip().equals("... 1 step"));
    assertThat(brief).noneMatch(line -> line.contains("level 4"));
    assertThat(full).noneMatch(line -> line.contains("... "));
    assertThat(full).anyMatch(line -> line.contains("load spte gfn 0x0 level 4: table"));
    for (int number = 1; number <= RECORDING.moments().size(); number++) {
      String start = "%4d  ".formatted(number);
      assertThat(full).anyMatch(line -> line.startsWith(start));
    }
  }

  @Test
  void saysWhatBrokeAndWhatMustHoldAtTheEnd() {
    List<String> lines = lines(100, Detail.SHORT);
    int violated = lines.indexOf("VIOLATED no-write-lost");

    assertThat(lines.get(violated - 1)).matches("-+");
    assertThat(lines.get(violated + 1)).startsWith("  gpa 0x100000 reads 0 after");
    assertThat(lines.getLast()).startsWith("  (must hold: every guest write");
  }

  @Test
  void fitsTheWidthThatItIsGiven() {
    for (int width : new int[] {60, 72, 80, 100, 131, 200}) {
      assertThat(lines(width, Detail.FULL)).allMatch(line -> line.length() <= width);
    }
  }

  @Test
  void putsPlacesBelowTheStepsWhereColumnsAreNarrow() {
    List<String> lines = lines(72, Detail.SHORT);

    assertThat(lines).anyMatch(line -> line.strip().equals("at SpteWriter.replace:52"));
  }

  @Test
  void hasEscapeSequencesOnlyWhereTheyAreWanted() {
    String plain = new TableReport(new Layout(100, Detail.SHORT, false)).print(RECORDING);
    String coloured = new TableReport(new Layout(100, Detail.SHORT, true)).print(RECORDING);

    assertThat(plain).doesNotContain("\033");
    assertThat(coloured.replaceAll("\033\\[[0-9;]*m", "")).isEqualTo(plain);
    assertThat(coloured).contains("\033[1;31mVIOLATED no-write-lost");
  }

  @Test
  void takesTheWidthOfTheTerminalIfItIsANumber() {
    assertThat(Layout.terminal("132", Detail.SHORT, true).width()).isEqualTo(132);
    assertThat(Layout.terminal(null, Detail.SHORT, true).width()).isEqualTo(100);
    assertThat(Layout.terminal("wide", Detail.SHORT, true).width()).isEqualTo(100);
    assertThat(Layout.terminal("10", Detail.SHORT, true).width()).isEqualTo(Layout.NARROWEST);
  }
}
