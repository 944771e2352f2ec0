package dev.gnomon.machine.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gnomon.machine.InputException;
import dev.gnomon.machine.guest.Guest;
import dev.gnomon.machine.guest.ProcessState;
import dev.gnomon.machine.trace.TraceBatch;
import dev.gnomon.machine.trace.TraceReader;
import dev.gnomon.machine.trace.TraceSource;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class TraceFeedTest {

  @Test
  void aProcessHasAtMostFourBatchesAheadOfIt() throws IOException {
    try (Peer.Pair pair = Peer.Pair.open(Peer.TIMEOUT)) {
      TraceFeed feed = new TraceFeed(pair.here(), List.of(process(false)));
      feed.start();
      for (int i = 0; i < 4; i++) {
        assertThat(pair.there().receive().type()).isEqualTo(FrameType.WANT);
      }
      assertThat(pair.there().poll(50)).isNull();

      sendTrace(pair.there(), "I  400000,4\n L 1000,8\n");
      TraceReader reader = feed.readers().getFirst();
      TraceBatch batch = new TraceBatch();
      assertThat(reader.read(batch, 1)).isEqualTo(1);
      assertThat(batch.address(0)).isEqualTo(0x40_0000);
      assertThat(pair.there().receive().type()).isEqualTo(FrameType.WANT);
      assertThat(reader.read(batch)).isEqualTo(1);
      assertThat(batch.address(0)).isEqualTo(0x1000);
      assertThat(pair.there().poll(50)).isNull();
      feed.stop();
    }
  }

  @Test
  void aBatchThatWasNotAskedForIsRefused() throws IOException {
    try (Peer.Pair pair = Peer.Pair.open(Peer.TIMEOUT)) {
      TraceFeed feed = new TraceFeed(pair.here(), List.of(process(false)));
      for (int i = 0; i < 5; i++) {
        sendTrace(pair.there(), " S 2000,8\n");
      }
      feed.start();
      TraceReader reader = feed.readers().getFirst();
      assertThatThrownBy(
              () -> {
                pair.there().close();
                while (reader.read(new TraceBatch()) > 0) {
                  // What came before.
                }
              })
          .isInstanceOf(InputException.class);
      feed.stop();
    }
  }

  @Test
  void theSourceHearsSignsOfLifeWhileNoProcessAsks() throws IOException {
    try (Peer.Pair pair = Peer.Pair.open(Duration.ofMillis(500))) {
      TraceFeed feed = new TraceFeed(pair.here(), List.of(process(true)));
      feed.start();
      Frame frame = pair.there().poll(2000);
      assertThat(frame).isNotNull();
      assertThat(frame.type()).isEqualTo(FrameType.ALIVE);
      feed.stop();
    }
  }

  private static void sendTrace(Connection connection, String text) {
    try (TraceSource source = TestTraces.of(text);
        TraceReader reader = source.open()) {
      TraceBatch batch = new TraceBatch();
      reader.read(batch);
      PayloadWriter out = new PayloadWriter();
      TraceCodec.write(out, 0, reader, batch);
      connection.send(FrameType.TRACE, out);
    }
  }

  private static ProcessState process(boolean isFinished) {
    return new ProcessState(
        "t", 10, 0x3000, 0, 0, 0, isFinished, new Guest.VerifyResult(0, 0, null));
  }
}
