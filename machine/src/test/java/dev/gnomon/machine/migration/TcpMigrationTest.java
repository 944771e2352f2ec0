package dev.gnomon.machine.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gnomon.machine.InputException;
import dev.gnomon.machine.guest.Guest;
import dev.gnomon.machine.guest.GuestTraces;
import dev.gnomon.machine.trace.TraceReader;
import dev.gnomon.machine.trace.TraceSource;
import dev.gnomon.mmu.config.DirtyLogKind;
import dev.gnomon.mmu.config.MmuConfig;
import dev.gnomon.mmu.config.TdpKind;
import java.nio.channels.ServerSocketChannel;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A guest moves to another process; here both are threads, with a socket between. */
class TcpMigrationTest {
  private static final MmuConfig MMU = MmuConfig.of(TdpKind.EPT, 2).withDirtyLog(DirtyLogKind.PML);
  private static final int PASSES = 12;

  private TraceSource trace;
  private TestMachine source;
  private Guest guest;
  private long total;

  @BeforeEach
  void bootAGuest() {
    trace = TestTraces.busy(PASSES);
    source = new TestMachine(MMU);
    guest = source.bootGuest(trace, 4000);
    total = trace.totals().accesses() * guest.processes();
  }

  @AfterEach
  void close() {
    guest.close();
    source.close();
    trace.close();
  }

  @Test
  void theGuestGoesOnAtTheReceiverAndFindsAllItWrote() {
    try (MigrationReceiver receiver = MigrationReceiver.listen(Peer.ANY_PORT)) {
      CompletableFuture<ReceiveResult> received = receive(receiver, true);
      try (MigrationSender sender = MigrationSender.connect(receiver.address(), Peer.TIMEOUT)) {
        assertThat(sender.resumesThere()).isTrue();

        MigrationResult result = migrate(sender);
        long accessesHere = TestMachine.accesses(guest);
        GuestSummary summary = sender.finishThere(guest);

        assertThat(result.differingPages()).isZero();
        assertThat(accessesHere).isBetween(total / 10, total / 10 * 9);
        assertThat(summary.accessesPerVcpu().stream().mapToLong(Long::longValue).sum())
            .isEqualTo(total);
        assertThat(summary.verified().first()).isNull();
        assertThat(summary.verified().loadsChecked())
            .isGreaterThan(guest.verifyResult().loadsChecked());
        ReceiveResult there = Peer.await(received);
        assertThat(there.summary()).isEqualTo(summary);
        assertThat(there.comparison().isIdentical()).isTrue();
        assertThat(there.pages()).isEqualTo(result.pagesSent());
        assertThat(there.description().vm()).isEqualTo(source.vm.config());
      }
    }
  }

  @Test
  void whatLiesOutsideMemoryIsTheSameInTheGuestThatIsRestored() {
    try (TestMachine destination = new TestMachine(MMU)) {
      migrate(new InProcessDestination(destination.vm));
      GuestTraces traces = guest.traces();
      List<TraceReader> rests =
          IntStream.range(0, traces.processes()).mapToObj(traces::rest).toList();
      Guest restored = new Guest(destination.vm, guest.levels(), guest.config());
      restored.restore(guest.state(), rests);

      assertThat(restored.state()).isEqualTo(guest.state());
      assertThat(guest.state().sharedWrites()).allMatch(writes -> writes > 0);
    }
  }

  @Test
  void aReceiverThatDoesNotResumeComparesAndTheGuestGoesOnAtTheSource() {
    try (MigrationReceiver receiver = MigrationReceiver.listen(Peer.ANY_PORT)) {
      CompletableFuture<ReceiveResult> received = receive(receiver, false);
      try (MigrationSender sender = MigrationSender.connect(receiver.address(), Peer.TIMEOUT)) {
        assertThat(sender.resumesThere()).isFalse();

        assertThat(migrate(sender).differingPages()).isZero();
      }
      ReceiveResult there = Peer.await(received);
      assertThat(there.comparison().isIdentical()).isTrue();
      assertThat(there.comparison().pages()).isGreaterThan(600);
      assertThat(there.summary()).isNull();
      assertTheGuestFinishesHere();
    }
  }

  @Test
  void aPageThatWasSpoiltOnTheWayIsNamedAndTheGuestStays() {
    try (MigrationReceiver receiver = MigrationReceiver.listen(Peer.ANY_PORT)) {
      CompletableFuture<ReceiveResult> received = receive(receiver, true);
      try (MigrationSender sender = MigrationSender.connect(receiver.address(), Peer.TIMEOUT)) {

        // The last copy of the last byte of the kernel's page, which nobody uses.
        MigrationResult result = migrate(ForwardingSink.spoiling(sender, 1, 4095));

        assertThat(result.differingPages()).isEqualTo(1);
        assertThat(result.firstDifferingGpa()).isEqualTo(0x1000);
      }
      ReceiveResult there = Peer.await(received);
      assertThat(there.comparison().differingPages()).isEqualTo(1);
      assertThat(there.firstDifferingGpa()).isEqualTo(0x1000);
      assertThat(there.summary()).isNull();
      assertTheGuestFinishesHere();
    }
  }

  @Test
  void whenThePeerGoesAwayWhilePagesAreSentTheGuestStays() throws Exception {
    try (ServerSocketChannel server = Peer.listen()) {
      CompletableFuture<Integer> peer =
          Peer.start(
              () -> {
                try (Connection connection =
                    new Connection(server.accept(), "source", Peer.TIMEOUT)) {
                  connection.greet(0);
                  connection.receive();
                  connection.send(FrameType.READY);
                  return connection.receive().payload().length;
                }
              });
      try (MigrationSender sender = MigrationSender.connect(Peer.address(server), Peer.TIMEOUT)) {

        assertThatThrownBy(() -> migrate(sender))
            .isInstanceOf(InputException.class)
            .hasMessageStartingWith("127.0.0.1:")
            .hasMessageMatching("(?s).*(closed the connection|is gone).*");
      }
      assertThat(Peer.await(peer)).isPositive();
      assertTheGuestFinishesHere();
    }
  }

  @Test
  void whenThePeerGoesAwayWhileTheGuestRunsThereTheGuestIsTakenBack() throws Exception {
    try (ServerSocketChannel server = Peer.listen()) {
      CompletableFuture<Integer> peer =
          Peer.start(
              () -> {
                try (Connection connection =
                    new Connection(server.accept(), "source", Peer.TIMEOUT)) {
                  connection.greet(MigrationReceiver.RESUMES);
                  return playAlong(connection);
                }
              });
      try (MigrationSender sender = MigrationSender.connect(Peer.address(server), Peer.TIMEOUT)) {
        assertThat(migrate(sender).differingPages()).isZero();

        assertThatThrownBy(() -> sender.finishThere(guest))
            .isInstanceOf(InputException.class)
            .hasMessageStartingWith("127.0.0.1:");
      }
      assertThat(Peer.await(peer)).isEqualTo(20);
      assertTheGuestFinishesHere();
    }
  }

  /** Says yes to all, asks for some batches of each trace, and is gone. Returns how many it got. */
  private static int playAlong(Connection connection) {
    int traces = 0;
    while (traces < 20) {
      switch (connection.receive().type()) {
        case DESCRIPTION -> connection.send(FrameType.READY);
        case ROUND_END -> connection.send(FrameType.ARRIVED);
        case HASHES_END ->
            connection.send(FrameType.VERDICT, new PayloadWriter().put(1L).put(0L).put(-1L));
        case GO -> {
          for (int i = 0; i < 20; i++) {
            connection.send(FrameType.WANT, new PayloadWriter().put(i % 2));
          }
        }
        case TRACE -> traces++;
        default -> {}
      }
    }
    return traces;
  }

  @Test
  void whenTheSourceGoesAwayTheReceiverSaysSo() throws Exception {
    try (MigrationReceiver receiver = MigrationReceiver.listen(Peer.ANY_PORT)) {
      CompletableFuture<ReceiveResult> received = receive(receiver, true);
      try (Connection connection =
          new Connection(Peer.connect(receiver.address()), "receiver", Peer.TIMEOUT)) {
        connection.greet(0);
        PayloadWriter out = new PayloadWriter();
        DescriptionCodec.write(out, VmDescription.of(source.vm, guest));
        connection.send(FrameType.DESCRIPTION, out);
        connection.receive();
      }

      assertThatThrownBy(() -> Peer.await(received))
          .isInstanceOf(InputException.class)
          .hasMessageMatching("127.0.0.1:\\d+: closed the connection");
    }
  }

  @Test
  void whatTheReceiverRefusesTheSourceIsTold() {
    try (MigrationReceiver receiver = MigrationReceiver.listen(Peer.ANY_PORT)) {
      CompletableFuture<ReceiveResult> received = receive(receiver, true);
      try (MigrationSender sender = MigrationSender.connect(receiver.address(), Peer.TIMEOUT)) {
        sender.begin(VmDescription.of(source.vm, guest));
        sender.page(TestMachine.MEMORY / 4096, new byte[4096]);

        assertThatThrownBy(sender::endRound)
            .isInstanceOf(InputException.class)
            .hasMessageContaining("frame out of order: PAGES");
      }
      assertThatThrownBy(() -> Peer.await(received)).isInstanceOf(InputException.class);
    }
  }

  private static CompletableFuture<ReceiveResult> receive(
      MigrationReceiver receiver, boolean resumes) {
    return Peer.start(
        () -> receiver.receive(new ReceiveOptions(resumes), MigrationListener.SILENT));
  }

  private MigrationResult migrate(PageSink sink) {
    LiveMigration migration =
        new LiveMigration(
            source.vm,
            guest,
            sink,
            new MigrationOptions(0, total, 0, 30),
            MigrationListener.SILENT);
    guest.start();
    migration.start();
    source.execution.join();
    return migration.result();
  }

  private void assertTheGuestFinishesHere() {
    if (!guest.isFinished()) {
      guest.start();
      source.execution.join();
    }
    guest.sweep();
    assertThat(guest.isFinished()).isTrue();
    assertThat(TestMachine.accesses(guest)).isEqualTo(total);
    assertThat(guest.verifyResult().first()).isNull();
    assertThat(source.vm.mmu().audit(source.vm.hostCpu(0))).isEmpty();
  }
}
