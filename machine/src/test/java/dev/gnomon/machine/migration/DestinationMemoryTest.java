package dev.gnomon.machine.migration;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gnomon.mmu.config.MmuConfig;
import dev.gnomon.mmu.config.TdpKind;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class DestinationMemoryTest {
  private final byte[] ones = new byte[4096];
  private TestMachine machine;
  private DestinationMemory memory;

  @BeforeEach
  void makeAnEmptyVm() {
    Arrays.fill(ones, (byte) 1);
    machine = new TestMachine(MmuConfig.of(TdpKind.EPT, 1));
    memory = new DestinationMemory(machine.vm);
  }

  @AfterEach
  void close() {
    machine.close();
  }

  @Test
  void aPageThatArrivesIsAsItWasSent() {
    memory.page(3, ones);
    memory.compare(3, held -> Arrays.equals(held, ones));
    assertThat(memory.comparison()).isEqualTo(new Comparison(1, 0, -1));
  }

  @Test
  void zerosReplaceWhatHasArrivedBefore() {
    memory.page(3, ones);
    memory.zeros(3);
    memory.compare(3, held -> Arrays.equals(held, new byte[4096]));
    assertThat(memory.comparison().isIdentical()).isTrue();
  }

  @Test
  void zerosTouchNothingThatIsUntouched() {
    memory.zeros(3);
    assertThat(machine.vm.hostSpace().touchedPages()).isZero();
  }

  @Test
  void whatTheSourceNeverTouchedMustHoldZeros() {
    memory.page(3, ones);
    memory.page(9, ones);
    memory.compare(5, held -> true);
    assertThat(memory.comparison()).isEqualTo(new Comparison(3, 2, 3));
  }

  @Test
  void whatNeverArrivedHoldsZeros() {
    memory.compare(5, held -> Arrays.equals(held, ones));
    assertThat(memory.comparison()).isEqualTo(new Comparison(1, 1, 5));
  }
}
