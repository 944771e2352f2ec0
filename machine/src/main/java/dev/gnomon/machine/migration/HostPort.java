package dev.gnomon.machine.migration;

import dev.gnomon.machine.InputException;
import java.net.InetSocketAddress;

/**
 * Where a receiver listens.
 *
 * @param host a name or an address, an IPv6 one without brackets
 * @param port 0 to 65535; 0 lets the system choose one to listen on
 */
public record HostPort(String host, int port) {
  private static final int LARGEST_PORT = 65535;

  /**
   * Reads {@code HOST:PORT}, {@code 192.0.2.1:PORT} or {@code [2001:db8::1]:PORT}.
   *
   * @throws InputException if it is none of these
   */
  public static HostPort parse(String text) {
    int colon = text.lastIndexOf(':');
    String host = colon < 0 ? "" : text.substring(0, colon);
    boolean isBracketed = host.length() > 2 && host.startsWith("[") && host.endsWith("]");
    if (isBracketed) {
      host = host.substring(1, host.length() - 1);
    }
    if (host.isEmpty() || !isBracketed && host.indexOf(':') >= 0 || host.indexOf('[') >= 0) {
      throw new InputException(text + ": not HOST:PORT, nor [IPV6]:PORT");
    }
    return new HostPort(host, parsePort(text, text.substring(colon + 1)));
  }

  private static int parsePort(String text, String digits) {
    boolean isNumber = digits.matches("[0-9]{1,5}");
    int port = isNumber ? Integer.parseInt(digits) : -1;
    if (port < 0 || port > LARGEST_PORT) {
      throw new InputException(text + ": the port must be 0 to " + LARGEST_PORT);
    }
    return port;
  }

  /** The socket address, looked up by name. */
  InetSocketAddress resolve() {
    InetSocketAddress address = new InetSocketAddress(host, port);
    if (address.isUnresolved()) {
      throw new InputException(this + ": no such host");
    }
    return address;
  }

  @Override
  public String toString() {
    return (host.indexOf(':') < 0 ? host : "[" + host + "]") + ":" + port;
  }
}
