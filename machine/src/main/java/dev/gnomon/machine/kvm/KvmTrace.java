package dev.gnomon.machine.kvm;

import dev.gnomon.machine.InputException;
import dev.gnomon.machine.recorder.TraceNormaliser;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * KVM's own events while a guest runs: a tracing instance of the kernel, apart from all other
 * tracing, which records what one thread causes. It is removed when it is closed. (Linux,
 * Documentation/trace/ftrace.rst and events.rst.)
 */
final class KvmTrace implements AutoCloseable {
  private static final List<Path> TRACEFS =
      List.of(Path.of("/sys/kernel/tracing"), Path.of("/sys/kernel/debug/tracing"));

  /** Of the group kvm, as far as the MMU causes them; all of the group kvmmmu besides. */
  private static final List<String> EVENTS =
      List.of(
          "kvmmmu",
          "kvm/kvm_page_fault",
          "kvm/kvm_unmap_hva_range",
          "kvm/kvm_age_hva",
          "kvm/kvm_test_age_hva",
          "kvm/kvm_dirty_ring_push",
          "kvm/kvm_dirty_ring_reset",
          "kvm/kvm_emulate_insn");

  private final Path instance;
  private final OutputStream marker;
  private @Nullable String loss;

  private KvmTrace(Path instance, OutputStream marker) {
    this.instance = instance;
    this.marker = marker;
  }

  /**
   * Begins to record.
   *
   * @param thread the kernel's number of the thread that runs the guest
   * @throws InputException if the kernel does not let this user trace KVM; one line says why
   */
  static KvmTrace start(int thread) {
    Path tracefs = tracefs();
    Path instance = tracefs.resolve("instances/gnomon-" + thread);
    try {
      Files.createDirectory(instance);
    } catch (IOException e) {
      throw new InputException("no tracing instance can be made: " + e);
    }
    try {
      set(instance, "tracing_on", "0");
      set(instance, "trace_clock", "counter");
      set(instance, "buffer_size_kb", "8192");
      set(instance, "options/overwrite", "0");
      set(instance, "set_event_pid", Integer.toString(thread));
      for (String event : EVENTS) {
        if (Files.exists(instance.resolve("events").resolve(event))) {
          set(instance, "events/" + event + "/enable", "1");
        }
      }
      OutputStream marker = new FileOutputStream(instance.resolve("trace_marker").toFile());
      set(instance, "tracing_on", "1");
      return new KvmTrace(instance, marker);
    } catch (IOException e) {
      instance.toFile().delete();
      throw new InputException("KVM's events cannot be switched on: " + e);
    }
  }

  private static Path tracefs() {
    for (Path path : TRACEFS) {
      if (Files.isDirectory(path.resolve("events/kvmmmu"))) {
        return path;
      }
    }
    for (Path path : TRACEFS) {
      if (Files.isDirectory(path.resolve("events"))) {
        throw new InputException("this kernel has no events of KVM's MMU in " + path);
      }
    }
    throw new InputException(
        "tracefs is not mounted on %s, or not for this user".formatted(TRACEFS.get(0)));
  }

  private static void set(Path instance, String file, String value) throws IOException {
    try (OutputStream out = new FileOutputStream(instance.resolve(file).toFile())) {
      out.write(value.getBytes(StandardCharsets.US_ASCII));
    }
  }

  /** Puts a mark between the events. The kernel refuses it when the buffer is full. */
  void mark(String text) {
    try {
      marker.write(text.getBytes(StandardCharsets.US_ASCII));
    } catch (IOException e) {
      loss = "there were more of KVM's events than the kernel's buffer holds";
    }
  }

  /**
   * Stops, and gives all events until now in canonical form.
   *
   * @throws InputException if they cannot be read, or their fields are not those that are known
   */
  List<String> take() {
    try {
      set(instance, "tracing_on", "0");
      List<String> lines = Files.readAllLines(instance.resolve("trace"), StandardCharsets.US_ASCII);
      List<String> canonical = new ArrayList<>();
      TraceNormaliser.normalise(lines).stream()
          .map(TraceNormaliser::comparable)
          .forEach(canonical::add);
      String lost = loss;
      if (lost != null) {
        throw new InputException(lost);
      }
      return canonical;
    } catch (IOException e) {
      throw new InputException("KVM's events cannot be read: " + e);
    } catch (IllegalArgumentException e) {
      throw new InputException("KVM's events have other fields than are known: " + e.getMessage());
    }
  }

  @Override
  public void close() {
    try {
      marker.close();
    } catch (IOException e) {
      // The instance goes, and the file with it.
    }
    instance.toFile().delete();
  }
}
