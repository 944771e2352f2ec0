package dev.gnomon.machine.trace;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdIOException;
import com.github.luben.zstd.ZstdInputStreamNoFinalizer;
import java.io.IOException;
import java.io.InputStream;

/**
 * All that this package knows of the zstd library. Apart, because the library brings native code,
 * which is loaded (about 0.15 s) only once a trace turns out to need it.
 *
 * <p>The default limit on the window is left as it is, 128 MiB: the window is what a decoder must
 * hold in memory, and a larger one is made only by asking for it ({@code --long=28} and up).
 */
final class ZstdText {

  private ZstdText() {}

  /**
   * @throws LinkageError if the native code cannot be loaded
   */
  static InputStream open(InputStream stored) throws IOException {
    return new ZstdInputStreamNoFinalizer(stored);
  }

  /** Whether the library says that its input is wrong. */
  static boolean isFailure(IOException e) {
    return e instanceof ZstdIOException;
  }

  /** What to tell the user about such a failure. */
  static String describe(IOException e) {
    if (e instanceof ZstdIOException zstd
        && zstd.getErrorCode() == Zstd.errFrameParameterWindowTooLarge()) {
      return "the zstd window is larger than 128 MiB; compress it anew with --long=27 or less";
    }
    return "the zstd file is damaged: " + TraceInput.oneLine(e);
  }
}
