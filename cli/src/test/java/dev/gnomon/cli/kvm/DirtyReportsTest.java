package dev.gnomon.cli.kvm;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/** A dirty log must name what was written, and may name more. */
class DirtyReportsTest {

  @Test
  void whatIsReportedBesidesIsLeftOutAndNoted() {
    DirtyReports reports =
        new DirtyReports(
            List.of("OP start", "DIRTY slot 0 rc 0  gfns: 4 40"),
            List.of("OP start", "DIRTY slot 0 rc 0  gfns: 4 10 40 41"));
    assertThat(reports.own()).isEqualTo(reports.kvm());
    assertThat(reports.besides()).containsExactly("10", "41");
  }

  @Test
  void whatIsNotReportedHereStaysADifference() {
    DirtyReports reports =
        new DirtyReports(
            List.of("DIRTY slot 0 rc 0  gfns: 4 40"), List.of("DIRTY slot 0 rc 0  gfns: 4"));
    assertThat(reports.kvm()).containsExactly("DIRTY slot 0 rc 0  gfns: 4 40");
    assertThat(reports.own()).containsExactly("DIRTY slot 0 rc 0  gfns: 4");
  }

  @Test
  void eachReportIsHeldAgainstItsOwn() {
    DirtyReports reports =
        new DirtyReports(
            List.of("DIRTY slot 0 rc 0  gfns: 4", "DIRTY slot 0 rc 0  gfns: 5"),
            List.of("DIRTY slot 0 rc 0  gfns: 4 5", "DIRTY slot 0 rc 0  gfns:"));
    assertThat(reports.own())
        .containsExactly("DIRTY slot 0 rc 0  gfns: 4", "DIRTY slot 0 rc 0  gfns:");
    assertThat(reports.kvm().get(1)).isEqualTo("DIRTY slot 0 rc 0  gfns: 5");
  }

  @Test
  void ringsAreSetsOfPages() {
    DirtyReports reports =
        new DirtyReports(
            List.of("RING vcpu 0: 0:4 0:40 0:4", "RING reset 3"),
            List.of("RING vcpu 0: 0:10 0:40 0:4", "RING reset 2"));
    assertThat(reports.own())
        .isEqualTo(reports.kvm())
        .containsExactly("RING vcpu 0: 0:4 0:40", "RING reset");
  }

  @Test
  void logThatFailedIsComparedAsItIs() {
    String failed = "DIRTY slot 0 rc -1 No such file or directory gfns:";
    DirtyReports reports = new DirtyReports(List.of(failed), List.of("DIRTY slot 0 rc 0  gfns:"));
    assertThat(reports.kvm()).containsExactly(failed);
    assertThat(reports.own()).containsExactly("DIRTY slot 0 rc 0  gfns:");
  }
}
