package dev.gnomon.checker.schedule;

import static dev.gnomon.mmu.platform.PhysicalMemory.hpa;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gnomon.checker.programs.TornEntries;
import dev.gnomon.mmu.platform.PhysicalMemory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Nobody takes the halves of two entries for one on a 32-bit host, in any interleaving. That the
 * programs find it where somebody does is shown by deliberate faults.
 */
class TornEntriesTest {

  @ParameterizedTest
  @EnumSource
  void eightBytesThatAreStoredPlainlyAreTorn(MemoryModel model) {
    new Setting(model, false)
        .assertRefuted(
            2,
            execution -> {
              PhysicalMemory memory = execution.platform().memory();
              long at = hpa(execution.platform().frames().allocate(execution.cpu(0)));
              memory.setLong(at, 0);
              execution.start(0, "stores", cpu -> memory.ofWords(32).setLong(at, -1));
              execution.start(
                  1, "walks", cpu -> assertThat(memory.ofPageWalks().getLong(at)).isIn(0L, -1L));
              execution.join();
            });
  }

  @ParameterizedTest
  @EnumSource
  void aReaderWithoutTheLockFindsNoMixOfEntriesThatComeAndGo(MemoryModel model) {
    new Setting(model, false).assertSafe(2, TornEntries::readWhileZapped);
  }

  @ParameterizedTest
  @EnumSource
  void norDoesTheProcessor(MemoryModel model) {
    new Setting(model, false).assertSafe(2, TornEntries::walkWhileZapped);
  }

  @ParameterizedTest
  @EnumSource
  void aReaderWithoutTheLockFindsNoMixOfEntriesThatReplaceEachOther(MemoryModel model) {
    new Setting(model, false).assertSafe(2, TornEntries::readWhileReplaced);
  }

  @ParameterizedTest
  @EnumSource
  void norDoesTheProcessorWhereTheyReplaceEachOther(MemoryModel model) {
    new Setting(model, false).assertSafe(2, TornEntries::walkWhileReplaced);
  }

  @ParameterizedTest
  @EnumSource
  void whatTheProcessorSetsInAnEntryThatIsClearedIsKnown(MemoryModel model) {
    new Setting(model, false).assertSafe(2, TornEntries::accessWhileZapped);
  }
}
