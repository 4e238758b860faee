package dev.slipway.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** An open regular file. Owned by one thread at a time. */
public final class OpenFile implements AutoCloseable {
  private static final int SEEK_SET = 0;

  private final int descriptor;
  private final String name;
  private boolean closed;

  OpenFile(int descriptor, String name) {
    this.descriptor = descriptor;
    this.name = name;
  }

  /** Native memory to read into and write from. */
  public static final class Buffer implements AutoCloseable {
    private final Arena arena = Arena.ofShared();
    private final MemorySegment memory;

    public Buffer(int size) {
      memory = arena.allocate(size);
    }

    public int size() {
      return (int) memory.byteSize();
    }

    @Override
    public void close() {
      arena.close();
    }
  }

  /** Reads up to {@code length} bytes; 0 at the end of the file. */
  public int read(Buffer buffer, byte[] target, int offset, int length) throws LinuxException {
    int most = Math.min(length, buffer.size());
    int count =
        (int)
            Libc.call(
                "read",
                name,
                (_, errno) ->
                    (long) Libc.READ.invokeExact(errno, descriptor, buffer.memory, (long) most));
    MemorySegment.copy(buffer.memory, ValueLayout.JAVA_BYTE, 0, target, offset, count);
    return count;
  }

  /** Writes all of it. */
  public void write(Buffer buffer, byte[] source, int offset, int length) throws LinuxException {
    int done = 0;
    while (done < length) {
      int part = Math.min(length - done, buffer.size());
      MemorySegment.copy(source, offset + done, buffer.memory, ValueLayout.JAVA_BYTE, 0, part);
      done +=
          (int)
              Libc.call(
                  "write",
                  name,
                  (_, errno) ->
                      (long) Libc.WRITE.invokeExact(errno, descriptor, buffer.memory, (long) part));
    }
  }

  /**
   * Copies the rest of the other file here, inside the kernel where it can; returns the number of
   * bytes.
   */
  public long copyFrom(OpenFile source, Buffer buffer) throws LinuxException {
    long total = 0;
    try {
      while (true) {
        long count =
            Libc.call(
                "copy_file_range",
                name,
                (_, errno) ->
                    (long)
                        Libc.COPY_FILE_RANGE.invokeExact(
                            errno,
                            source.descriptor,
                            MemorySegment.NULL,
                            descriptor,
                            MemorySegment.NULL,
                            COPY_AT_ONCE,
                            0));
        if (count == 0) {
          break;
        }
        total += count;
      }
      if (total > 0) {
        return total;
      }
    } catch (LinuxException e) {
      boolean cannot =
          switch (e.errno()) {
            case EXDEV, EINVAL, ENOSYS, EOPNOTSUPP, EPERM -> true;
            default -> false;
          };
      if (!cannot || total > 0) {
        throw e;
      }
    }
    byte[] part = new byte[buffer.size()];
    for (int count = source.read(buffer, part, 0, part.length);
        count > 0;
        count = source.read(buffer, part, 0, part.length)) {
      write(buffer, part, 0, count);
      total += count;
    }
    return total;
  }

  /** Bytes of one copy_file_range: small enough that an interrupt is seen in time. */
  private static final long COPY_AT_ONCE = 64L << 20;

  public Status status() throws LinuxException {
    return Directory.statx(descriptor, "", Libc.AT_EMPTY_PATH, name);
  }

  /** Moves to the offset. */
  public void seek(long offset) throws LinuxException {
    Libc.call(
        "lseek",
        name,
        (_, errno) -> (long) Libc.LSEEK.invokeExact(errno, descriptor, offset, SEEK_SET));
  }

  public void truncate(long size) throws LinuxException {
    Libc.call(
        "ftruncate", name, (_, errno) -> (int) Libc.FTRUNCATE.invokeExact(errno, descriptor, size));
  }

  public void owner(int uid, int gid) throws LinuxException {
    Libc.call(
        "fchown", name, (_, errno) -> (int) Libc.FCHOWN.invokeExact(errno, descriptor, uid, gid));
  }

  public void mode(int permissions) throws LinuxException {
    Libc.call(
        "fchmod",
        name,
        (_, errno) -> (int) Libc.FCHMOD.invokeExact(errno, descriptor, permissions));
  }

  /** Sets both times, nanoseconds since 1970. */
  public void times(long nanos) throws LinuxException {
    Libc.call(
        "futimens",
        name,
        (arena, errno) ->
            (int) Libc.FUTIMENS.invokeExact(errno, descriptor, Directory.timespecs(arena, nanos)));
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      Directory.closeQuietly(descriptor);
    }
  }
}
