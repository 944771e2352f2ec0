package dev.gnomon.checker.report;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class WrappedTextTest {

  @Test
  void breaksAtSpacesAndIndentsWhatFollows() {
    assertThat(WrappedText.lines("load spte gfn 0x100 level 1", 12, 2))
        .containsExactly("load spte", "  gfn 0x100", "  level 1");
  }

  @Test
  void cutsAWordThatIsLongerThanALine() {
    assertThat(WrappedText.lines("at MmuNotifier.invalidateStart:52", 12, 1))
        .containsExactly("at", " MmuNotifier", " .invalidate", " Start:52")
        .allMatch(line -> line.length() <= 12);
  }

  @Test
  void keepsABitAndItsChangeTogether() {
    assertThat(WrappedText.lines("rmw spte level 1: W 0->1", 20, 2))
        .containsExactly("rmw spte level 1:", "  W 0->1");
  }

  @Test
  void keepsParagraphsApart() {
    assertThat(WrappedText.paragraphs("one\ntwo\n\n  three\n", 20))
        .containsExactly("one two", "", "three");
  }
}
