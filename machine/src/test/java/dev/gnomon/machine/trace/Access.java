package dev.gnomon.machine.trace;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** One record of a trace, as tests compare them. */
record Access(int kind, long address, int size) {

  private static final String[] HEADS = {"I  ", " L ", " S ", " M "};

  /** As Lackey prints it: at least eight digits of address. */
  String toLine() {
    return HEADS[kind] + String.format("%08x", address) + "," + size;
  }

  static byte[] toText(List<Access> accesses) {
    StringBuilder text = new StringBuilder();
    accesses.forEach(access -> text.append(access.toLine()).append('\n'));
    return text.toString().getBytes(StandardCharsets.ISO_8859_1);
  }

  /** {@code n} accesses, no two alike. */
  static List<Access> distinct(int n) {
    List<Access> accesses = new ArrayList<>();
    for (int i = 0; i < n; i++) {
      accesses.add(new Access(i & 3, 0x1fff000000L + i * 4096L, 1 + i % 4096));
    }
    return accesses;
  }

  static List<Access> in(TraceBatch batch) {
    List<Access> accesses = new ArrayList<>();
    for (int i = 0; i < batch.count(); i++) {
      accesses.add(new Access(batch.kind(i), batch.address(i), batch.size(i)));
    }
    return accesses;
  }

  /** What is left to play. */
  static List<Access> readAll(TraceReader reader, TraceBatch batch) {
    List<Access> accesses = new ArrayList<>();
    while (reader.read(batch) > 0) {
      accesses.addAll(in(batch));
    }
    return accesses;
  }

  static List<Access> readAll(TraceReader reader) {
    return readAll(reader, new TraceBatch());
  }
}
