package dev.gnomon.cli.receive;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gnomon.cli.Gnomon;
import dev.gnomon.cli.TinyTrace;
import dev.gnomon.cli.usage.ExitStatus;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class ReceiveCommandTest {
  private static final String LISTENING = "gnomon: listening on ";

  @TempDir private Path directory;
  private final Gnomon source = new Gnomon();
  private final Gnomon receiver = new Gnomon();

  @Test
  void guestFinishesAtTheReceiver() throws IOException {
    CompletableFuture<Integer> received = receive("--resume");
    assertThat(send()).isEqualTo(ExitStatus.OK);
    assertThat(received.join()).isEqualTo(ExitStatus.OK);
    assertThat(source.out()).contains("the guest finished at").contains("0 mismatches");
    assertThat(receiver.out()).contains("0 differ").contains("guest        finished here");
  }

  @Test
  void guestStaysIfTheReceiverOnlyChecks() throws IOException {
    CompletableFuture<Integer> received = receive("");
    assertThat(send()).isEqualTo(ExitStatus.OK);
    assertThat(received.join()).isEqualTo(ExitStatus.OK);
    assertThat(source.out()).contains("the guest went on here").contains("0 mismatches");
    assertThat(receiver.out()).contains("did not go on here");
  }

  @Test
  void noReceiverIsOneLine() throws IOException {
    Path trace = TinyTrace.write(directory, 100, 4);
    assertThat(source.runLine("run " + trace + " --memory 64m --migrate-to localhost:1"))
        .isEqualTo(ExitStatus.USAGE);
    assertThat(source.err()).hasSize(1);
    assertThat(source.err().get(0)).startsWith("gnomon: localhost:1: cannot be reached");
  }

  private CompletableFuture<Integer> receive(String options) {
    return CompletableFuture.supplyAsync(
        () -> receiver.runLine(("receive localhost:0 " + options).trim()));
  }

  private int send() throws IOException {
    Path trace = TinyTrace.write(directory, 20_000, 3);
    while (receiver.err().isEmpty()) {
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
    }
    String address = receiver.err().get(0).substring(LISTENING.length());
    return source.runLine(
        "run %s --memory 64m --vcpus 2 --repeat 10 --verify --migrate-to %s"
            .formatted(trace, address));
  }
}
