package dev.gnomon.machine.port;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.gnomon.mmu.platform.SharedWords;
import java.util.function.ObjIntConsumer;
import org.junit.jupiter.api.Test;

/** What each operation of {@link SharedWords} does when nobody else is there. */
abstract class WordsContract {
  private final Backend backend;

  WordsContract(Backend backend) {
    this.backend = backend;
  }

  @Test
  void newWordsHoldZero() {
    backend.explore(
        1,
        execution -> {
          SharedWords words = execution.platform().newWords(3);
          assertThat(words.length()).isEqualTo(3);
          for (int i = 0; i < 3; i++) {
            assertThat(words.get(i)).isZero();
          }
          assertThat(execution.platform().newWords(0).length()).isZero();
        });
  }

  @Test
  void thereCannotBeFewerWordsThanNone() {
    backend.explore(
        1,
        execution ->
            assertThatIllegalArgumentException()
                .isThrownBy(() -> execution.platform().newWords(-1)));
  }

  @Test
  void aStoreChangesOneWord() {
    backend.explore(
        1,
        execution -> {
          SharedWords words = execution.platform().newWords(3);
          words.set(1, -1);
          assertThat(words.get(0)).isZero();
          assertThat(words.get(1)).isEqualTo(-1);
          assertThat(words.get(2)).isZero();
        });
  }

  @Test
  void eachReadModifyWriteReturnsWhatWasThere() {
    backend.explore(
        1,
        execution -> {
          SharedWords words = execution.platform().newWords(2);
          words.set(1, 0b1100);
          assertThat(words.compareAndExchange(1, 1, 7)).isEqualTo(0b1100);
          assertThat(words.compareAndExchange(1, 0b1100, 0b1010)).isEqualTo(0b1100);
          assertThat(words.getAndAnd(1, 0b0110)).isEqualTo(0b1010);
          assertThat(words.getAndOr(1, 0b1000)).isEqualTo(0b0010);
          assertThat(words.getAndAdd(1, -11)).isEqualTo(0b1010);
          assertThat(words.getAndSet(1, 7)).isEqualTo(-1);
          assertThat(words.get(1)).isEqualTo(7);
        });
  }

  @Test
  void indicesOutsideThrow() {
    backend.explore(
        1,
        execution -> {
          SharedWords words = execution.platform().newWords(2);
          for (int outside : new int[] {-1, 2, Integer.MAX_VALUE, Integer.MIN_VALUE}) {
            rejects(words, outside, SharedWords::get);
            rejects(words, outside, (w, i) -> w.set(i, 1));
            rejects(words, outside, (w, i) -> w.compareAndExchange(i, 0, 1));
            rejects(words, outside, (w, i) -> w.getAndSet(i, 1));
            rejects(words, outside, (w, i) -> w.getAndAdd(i, 1));
            rejects(words, outside, (w, i) -> w.getAndAnd(i, 1));
            rejects(words, outside, (w, i) -> w.getAndOr(i, 1));
          }
        });
  }

  private static void rejects(SharedWords words, int index, ObjIntConsumer<SharedWords> use) {
    assertThatExceptionOfType(IndexOutOfBoundsException.class)
        .isThrownBy(() -> use.accept(words, index));
  }
}
