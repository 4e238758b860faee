package dev.slipway.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Extended attributes of a path, links not followed at its end; see xattr(7). */
public final class ExtendedAttributes {
  /** XATTR_SIZE_MAX and XATTR_LIST_MAX of Linux. */
  private static final int MOST = 64 << 10;

  /** Nearly every value is smaller; larger ones are asked for again. */
  private static final int USUAL = 256;

  private ExtendedAttributes() {}

  /** The value; empty when the file has no such attribute or its filesystem none at all. */
  public static Optional<byte[]> get(String path, String name) throws LinuxException {
    try {
      return Optional.of(read(path, name, USUAL));
    } catch (LinuxException e) {
      return switch (e.errno()) {
        case ENODATA, EOPNOTSUPP -> Optional.empty();
        case ERANGE -> Optional.of(read(path, name, MOST));
        default -> throw e;
      };
    }
  }

  /** All attributes that may be read, by name. */
  public static Map<String, byte[]> all(String path) throws LinuxException {
    Map<String, byte[]> attributes = new TreeMap<>();
    for (String name : names(path)) {
      get(path, name).ifPresent(value -> attributes.put(name, value));
    }
    return attributes;
  }

  /** Names of the attributes. */
  public static List<String> names(String path) throws LinuxException {
    byte[] list;
    try {
      list = list(path, USUAL);
    } catch (LinuxException e) {
      switch (e.errno()) {
        case EOPNOTSUPP -> {
          return List.of();
        }
        case ERANGE -> list = list(path, MOST);
        default -> throw e;
      }
    }
    if (list.length == 0) {
      return List.of();
    }
    List<String> names = new ArrayList<>();
    int start = 0;
    for (int i = 0; i < list.length; i++) {
      if (list[i] == 0) {
        names.add(Names.decode(java.util.Arrays.copyOfRange(list, start, i)));
        start = i + 1;
      }
    }
    return names;
  }

  public static void set(String path, String name, byte[] value) throws LinuxException {
    Libc.call(
        "lsetxattr " + name,
        path,
        (arena, errno) -> {
          MemorySegment content = arena.allocate(Math.max(1, value.length));
          MemorySegment.copy(value, 0, content, JAVA_BYTE, 0, value.length);
          return (int)
              Libc.LSETXATTR.invokeExact(
                  errno,
                  Names.toC(arena, path),
                  Names.toC(arena, name),
                  content,
                  (long) value.length,
                  0);
        });
  }

  /** Removes the attribute; does nothing when there is none. */
  public static void remove(String path, String name) throws LinuxException {
    try {
      Libc.call(
          "lremovexattr " + name,
          path,
          (arena, errno) ->
              (int)
                  Libc.LREMOVEXATTR.invokeExact(
                      errno, Names.toC(arena, path), Names.toC(arena, name)));
    } catch (LinuxException e) {
      if (e.errno() != Errno.ENODATA) {
        throw e;
      }
    }
  }

  private static byte[] read(String path, String name, int size) throws LinuxException {
    try (Arena memory = Arena.ofConfined()) {
      MemorySegment buffer = memory.allocate(size);
      long count =
          Libc.call(
              "lgetxattr " + name,
              path,
              (arena, errno) ->
                  (long)
                      Libc.LGETXATTR.invokeExact(
                          errno,
                          Names.toC(arena, path),
                          Names.toC(arena, name),
                          buffer,
                          (long) size));
      return buffer.asSlice(0, count).toArray(JAVA_BYTE);
    }
  }

  private static byte[] list(String path, int size) throws LinuxException {
    try (Arena memory = Arena.ofConfined()) {
      MemorySegment buffer = memory.allocate(size);
      long count =
          Libc.call(
              "llistxattr",
              path,
              (arena, errno) ->
                  (long)
                      Libc.LLISTXATTR.invokeExact(
                          errno, Names.toC(arena, path), buffer, (long) size));
      return buffer.asSlice(0, count).toArray(JAVA_BYTE);
    }
  }
}
