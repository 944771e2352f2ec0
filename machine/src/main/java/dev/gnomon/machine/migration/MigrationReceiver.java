package dev.gnomon.machine.migration;

import dev.gnomon.machine.InputException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;

/** Listens for guests that come from other processes, each sent by a {@link MigrationSender}. */
public final class MigrationReceiver implements AutoCloseable {
  /** A flag of the greeting: the guest may go on here. */
  static final int RESUMES = 1;

  private final ServerSocketChannel server;
  private final HostPort address;

  private MigrationReceiver(ServerSocketChannel server, HostPort address) {
    this.server = server;
    this.address = address;
  }

  /**
   * Listens.
   *
   * @param at port 0 for one that the system chooses
   * @throws InputException if that is not an address of this machine, or the port is taken
   */
  public static MigrationReceiver listen(HostPort at) {
    InetSocketAddress wanted = at.resolve();
    try {
      ServerSocketChannel server = ServerSocketChannel.open();
      try {
        server.bind(wanted);
        int port = ((InetSocketAddress) server.getLocalAddress()).getPort();
        return new MigrationReceiver(server, new HostPort(at.host(), port));
      } catch (IOException e) {
        server.close();
        throw e;
      }
    } catch (IOException e) {
      throw new InputException(at + ": cannot listen: " + e.getMessage(), e);
    }
  }

  /** Where it listens, with the port that was chosen. */
  public HostPort address() {
    return address;
  }

  /**
   * Waits, for however long, for a source; receives a guest; and, if it is to, lets it go on here
   * to its end. Takes the calling thread; the guest's vCPUs get threads of their own.
   *
   * @throws InputException if the source goes away, sends garbage, or speaks another version; the
   *     source has been told why, as far as it listens
   */
  public ReceiveResult receive(ReceiveOptions options, MigrationListener listener) {
    try (Connection connection = accept(options)) {
      connection.greet(options.resumes() ? RESUMES : 0);
      try (IncomingMigration incoming = new IncomingMigration(connection, options, listener)) {
        ReceiveResult result = incoming.receive();
        connection.finish();
        return result;
      } catch (PeerGoneException e) {
        throw e;
      } catch (InputException e) {
        connection.sendError(e.getMessage());
        throw e;
      } catch (RuntimeException e) {
        connection.sendError("the receiver has failed: " + e);
        throw e;
      }
    }
  }

  /** The connection is the caller's. */
  @SuppressWarnings("resource")
  private Connection accept(ReceiveOptions options) {
    try {
      SocketChannel channel = server.accept();
      InetSocketAddress from = (InetSocketAddress) channel.getRemoteAddress();
      HostPort peer = new HostPort(from.getAddress().getHostAddress(), from.getPort());
      return new Connection(channel, peer.toString(), options.timeout());
    } catch (IOException e) {
      throw new InputException(address + ": cannot accept a connection: " + e.getMessage(), e);
    }
  }

  /** Stops listening. Ends a {@link #receive} that still waits for a source. */
  @Override
  public void close() {
    try {
      server.close();
    } catch (IOException e) {
      throw new InputException(address + ": cannot be closed: " + e.getMessage(), e);
    }
  }
}
