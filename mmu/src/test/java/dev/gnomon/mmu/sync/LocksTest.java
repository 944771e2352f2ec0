package dev.gnomon.mmu.sync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.sync.SequentialPlatform.WouldWaitException;
import org.junit.jupiter.api.Test;

class LocksTest {
  private final SequentialPlatform platform = new SequentialPlatform(2);
  private final Cpu one = platform.cpu(0);
  private final Cpu other = platform.cpu(1);
  private final SpinLock spinLock = new WordSpinLock(platform);
  private final MmuLock mmuLock = new WordMmuLock(platform);

  @Test
  void aSpinLockIsHeldFromLockToUnlock() {
    assertThat(spinLock.isHeldBy(one)).isFalse();
    spinLock.lock(one);
    assertThat(spinLock.isHeldBy(one)).isTrue();
    assertThat(spinLock.isHeldBy(other)).isFalse();
    assertThatExceptionOfType(WouldWaitException.class).isThrownBy(() -> spinLock.lock(other));
    spinLock.unlock(one);
    spinLock.lock(other);
    assertThat(spinLock.isHeldBy(other)).isTrue();
  }

  @Test
  void takingAHeldSpinLockAgainIsAnError() {
    spinLock.lock(one);
    assertThatIllegalStateException().isThrownBy(() -> spinLock.lock(one));
  }

  @Test
  void leavingASpinLockOfAnotherIsAnError() {
    spinLock.lock(one);
    assertThatIllegalStateException().isThrownBy(() -> spinLock.unlock(other));
    assertThat(spinLock.isHeldBy(one)).isTrue();
  }

  @Test
  void readersOfAnMmuLockDoNotWaitForEachOther() {
    mmuLock.readLock(one);
    mmuLock.readLock(other);
    assertThat(mmuLock.isReadBy(one)).isTrue();
    assertThat(mmuLock.isReadBy(other)).isTrue();
    assertThat(mmuLock.isContended(one)).isFalse();
  }

  @Test
  void aWriterOfAnMmuLockWaitsForAReader() {
    mmuLock.readLock(one);
    assertThatExceptionOfType(WouldWaitException.class).isThrownBy(() -> mmuLock.writeLock(other));
    assertThat(mmuLock.isContended(one)).as("the writer has claimed it").isTrue();
  }

  @Test
  void aReaderOfAnMmuLockWaitsForAWriterAndIsNoReaderMeanwhile() {
    mmuLock.writeLock(one);
    assertThat(mmuLock.isWrittenBy(one)).isTrue();
    assertThat(mmuLock.isContended(one)).isFalse();
    assertThatExceptionOfType(WouldWaitException.class).isThrownBy(() -> mmuLock.readLock(other));
    assertThat(mmuLock.isReadBy(other)).isFalse();
    assertThat(mmuLock.isContended(one)).isTrue();
  }

  @Test
  void anMmuLockLeftByItsWriterIsFree() {
    mmuLock.writeLock(one);
    mmuLock.writeUnlock(one);
    mmuLock.readLock(other);
    mmuLock.readUnlock(other);
    mmuLock.writeLock(other);
    assertThat(mmuLock.isWrittenBy(other)).isTrue();
    assertThat(mmuLock.isWrittenBy(one)).isFalse();
  }
}
