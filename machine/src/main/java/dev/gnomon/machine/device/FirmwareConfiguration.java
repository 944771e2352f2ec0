package dev.gnomon.machine.device;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * The fw_cfg device (its specification is published with QEMU's): a 16-bit write selects an item,
 * reads of the port after it give the item's bytes one by one, zeros after the last. No DMA.
 */
final class FirmwareConfiguration implements PortDevice {
  static final int SELECTOR = 0x510;
  static final int DATA = 0x511;
  static final int PORTS = 2;

  private static final int SIGNATURE = 0;
  private static final int ID = 1;
  private static final int RAM_SIZE = 3;
  private static final int CPUS = 5;
  private static final int MAX_CPUS = 0xf;
  private static final int FILE_DIRECTORY = 0x19;

  /** Bit 14 of a selector asks to write, which nothing takes. */
  private static final int KEY_MASK = 0xbfff;

  /** The traditional interface, and no other. */
  private static final int REVISION = 1;

  private static final byte[] NOTHING = {};

  private final Map<Integer, byte[]> items = new HashMap<>();
  private byte[] selected = NOTHING;
  private int next;

  /** Of a machine with so many vCPUs and so much memory. */
  FirmwareConfiguration(int vcpus, long memoryBytes) {
    items.put(SIGNATURE, "QEMU".getBytes(StandardCharsets.US_ASCII));
    items.put(ID, number(REVISION, Integer.BYTES));
    items.put(RAM_SIZE, number(memoryBytes, Long.BYTES));
    items.put(CPUS, number(vcpus, Short.BYTES));
    items.put(MAX_CPUS, number(vcpus, Short.BYTES));
    items.put(FILE_DIRECTORY, number(0, Integer.BYTES));
  }

  private static byte[] number(long value, int size) {
    byte[] bytes = new byte[Long.BYTES];
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putLong(value);
    return Arrays.copyOf(bytes, size);
  }

  @Override
  public long in(int port, int size) {
    if (port == SELECTOR) {
      return 0;
    }
    long value = 0;
    for (int i = 0; i < size; i++) {
      value |= nextByte() << 8 * i;
    }
    return value;
  }

  private long nextByte() {
    return next < selected.length ? selected[next++] & 0xffL : 0;
  }

  @Override
  public void out(int port, int size, long value) {
    if (port == SELECTOR && size == Short.BYTES) {
      selected = items.getOrDefault((int) value & KEY_MASK, NOTHING);
      next = 0;
    }
  }
}
