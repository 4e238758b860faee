package dev.slipway.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;

/**
 * A pseudo-terminal: this process has the side of the person, another program gets the other one by
 * its path. pty(7), ioctl_tty(2). One thread reads, another may write; {@link #resize}, {@link
 * #hangUp} and {@link #close} are for any, close when neither reads nor writes any more.
 */
public final class Terminal implements AutoCloseable {
  private static final long TIOCSPTLCK = 0x40045431L;
  private static final long TIOCGPTN = 0x80045430L;
  private static final long TIOCSWINSZ = 0x5414L;

  private final int person;
  private final Path program;

  /**
   * Kept open until {@link #hangUp}: a terminal that no program has opened yet never ends, and one
   * that the last program has closed ends for good.
   */
  private final int kept;

  private boolean hungUp; // guarded by this, as closed
  private boolean closed;

  private Terminal(int person, Path program, int kept) {
    this.person = person;
    this.program = program;
    this.kept = kept;
  }

  /** Opens a new one. It becomes nobody's controlling terminal. */
  public static Terminal open() throws LinuxException {
    int person = open("/dev/ptmx");
    try {
      int number;
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment value = arena.allocate(JAVA_INT);
        ioctl(person, TIOCSPTLCK, value); // zero unlocks
        ioctl(person, TIOCGPTN, value);
        number = value.get(JAVA_INT, 0);
      }
      Path program = Path.of("/dev/pts", Integer.toString(number));
      return new Terminal(person, program, open(program.toString()));
    } catch (LinuxException e) {
      Directory.closeQuietly(person);
      throw e;
    }
  }

  private static int open(String path) throws LinuxException {
    return (int)
        Libc.call(
            "open",
            path,
            (arena, errno) ->
                (int)
                    Libc.OPENAT.invokeExact(
                        errno,
                        Libc.AT_FDCWD,
                        arena.allocateFrom(path),
                        Libc.O_RDWR | Libc.O_NOCTTY | Libc.O_CLOEXEC,
                        0));
  }

  private static void ioctl(int descriptor, long request, MemorySegment argument)
      throws LinuxException {
    Libc.call(
        "ioctl",
        "/dev/ptmx",
        (_, errno) -> (int) Libc.IOCTL.invokeExact(errno, descriptor, request, argument));
  }

  /** Where a program opens its side. Whoever leads a session must do so with O_NOCTTY. */
  public Path program() {
    return program;
  }

  /** Sets the size; the programs in the foreground get SIGWINCH. */
  public synchronized void resize(int rows, int columns) throws LinuxException {
    if (closed) {
      return;
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment size = arena.allocate(8, 2);
      size.set(JAVA_SHORT, 0, (short) rows);
      size.set(JAVA_SHORT, 2, (short) columns);
      ioctl(person, TIOCSWINSZ, size);
    }
  }

  /** Returns what was written to it; empty when all programs have closed it. Blocks. */
  public byte[] read(int most) throws LinuxException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment buffer = arena.allocate(most);
      int count =
          (int)
              Libc.call(
                  "read",
                  "/dev/ptmx",
                  (_, errno) ->
                      (long) Libc.READ.invokeExact(errno, person, buffer, buffer.byteSize()));
      return buffer.asSlice(0, count).toArray(JAVA_BYTE);
    } catch (LinuxException e) {
      if (e.errno() == Errno.EIO) {
        return new byte[0]; // how Linux says that the other side is closed
      }
      throw e;
    }
  }

  /** Types the bytes; blocks while no program reads. EIO when all programs have closed it. */
  public void write(byte[] bytes) throws LinuxException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment buffer = arena.allocateFrom(JAVA_BYTE, bytes);
      long done = 0;
      while (done < bytes.length) {
        MemorySegment rest = buffer.asSlice(done);
        done +=
            Libc.call(
                "write",
                "/dev/ptmx",
                (_, errno) -> (long) Libc.WRITE.invokeExact(errno, person, rest, rest.byteSize()));
      }
    }
  }

  /** The program has ended: reads and writes end with the last one that still has it open. */
  public synchronized void hangUp() {
    if (!hungUp) {
      hungUp = true;
      Directory.closeQuietly(kept);
    }
  }

  @Override
  public synchronized void close() {
    hangUp();
    if (!closed) {
      closed = true;
      Directory.closeQuietly(person);
    }
  }
}
