package dev.gnomon.machine.kvm;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;

/**
 * The calls of Linux that are needed here, by the names of the C library. A call that fails returns
 * its error number, negated, as the kernel itself does.
 *
 * <p>Used by the thread that made it, {@link #kill} apart.
 */
@SuppressWarnings("restricted")
final class SystemCalls implements AutoCloseable {
  static final int READ_WRITE = 2;
  static final int CLOSE_ON_EXEC = 0x80000;

  private static final int PROT_READ_WRITE = 3;

  static final int ENOENT = 2;
  static final int EINTR = 4;
  static final int EAGAIN = 11;
  static final int EACCES = 13;

  private static final int MAP_SHARED = 1;
  private static final int MAP_ANONYMOUS_FIXED = 0x2 | 0x20 | 0x10;
  private static final int SIG_BLOCK = 0;
  private static final int SIG_SETMASK = 2;

  /** Of a sigset_t of the C library; the kernel's is the first eight. */
  private static final int SIGNAL_SET_BYTES = 128;

  private final Arena arena = Arena.ofConfined();
  private final MemorySegment callState = arena.allocate(Linker.Option.captureStateLayout());
  private final VarHandle errno =
      Linker.Option.captureStateLayout().varHandle(PathElement.groupElement("errno"));

  private final MethodHandle open = variadic("open", 2, JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT);
  private final MethodHandle close = function("close", JAVA_INT, JAVA_INT);
  private final MethodHandle ioctl = variadic("ioctl", 2, JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG);
  private final MethodHandle mmap =
      function("mmap", JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG);
  private final MethodHandle munmap = function("munmap", JAVA_INT, JAVA_LONG, JAVA_LONG);
  private final MethodHandle madvise =
      function("madvise", JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_INT);
  private final MethodHandle pthreadSelf = plain("pthread_self", JAVA_LONG);
  private final MethodHandle pthreadKill = plain("pthread_kill", JAVA_INT, JAVA_LONG, JAVA_INT);
  private final MethodHandle pthreadSigmask =
      plain("pthread_sigmask", JAVA_INT, JAVA_INT, ADDRESS, ADDRESS);
  private final MethodHandle sigtimedwait =
      function("sigtimedwait", JAVA_INT, ADDRESS, ADDRESS, ADDRESS);
  private final MethodHandle gettid = plain("gettid", JAVA_INT);
  private final MethodHandle strerror = plain("strerror", ADDRESS, JAVA_INT);

  /** Opens a file. */
  int open(String path, int flags) {
    try (Arena scratch = Arena.ofConfined()) {
      MemorySegment name = scratch.allocateFrom(path);
      return result((int) open.invokeExact(callState, name, flags, 0));
    } catch (Throwable failure) {
      throw impossible(failure);
    }
  }

  int close(int file) {
    try {
      return result((int) close.invokeExact(callState, file));
    } catch (Throwable failure) {
      throw impossible(failure);
    }
  }

  /** A request whose argument is a number. */
  int ioctl(int file, long request, long argument) {
    try {
      return result((int) ioctl.invokeExact(callState, file, request, argument));
    } catch (Throwable failure) {
      throw impossible(failure);
    }
  }

  /** A request whose argument is a structure. */
  int ioctl(int file, long request, MemorySegment structure) {
    return ioctl(file, request, structure.address());
  }

  /**
   * Maps a part of a file, shared, for reading and writing.
   *
   * @return its address, or an error number, negated
   */
  long map(int file, long offset, long bytes) {
    return map(0, bytes, MAP_SHARED, file, offset);
  }

  /** Puts fresh pages of zeros in place of what is mapped. */
  long replace(long address, long bytes) {
    return map(address, bytes, MAP_ANONYMOUS_FIXED, -1, 0);
  }

  private long map(long address, long bytes, int flags, int file, long offset) {
    try {
      long mapped =
          (long) mmap.invokeExact(callState, address, bytes, PROT_READ_WRITE, flags, file, offset);
      return mapped == -1 ? -error() : mapped;
    } catch (Throwable failure) {
      throw impossible(failure);
    }
  }

  int unmap(long address, long bytes) {
    try {
      return result((int) munmap.invokeExact(callState, address, bytes));
    } catch (Throwable failure) {
      throw impossible(failure);
    }
  }

  int advise(long address, long bytes, int advice) {
    try {
      return result((int) madvise.invokeExact(callState, address, bytes, advice));
    } catch (Throwable failure) {
      throw impossible(failure);
    }
  }

  /** The calling thread, for {@link #kill}. */
  long self() {
    try {
      return (long) pthreadSelf.invokeExact();
    } catch (Throwable failure) {
      throw impossible(failure);
    }
  }

  /** The kernel's number of the calling thread. */
  int threadNumber() {
    try {
      return (int) gettid.invokeExact();
    } catch (Throwable failure) {
      throw impossible(failure);
    }
  }

  /** Sends a signal to a thread that lives. Any thread may call. */
  void kill(long thread, int signal) {
    try {
      int unused = (int) pthreadKill.invokeExact(thread, signal);
    } catch (Throwable failure) {
      throw impossible(failure);
    }
  }

  /**
   * Blocks a signal in the calling thread.
   *
   * @return the signals that were blocked before, as the kernel's word: bit n is signal n + 1
   */
  long block(int signal) {
    return changeMask(SIG_BLOCK, 1L << signal - 1);
  }

  /** Has the calling thread block exactly these signals. */
  void setBlocked(long signals) {
    changeMask(SIG_SETMASK, signals);
  }

  private long changeMask(int how, long signals) {
    try (Arena scratch = Arena.ofConfined()) {
      MemorySegment now = scratch.allocate(SIGNAL_SET_BYTES, Long.BYTES);
      MemorySegment before = scratch.allocate(SIGNAL_SET_BYTES, Long.BYTES);
      now.set(JAVA_LONG, 0, signals);
      int unused = (int) pthreadSigmask.invokeExact(how, now, before);
      return before.get(JAVA_LONG, 0);
    } catch (Throwable failure) {
      throw impossible(failure);
    }
  }

  /** Takes a blocked signal that waits for the calling thread, if one does. */
  void drain(int signal) {
    try (Arena scratch = Arena.ofConfined()) {
      MemorySegment set = scratch.allocate(SIGNAL_SET_BYTES, Long.BYTES);
      set.set(JAVA_LONG, 0, 1L << signal - 1);
      MemorySegment noTime = scratch.allocate(2 * Long.BYTES, Long.BYTES);
      int unused = (int) sigtimedwait.invokeExact(callState, set, MemorySegment.NULL, noTime);
    } catch (Throwable failure) {
      throw impossible(failure);
    }
  }

  /** The words for an error number, negated or not. */
  String words(int error) {
    try {
      MemorySegment text = (MemorySegment) strerror.invokeExact(Math.abs(error));
      return text.reinterpret(Long.MAX_VALUE).getString(0);
    } catch (Throwable failure) {
      throw impossible(failure);
    }
  }

  @Override
  public void close() {
    arena.close();
  }

  private int result(int value) {
    return value == -1 ? -error() : value;
  }

  private int error() {
    return (int) errno.get(callState, 0L);
  }

  /** A function that tells by errno what went wrong. */
  private static MethodHandle function(
      String name, ValueLayout returned, ValueLayout... parameters) {
    return handle(name, returned, parameters, Linker.Option.captureCallState("errno"));
  }

  private static MethodHandle variadic(
      String name, int fixed, ValueLayout returned, ValueLayout... parameters) {
    return handle(
        name,
        returned,
        parameters,
        Linker.Option.captureCallState("errno"),
        Linker.Option.firstVariadicArg(fixed));
  }

  private static MethodHandle plain(String name, ValueLayout returned, ValueLayout... parameters) {
    return handle(name, returned, parameters);
  }

  private static MethodHandle handle(
      String name, ValueLayout returned, ValueLayout[] parameters, Linker.Option... options) {
    Linker linker = Linker.nativeLinker();
    return linker.downcallHandle(
        linker.defaultLookup().findOrThrow(name),
        FunctionDescriptor.of(returned, parameters),
        options);
  }

  private static IllegalStateException impossible(Throwable failure) {
    return new IllegalStateException("a function of the C library cannot be called", failure);
  }
}
