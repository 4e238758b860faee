package dev.slipway.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/**
 * An open directory. Names given to its methods are single components, never followed when they are
 * symbolic links, so nothing can lead out of it; {@link #resolve} takes whole paths and cannot
 * leave it either. Owned by one thread at a time.
 */
public final class Directory implements AutoCloseable {
  private static final long SYS_OPENAT2 = 437;
  private static final long RESOLVE_NO_MAGICLINKS = 0x02;
  private static final long RESOLVE_IN_ROOT = 0x10;
  private static final int STATX_BASIC_STATS = 0x7ff;
  private static final int DENTS_BUFFER = 32 << 10;

  private final int descriptor;
  private final String label;
  private boolean closed;

  private Directory(int descriptor, String label) {
    this.descriptor = descriptor;
    this.label = label;
  }

  /** Opens the directory; the path is the host's, links are followed. */
  public static Directory open(Path path) throws LinuxException {
    String text = path.toString();
    return new Directory(
        openat(Libc.AT_FDCWD, text, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_CLOEXEC, 0, text),
        text);
  }

  /** Opens a directory of this one; ENOTDIR or ELOOP when it is something else. */
  public Directory enter(String name) throws LinuxException {
    check(name);
    String inner = label(name);
    return new Directory(
        openat(
            descriptor,
            name,
            Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW | Libc.O_CLOEXEC,
            0,
            inner),
        inner);
  }

  /**
   * Opens the directory at a path below this one, links followed with this directory as their root.
   */
  public Directory resolve(String path) throws LinuxException {
    String relative = path.isEmpty() ? "." : path;
    int inner =
        openat2(
            relative,
            Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_CLOEXEC,
            RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
    return new Directory(inner, label(path));
  }

  /**
   * Opens the regular file at a path below this one for reading, links followed with this directory
   * as their root.
   */
  public OpenFile resolveFile(String path) throws LinuxException {
    int inner =
        openat2(
            path,
            Libc.O_RDONLY | Libc.O_NONBLOCK | Libc.O_CLOEXEC,
            RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
    return new OpenFile(inner, label(path));
  }

  /**
   * What the path below this one leads to, links followed with this directory as their root; empty
   * when it leads nowhere.
   */
  public Optional<Status> resolveStatus(String path) throws LinuxException {
    try {
      int inner =
          openat2(
              path.isEmpty() ? "." : path,
              Libc.O_PATH | Libc.O_CLOEXEC,
              RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
      try {
        return Optional.of(statx(inner, "", Libc.AT_EMPTY_PATH, label(path)));
      } finally {
        closeQuietly(inner);
      }
    } catch (LinuxException e) {
      return absent(e);
    }
  }

  /** Where this directory is now, as the kernel names it. */
  public Path location() throws LinuxException {
    return Path.of(readlink(Libc.AT_FDCWD, "/proc/self/fd/" + descriptor));
  }

  /**
   * A path to an entry for those calls that take only paths; the entry itself may be a link. Valid
   * while this is open.
   */
  public String pathOf(String name) {
    check(name);
    return "/proc/self/fd/" + descriptor + "/" + name;
  }

  /** A path to this directory, valid while it is open. */
  public String pathOfSelf() {
    return "/proc/self/fd/" + descriptor + "/.";
  }

  public Status status() throws LinuxException {
    return statx(descriptor, "", Libc.AT_EMPTY_PATH, label);
  }

  public Status status(String name) throws LinuxException {
    check(name);
    return statx(descriptor, name, Libc.AT_SYMLINK_NOFOLLOW, label(name));
  }

  /** The entry, or empty when there is none. */
  public Optional<Status> find(String name) throws LinuxException {
    try {
      return Optional.of(status(name));
    } catch (LinuxException e) {
      return absent(e);
    }
  }

  /** Names of the entries, sorted by code unit, without {@code .} and {@code ..}. */
  public List<String> names() throws LinuxException {
    List<String> names = new ArrayList<>();
    int again =
        openat(descriptor, ".", Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_CLOEXEC, 0, label);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment buffer = arena.allocate(DENTS_BUFFER, 8);
      while (true) {
        long count =
            Libc.call(
                "getdents64",
                label,
                (_, errno) ->
                    (long) Libc.GETDENTS64.invokeExact(errno, again, buffer, (long) DENTS_BUFFER));
        if (count == 0) {
          break;
        }
        long at = 0;
        while (at < count) {
          int length = Short.toUnsignedInt(buffer.get(JAVA_SHORT_UNALIGNED, at + 16));
          long end = at + 19;
          while (buffer.get(JAVA_BYTE, end) != 0) {
            end++;
          }
          String name = Names.decode(buffer.asSlice(at + 19, end - at - 19).toArray(JAVA_BYTE));
          if (!name.equals(".") && !name.equals("..")) {
            names.add(name);
          }
          at += length;
        }
      }
    } finally {
      closeQuietly(again);
    }
    Collections.sort(names);
    return names;
  }

  /** Opens a regular file for reading; ELOOP when it is a link. */
  public OpenFile openFile(String name) throws LinuxException {
    check(name);
    String inner = label(name);
    return new OpenFile(
        openat(
            descriptor,
            name,
            Libc.O_RDONLY | Libc.O_NOFOLLOW | Libc.O_NONBLOCK | Libc.O_CLOEXEC,
            0,
            inner),
        inner);
  }

  /** Makes a regular file; EEXIST when there is anything. */
  public OpenFile create(String name, int permissions) throws LinuxException {
    check(name);
    String inner = label(name);
    int flags = Libc.O_WRONLY | Libc.O_CREAT | Libc.O_EXCL | Libc.O_NOFOLLOW | Libc.O_CLOEXEC;
    return new OpenFile(openat(descriptor, name, flags, permissions, inner), inner);
  }

  public void makeDirectory(String name, int permissions) throws LinuxException {
    call(
        "mkdirat",
        name,
        (text, errno) -> (int) Libc.MKDIRAT.invokeExact(errno, descriptor, text, permissions));
  }

  /** Makes a device node, a pipe or, with 0:0, a whiteout. */
  public void makeNode(String name, int mode, int major, int minor) throws LinuxException {
    long device =
        ((major & 0xfff) << 8 | (minor & 0xff))
            | ((long) (minor & 0xffffff00) << 12)
            | ((major & 0xfffff000L) << 32);
    call(
        "mknodat",
        name,
        (text, errno) -> (int) Libc.MKNODAT.invokeExact(errno, descriptor, text, mode, device));
  }

  public void makeSymlink(String name, String target) throws LinuxException {
    check(name);
    Libc.call(
        "symlinkat",
        label(name),
        (arena, errno) ->
            (int)
                Libc.SYMLINKAT.invokeExact(
                    errno, Names.toC(arena, target), descriptor, Names.toC(arena, name)));
  }

  /** Makes {@code name} here one more name of a file elsewhere. */
  public void link(Directory from, String source, String name) throws LinuxException {
    check(name);
    check(source);
    Libc.call(
        "linkat",
        label(name),
        (arena, errno) ->
            (int)
                Libc.LINKAT.invokeExact(
                    errno,
                    from.descriptor,
                    Names.toC(arena, source),
                    descriptor,
                    Names.toC(arena, name),
                    0));
  }

  public String readLink(String name) throws LinuxException {
    check(name);
    return readlink(descriptor, name);
  }

  public void rename(String name, Directory target, String newName) throws LinuxException {
    check(name);
    check(newName);
    Libc.call(
        "renameat",
        label(name),
        (arena, errno) ->
            (int)
                Libc.RENAMEAT.invokeExact(
                    errno,
                    descriptor,
                    Names.toC(arena, name),
                    target.descriptor,
                    Names.toC(arena, newName)));
  }

  public void removeFile(String name) throws LinuxException {
    call(
        "unlinkat",
        name,
        (text, errno) -> (int) Libc.UNLINKAT.invokeExact(errno, descriptor, text, 0));
  }

  public void removeDirectory(String name) throws LinuxException {
    call(
        "unlinkat",
        name,
        (text, errno) ->
            (int) Libc.UNLINKAT.invokeExact(errno, descriptor, text, Libc.AT_REMOVEDIR));
  }

  /**
   * Removes the entry and, when it is a directory, all below it; does nothing when there is none.
   */
  public void removeTree(String name) throws LinuxException {
    Optional<Status> status = find(name);
    if (status.isEmpty()) {
      return;
    }
    if (!status.get().isDirectory()) {
      removeFile(name);
      return;
    }
    try (Directory inner = enter(name)) {
      for (String child : inner.names()) {
        inner.removeTree(child);
      }
    }
    removeDirectory(name);
  }

  /** Changes the owner of the entry itself; -1 leaves a part as it is. */
  public void owner(String name, int uid, int gid) throws LinuxException {
    call(
        "fchownat",
        name,
        (text, errno) ->
            (int)
                Libc.FCHOWNAT.invokeExact(
                    errno, descriptor, text, uid, gid, Libc.AT_SYMLINK_NOFOLLOW));
  }

  /** Changes the permissions of an entry that is no link. */
  public void mode(String name, int permissions) throws LinuxException {
    call(
        "fchmodat",
        name,
        (text, errno) -> (int) Libc.FCHMODAT.invokeExact(errno, descriptor, text, permissions, 0));
  }

  /** Sets both times of the entry itself, nanoseconds since 1970. */
  public void times(String name, long nanos) throws LinuxException {
    check(name);
    Libc.call(
        "utimensat",
        label(name),
        (arena, errno) ->
            (int)
                Libc.UTIMENSAT.invokeExact(
                    errno,
                    descriptor,
                    Names.toC(arena, name),
                    timespecs(arena, nanos),
                    Libc.AT_SYMLINK_NOFOLLOW));
  }

  /** Changes owner and permissions of this directory; -1 leaves a part of the owner as it is. */
  public void ownerAndMode(int uid, int gid, int permissions) throws LinuxException {
    Libc.call(
        "fchown", label, (_, errno) -> (int) Libc.FCHOWN.invokeExact(errno, descriptor, uid, gid));
    Libc.call(
        "fchmod",
        label,
        (_, errno) -> (int) Libc.FCHMOD.invokeExact(errno, descriptor, permissions));
  }

  /** Sets both times of this directory, nanoseconds since 1970. */
  public void times(long nanos) throws LinuxException {
    Libc.call(
        "futimens",
        label,
        (arena, errno) ->
            (int) Libc.FUTIMENS.invokeExact(errno, descriptor, timespecs(arena, nanos)));
  }

  /** Flushes the filesystem that this directory is on. */
  public void syncFilesystem() throws LinuxException {
    Libc.call("syncfs", label, (_, errno) -> (int) Libc.SYNCFS.invokeExact(errno, descriptor));
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      closeQuietly(descriptor);
    }
  }

  @Override
  public String toString() {
    return label;
  }

  @FunctionalInterface
  private interface NamedCall {
    long run(MemorySegment name, MemorySegment errno) throws Throwable;
  }

  private void call(String function, String name, NamedCall call) throws LinuxException {
    check(name);
    Libc.call(function, label(name), (arena, errno) -> call.run(Names.toC(arena, name), errno));
  }

  private String label(String name) {
    return label.endsWith("/") || name.startsWith("/") ? label + name : label + "/" + name;
  }

  private static void check(String name) {
    if (name.isEmpty() || name.indexOf('/') >= 0 || name.equals(".") || name.equals("..")) {
      throw new IllegalArgumentException("\"" + name + "\" is not a name of a directory entry");
    }
  }

  private static Optional<Status> absent(LinuxException e) throws LinuxException {
    return switch (e.errno()) {
      case ENOENT, ENOTDIR -> Optional.empty();
      default -> throw e;
    };
  }

  private static int openat(int directory, String name, int flags, int mode, String label)
      throws LinuxException {
    return (int)
        Libc.call(
            "openat",
            label,
            (arena, errno) ->
                (int)
                    Libc.OPENAT.invokeExact(errno, directory, Names.toC(arena, name), flags, mode));
  }

  private int openat2(String path, int flags, long resolve) throws LinuxException {
    return (int)
        Libc.call(
            "openat2",
            label(path),
            (arena, errno) -> {
              MemorySegment how = arena.allocate(24, 8);
              how.set(ValueLayout.JAVA_LONG, 0, flags);
              how.set(ValueLayout.JAVA_LONG, 16, resolve);
              return (long)
                  Libc.SYSCALL.invokeExact(
                      errno,
                      SYS_OPENAT2,
                      (long) descriptor,
                      Names.toC(arena, path).address(),
                      how.address(),
                      24L,
                      0L);
            });
  }

  private static String readlink(int directory, String name) throws LinuxException {
    try (Arena memory = Arena.ofConfined()) {
      MemorySegment buffer = memory.allocate(4096);
      long count =
          Libc.call(
              "readlinkat",
              name,
              (arena, errno) ->
                  (long)
                      Libc.READLINKAT.invokeExact(
                          errno, directory, Names.toC(arena, name), buffer, 4096L));
      return Names.decode(buffer.asSlice(0, count).toArray(JAVA_BYTE));
    }
  }

  static Status statx(int directory, String name, int flags, String label) throws LinuxException {
    try (Arena memory = Arena.ofConfined()) {
      MemorySegment s = memory.allocate(256, 8);
      Libc.call(
          "statx",
          label,
          (arena, errno) ->
              (int)
                  Libc.STATX.invokeExact(
                      errno, directory, Names.toC(arena, name), flags, STATX_BASIC_STATS, s));
      return new Status(
          Short.toUnsignedInt(s.get(JAVA_SHORT, 28)),
          s.get(JAVA_INT, 20),
          s.get(JAVA_INT, 24),
          s.get(JAVA_LONG_UNALIGNED, 40),
          Integer.toUnsignedLong(s.get(JAVA_INT, 16)),
          s.get(JAVA_LONG_UNALIGNED, 32),
          Integer.toUnsignedLong(s.get(JAVA_INT, 136)) << 32
              | Integer.toUnsignedLong(s.get(JAVA_INT, 140)),
          s.get(JAVA_INT, 128),
          s.get(JAVA_INT, 132),
          nanos(s.get(JAVA_LONG_UNALIGNED, 112), s.get(JAVA_INT, 120)));
    }
  }

  /** Times beyond the years 1678 to 2262 do not fit and become the nearest second that does. */
  private static long nanos(long seconds, int nanos) {
    long most = Long.MAX_VALUE / 1_000_000_000L - 1;
    return Math.clamp(seconds, -most, most) * 1_000_000_000L + nanos;
  }

  static MemorySegment timespecs(Arena arena, long nanos) {
    MemorySegment times = arena.allocate(32, 8);
    for (int at = 0; at < 32; at += 16) {
      times.set(ValueLayout.JAVA_LONG, at, Math.floorDiv(nanos, 1_000_000_000L));
      times.set(ValueLayout.JAVA_LONG, at + 8, Math.floorMod(nanos, 1_000_000_000L));
    }
    return times;
  }

  /**
   * A descriptor that was only read from cannot lose data at close. Writers' errors are seen at
   * write: no filesystem used here delays them.
   */
  static void closeQuietly(int descriptor) {
    try {
      Libc.call("close", "", (_, errno) -> (int) Libc.CLOSE.invokeExact(errno, descriptor));
    } catch (LinuxException e) {
      throw new IllegalStateException("a file descriptor was closed twice", e);
    }
  }
}
