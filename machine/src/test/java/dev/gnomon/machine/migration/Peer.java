package dev.gnomon.machine.migration;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Another side of a connection, on a thread of its own. */
final class Peer {
  static final Duration TIMEOUT = Duration.ofSeconds(10);
  static final HostPort ANY_PORT = new HostPort("127.0.0.1", 0);

  private Peer() {}

  /** What a peer does with a connection. */
  @FunctionalInterface
  interface Body<T> {
    T run() throws IOException;
  }

  static <T> CompletableFuture<T> start(Body<T> body) {
    CompletableFuture<T> done = new CompletableFuture<>();
    Thread.ofPlatform()
        .daemon()
        .start(
            () -> {
              try {
                done.complete(body.run());
              } catch (Throwable e) {
                done.completeExceptionally(e);
              }
            });
    return done;
  }

  static <T> T await(CompletableFuture<T> future) {
    try {
      return future.get(20, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw new AssertionError(e);
    } catch (InterruptedException | TimeoutException e) {
      throw new AssertionError(e);
    }
  }

  static ServerSocketChannel listen() throws IOException {
    return ServerSocketChannel.open().bind(new InetSocketAddress("127.0.0.1", 0));
  }

  static HostPort address(ServerSocketChannel server) throws IOException {
    return new HostPort("127.0.0.1", ((InetSocketAddress) server.getLocalAddress()).getPort());
  }

  static SocketChannel connect(HostPort to) throws IOException {
    return SocketChannel.open(to.resolve());
  }

  /** Two ends of a connection. */
  record Pair(Connection here, Connection there) implements AutoCloseable {
    static Pair open(Duration timeout) throws IOException {
      try (ServerSocketChannel server = listen()) {
        SocketChannel client = connect(address(server));
        return new Pair(
            new Connection(client, "there", timeout),
            new Connection(server.accept(), "here", timeout));
      }
    }

    @Override
    public void close() {
      here.close();
      there.close();
    }
  }
}
