package dev.gnomon.machine.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gnomon.machine.InputException;
import dev.gnomon.machine.VmConfig;
import dev.gnomon.machine.guest.Guest;
import dev.gnomon.machine.guest.GuestConfig;
import dev.gnomon.machine.guest.GuestFeature;
import dev.gnomon.machine.guest.GuestState;
import dev.gnomon.machine.guest.Mismatch;
import dev.gnomon.machine.guest.Nesting;
import dev.gnomon.machine.guest.ProcessState;
import dev.gnomon.machine.processor.TlbConfig;
import dev.gnomon.machine.trace.TraceBatch;
import dev.gnomon.machine.trace.TraceReader;
import dev.gnomon.mmu.arch.ControlRegisters;
import dev.gnomon.mmu.config.DirtyLogKind;
import dev.gnomon.mmu.config.MmuConfig;
import dev.gnomon.mmu.config.TdpKind;
import java.util.List;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

/** What is sent arrives as it was, and what was not sent is refused. */
class WireProperties {

  @Property(tries = 200)
  void aBatchOfRecordsArrivesAsItWas(
      @ForAll long seed, @ForAll @IntRange(min = 1, max = 300) int n) {
    TraceBatch sent = randomBatch(seed, n);
    PayloadWriter out = new PayloadWriter();
    TraceCodec.write(out, 3, new At(17, 99), sent);

    TraceCodec.Arrived arrived = new TraceCodec.Arrived(reader(out.toByteArray()));
    assertThat(arrived.process()).isEqualTo(3);
    assertThat(arrived.line()).isEqualTo(17);
    assertThat(arrived.bytesRead()).isEqualTo(99);
    int done = 0;
    TraceBatch got = new TraceBatch(7);
    while (arrived.left() > 0) {
      arrived.read(got, Math.min(7, arrived.left()));
      for (int i = 0; i < got.count(); i++, done++) {
        assertThat(got.address(i)).isEqualTo(sent.address(done));
        assertThat(got.kind(i)).isEqualTo(sent.kind(done));
        assertThat(got.size(i)).isEqualTo(sent.size(done));
      }
    }
    assertThat(done).isEqualTo(n);
  }

  @Example
  void recordsThatFollowEachOtherTakeFewBytes() {
    TraceBatch batch = new TraceBatch(1000);
    for (int i = 0; i < 1000; i++) {
      batch.put(i, 0x40_0000 + 4L * i, TraceBatch.FETCH, 4);
    }
    batch.setCount(1000);
    PayloadWriter out = new PayloadWriter();
    TraceCodec.write(out, 0, new At(0, 0), batch);
    assertThat(out.size()).isLessThan(2100);
  }

  @Property(tries = 500)
  void whateverBytesArriveAreReadOrRefused(@ForAll @Size(max = 200) byte[] garbage) {
    readOrRefuse(() -> DescriptionCodec.read(reader(garbage)));
    readOrRefuse(() -> StateCodec.readState(reader(garbage)));
    readOrRefuse(() -> StateCodec.readSummary(reader(garbage)));
    readOrRefuse(
        () -> {
          TraceCodec.Arrived arrived = new TraceCodec.Arrived(reader(garbage));
          arrived.read(new TraceBatch(200), Math.min(200, arrived.left()));
        });
  }

  private static void readOrRefuse(Runnable read) {
    try {
      read.run();
    } catch (InputException e) {
      assertThat(e.getMessage()).doesNotContain("\n");
    }
  }

  @Property(tries = 100)
  void aStateArrivesAsItWasAndNotCutShort(@ForAll long seed) {
    GuestState state = randomState(new Random(seed));
    PayloadWriter out = new PayloadWriter();
    StateCodec.write(out, state);
    byte[] bytes = out.toByteArray();

    assertThat(StateCodec.readState(reader(bytes))).isEqualTo(state);
    byte[] cut = java.util.Arrays.copyOf(bytes, new Random(seed).nextInt(bytes.length));
    assertThatThrownBy(() -> StateCodec.readState(reader(cut))).isInstanceOf(InputException.class);
  }

  @Example
  void aDescriptionArrivesAsItWas() {
    MmuConfig mmu =
        MmuConfig.of(TdpKind.EPT, 3)
            .withDirtyLog(DirtyLogKind.RING)
            .withRingEntries(2048)
            .withManualProtect(true, true)
            .withAccessedDirty(false)
            .withEagerSplit(false)
            .withNxHugePages(true)
            .withWriteTracking(true)
            .withLevels(5)
            .withPhysicalAddressBits(52)
            .withLargestLevel(2);
    VmDescription description =
        new VmDescription(
            new VmConfig(mmu, 6L << 30, 2, new TlbConfig(64, 2, 3, 4, 5, 6, 8)),
            5,
            new GuestConfig(true, true, -7, 1234)
                .with(3, 2, Set.of(GuestFeature.FORK, GuestFeature.RECURSIVE))
                .with(new Nesting(Nesting.Format.EPT, false, true)));
    PayloadWriter out = new PayloadWriter();
    DescriptionCodec.write(out, description);
    assertThat(DescriptionCodec.read(reader(out.toByteArray()))).isEqualTo(description);
  }

  @Property(tries = 300)
  void aPageThatDiffersHasAnotherHash(
      @ForAll long seed, @ForAll @IntRange(min = 0, max = 4095) int at, @ForAll byte change) {
    byte[] page = new byte[4096];
    new Random(seed).nextBytes(page);
    PageHash hash = new PageHash();
    long before = hash.of(page);
    page[at] ^= change;
    assertThat(hash.of(page) == before).isEqualTo(change == 0);
  }

  private static PayloadReader reader(byte[] bytes) {
    return new PayloadReader(bytes, FrameType.STATE);
  }

  private static TraceBatch randomBatch(long seed, int count) {
    Random random = new Random(seed);
    TraceBatch batch = new TraceBatch(count);
    for (int i = 0; i < count; i++) {
      int size = 1 + random.nextInt(TraceBatch.MAX_SIZE);
      long address = random.nextLong(TraceBatch.ADDRESS_LIMIT - size + 1);
      batch.put(i, address, random.nextInt(4), size);
    }
    batch.setCount(count);
    return batch;
  }

  private static GuestState randomState(Random random) {
    Mismatch mismatch = random.nextBoolean() ? new Mismatch(1, 2, random.nextLong(), 4) : null;
    ProcessState process =
        new ProcessState(
            "tr\u00e4ce",
            random.nextLong(),
            4096L * random.nextInt(100),
            random.nextLong(),
            5,
            6,
            random.nextBoolean(),
            new Guest.VerifyResult(random.nextLong(), 8, mismatch));
    return new GuestState(
        List.of(
            ControlRegisters.longMode(4, 0x2000, false),
            new ControlRegisters(
                random.nextLong(),
                random.nextLong(),
                random.nextLong(),
                random.nextLong(),
                random.nextInt(),
                random.nextBoolean(),
                random.nextBoolean())),
        List.of(random.nextLong(), 3L),
        List.of(process, process),
        List.of(1L, random.nextLong()));
  }

  /** A reader that is somewhere and reads nothing. */
  private record At(long line, long bytesRead) implements TraceReader {
    @Override
    public int read(TraceBatch batch, int limit) {
      return 0;
    }

    @Override
    public long sizeInBytes() {
      return -1;
    }

    @Override
    public void close() {}
  }
}
