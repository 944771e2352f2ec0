package dev.gnomon.machine.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gnomon.machine.InputException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** What a connection says when the other side is not what it should be. */
class ConnectionTest {

  @Test
  void versionsThatDifferAreBothNamedOnBothSides() throws IOException {
    try (Peer.Pair pair = Peer.Pair.open(Peer.TIMEOUT)) {
      CompletableFuture<Integer> there = Peer.start(() -> pair.there().greet(7, 0));

      assertThatThrownBy(() -> pair.here().greet(1, 0))
          .isInstanceOf(InputException.class)
          .hasMessage("there: speaks version 7 of the migration protocol, this is version 1");
      assertThatThrownBy(() -> Peer.await(there))
          .hasMessage("here: speaks version 1 of the migration protocol, this is version 7");
    }
  }

  @Test
  void anotherProtocolIsRecognisedBySourceAndReceiver() throws IOException {
    ByteBuffer answer = bytes("HTTP/1.1 400 Bad Request\r\n\r\n");
    try (ServerSocketChannel server = Peer.listen()) {
      CompletableFuture<Integer> peer =
          Peer.start(
              () -> {
                try (SocketChannel channel = server.accept()) {
                  channel.write(answer);
                  return channel.read(ByteBuffer.allocate(16));
                }
              });
      assertThatThrownBy(() -> MigrationSender.connect(Peer.address(server), Peer.TIMEOUT))
          .isInstanceOf(InputException.class)
          .hasMessageContaining("does not speak the migration protocol");
      Peer.await(peer);
    }
    try (MigrationReceiver receiver = MigrationReceiver.listen(Peer.ANY_PORT);
        SocketChannel channel = Peer.connect(receiver.address())) {
      channel.write(bytes("GET / HTTP/1.1\r\n\r\n"));
      assertThatThrownBy(
              () -> receiver.receive(new ReceiveOptions(false), MigrationListener.SILENT))
          .isInstanceOf(InputException.class)
          .hasMessageContaining("does not speak the migration protocol");
    }
  }

  @Test
  void aFrameThatIsTooLargeToBeOneIsGarbage() throws IOException {
    try (ServerSocketChannel server = Peer.listen();
        SocketChannel channel = Peer.connect(Peer.address(server));
        Connection connection = new Connection(server.accept(), "peer", Peer.TIMEOUT)) {
      channel.write(ByteBuffer.allocate(9).put((byte) 2).putInt(Integer.MAX_VALUE).clear());

      assertThatThrownBy(connection::receive)
          .isInstanceOf(InputException.class)
          .hasMessage("peer: sent garbage: a frame of type 2 with 2147483647 bytes");
    }
  }

  @Test
  void aFrameWhoseChecksumIsWrongIsRefused() throws IOException {
    try (ServerSocketChannel server = Peer.listen();
        SocketChannel channel = Peer.connect(Peer.address(server));
        Connection connection = new Connection(server.accept(), "peer", Peer.TIMEOUT)) {
      channel.write(ByteBuffer.allocate(13).put((byte) 2).putInt(4).putInt(99).clear());

      assertThatThrownBy(connection::receive)
          .isInstanceOf(InputException.class)
          .hasMessage("peer: sent a frame whose checksum is wrong: PAGES");
    }
  }

  @Test
  void aSilentPeerIsGivenUp() throws IOException {
    try (Peer.Pair pair = Peer.Pair.open(Duration.ofMillis(100))) {
      assertThatThrownBy(() -> pair.here().receive())
          .isInstanceOf(InputException.class)
          .hasMessage("there: does not answer: nothing for 0.1 s");
    }
  }

  @Test
  void aPeerThatReadsNothingIsGivenUp() throws IOException {
    try (Peer.Pair pair = Peer.Pair.open(Duration.ofMillis(100))) {
      PayloadWriter large = new PayloadWriter().put(new byte[Frame.LARGEST]);
      assertThatThrownBy(
              () -> {
                for (int i = 0; i < 100; i++) {
                  pair.here().send(FrameType.PAGES, large);
                }
              })
          .isInstanceOf(InputException.class)
          .hasMessage("there: does not answer: nothing for 0.1 s");
    }
  }

  @Test
  void signsOfLifeKeepAWaitAlive() throws IOException {
    try (Peer.Pair pair = Peer.Pair.open(Duration.ofMillis(300))) {
      CompletableFuture<Boolean> there =
          Peer.start(
              () -> {
                long end = System.nanoTime() + 600_000_000;
                while (System.nanoTime() < end) {
                  pair.there().keepAlive();
                }
                pair.there().send(FrameType.ARRIVED);
                return true;
              });

      assertThat(pair.here().receive().type()).isEqualTo(FrameType.ARRIVED);
      assertThat(Peer.await(there)).isTrue();
    }
  }

  @Test
  void noReceiverIsOneClearLine() throws IOException {
    HostPort nobody;
    try (ServerSocketChannel server = Peer.listen()) {
      nobody = Peer.address(server);
    }
    assertThatThrownBy(() -> MigrationSender.connect(nobody, Peer.TIMEOUT))
        .isInstanceOf(InputException.class)
        .hasMessage(nobody + ": cannot be reached: Connection refused");
  }

  @Test
  void aPortThatIsTakenIsOneClearLine() {
    try (MigrationReceiver receiver = MigrationReceiver.listen(Peer.ANY_PORT)) {
      HostPort taken = receiver.address();
      assertThat(taken.port()).isPositive();
      assertThatThrownBy(() -> MigrationReceiver.listen(taken))
          .isInstanceOf(InputException.class)
          .hasMessageStartingWith(taken + ": cannot listen: ");
    }
  }

  private static ByteBuffer bytes(String text) {
    return ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
  }
}
