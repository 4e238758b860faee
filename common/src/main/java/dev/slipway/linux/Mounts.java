package dev.slipway.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Mounts of this process' mount namespace; see mount(2), fsopen(2). */
public final class Mounts {
  public static final long READ_ONLY = 0x1;
  public static final long NO_SUID = 0x2;
  public static final long NO_DEVICES = 0x4;
  public static final long NO_EXEC = 0x8;
  public static final long REMOUNT = 0x20;
  public static final long BIND = 0x1000;
  public static final long RECURSIVE = 0x4000;
  public static final long PRIVATE = 0x40000;
  public static final long SLAVE = 0x80000;

  private static final int DETACH = 2;
  private static final long SYS_MOVE_MOUNT = 429;
  private static final long SYS_FSOPEN = 430;
  private static final long SYS_FSCONFIG = 431;
  private static final long SYS_FSMOUNT = 432;
  private static final long FSOPEN_CLOEXEC = 1;
  private static final long FSMOUNT_CLOEXEC = 1;
  private static final long SET_FLAG = 0;
  private static final long SET_STRING = 1;
  private static final long CREATE = 6;
  private static final long MOVE_FROM_EMPTY_PATH = 4;
  private static final long MOUNT_ATTR_RDONLY = 1;

  private Mounts() {}

  /** mount(2); empty texts are passed as null pointers. */
  public static void mount(String source, Path target, String type, long flags, String options)
      throws LinuxException {
    Libc.call(
        "mount " + (type.isEmpty() ? source : type),
        target.toString(),
        (arena, errno) ->
            (int)
                Libc.MOUNT.invokeExact(
                    errno,
                    optional(arena, source),
                    Names.toC(arena, target.toString()),
                    optional(arena, type),
                    flags,
                    optional(arena, options)));
  }

  /** Shows one directory or file at another place. */
  public static void bind(Path source, Path target, boolean readOnly) throws LinuxException {
    mount(source.toString(), target, "", BIND | RECURSIVE, "");
    if (readOnly) {
      mount("", target, "", BIND | REMOUNT | READ_ONLY, "");
    }
  }

  /** Unmounts; EBUSY while something is open. */
  public static void unmount(Path target) throws LinuxException {
    umount2(target, 0);
  }

  /** Takes the mount out of sight at once; it ends when nothing uses it any more. */
  public static void detach(Path target) throws LinuxException {
    umount2(target, DETACH);
  }

  /**
   * The directories that take an overlay's writes; {@code work} is empty and on the same
   * filesystem.
   */
  public record Writes(Path upper, Path work) {}

  /**
   * Mounts an overlay.
   *
   * @param lower lowest first, at least two when there are no writes; each by itself, so the length
   *     of the paths does not matter
   * @param flags options without a value
   */
  public static void overlay(
      Path target, List<Path> lower, Optional<Writes> writes, List<String> flags)
      throws LinuxException {
    int context =
        syscall(
            "fsopen overlay",
            target,
            (arena, name) -> new long[] {SYS_FSOPEN, name.address(), FSOPEN_CLOEXEC},
            "overlay");
    try {
      set(context, target, "source", "overlay");
      for (Path path : lower.reversed()) {
        set(context, target, "lowerdir+", path.toString());
      }
      if (writes.isPresent()) {
        set(context, target, "upperdir", writes.get().upper().toString());
        set(context, target, "workdir", writes.get().work().toString());
      }
      for (String flag : flags) {
        syscall(
            "fsconfig " + flag,
            target,
            (_, name) -> new long[] {SYS_FSCONFIG, context, SET_FLAG, name.address(), 0, 0},
            flag);
      }
      syscall(
          "fsconfig create overlay",
          target,
          (_, _) -> new long[] {SYS_FSCONFIG, context, CREATE, 0, 0, 0},
          "");
      long attributes = writes.isPresent() ? 0 : MOUNT_ATTR_RDONLY;
      int mount =
          syscall(
              "fsmount overlay",
              target,
              (_, _) -> new long[] {SYS_FSMOUNT, context, FSMOUNT_CLOEXEC, attributes},
              "");
      try {
        syscall(
            "move_mount overlay",
            target,
            (arena, name) ->
                new long[] {
                  SYS_MOVE_MOUNT,
                  mount,
                  Names.toC(arena, "").address(),
                  Libc.AT_FDCWD,
                  name.address(),
                  MOVE_FROM_EMPTY_PATH
                },
            target.toString());
      } finally {
        Directory.closeQuietly(mount);
      }
    } finally {
      Directory.closeQuietly(context);
    }
  }

  private static void set(int context, Path target, String key, String value)
      throws LinuxException {
    syscall(
        "fsconfig " + key + "=" + value,
        target,
        (arena, name) ->
            new long[] {
              SYS_FSCONFIG,
              context,
              SET_STRING,
              name.address(),
              Names.toC(arena, value).address(),
              0
            },
        key);
  }

  @FunctionalInterface
  private interface Arguments {
    long[] in(Arena arena, MemorySegment name);
  }

  private static int syscall(String what, Path target, Arguments arguments, String name)
      throws LinuxException {
    return (int)
        Libc.call(
            what,
            target.toString(),
            (arena, errno) -> {
              long[] a = java.util.Arrays.copyOf(arguments.in(arena, Names.toC(arena, name)), 6);
              return (long) Libc.SYSCALL.invokeExact(errno, a[0], a[1], a[2], a[3], a[4], a[5]);
            });
  }

  private static void umount2(Path target, int flags) throws LinuxException {
    Libc.call(
        "umount2",
        target.toString(),
        (arena, errno) ->
            (int) Libc.UMOUNT2.invokeExact(errno, Names.toC(arena, target.toString()), flags));
  }

  private static MemorySegment optional(Arena arena, String text) {
    return text.isEmpty() ? MemorySegment.NULL : Names.toC(arena, text);
  }
}
