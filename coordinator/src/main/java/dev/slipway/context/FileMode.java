package dev.slipway.context;

/** Go's {@code os.FileMode} bits, as in stat messages, and what they are in a tar header. */
public final class FileMode {
  public static final int DIRECTORY = 1 << 31;
  public static final int SYMLINK = 1 << 27;
  public static final int DEVICE = 1 << 26;
  public static final int NAMED_PIPE = 1 << 25;
  public static final int SOCKET = 1 << 24;
  public static final int SET_UID = 1 << 23;
  public static final int SET_GID = 1 << 22;
  public static final int CHARACTER_DEVICE = 1 << 21;
  public static final int STICKY = 1 << 20;
  public static final int IRREGULAR = 1 << 19;
  public static final int TYPE =
      DIRECTORY | SYMLINK | DEVICE | NAMED_PIPE | SOCKET | CHARACTER_DEVICE | IRREGULAR;

  private FileMode() {}

  public static boolean isRegular(int mode) {
    return (mode & TYPE) == 0;
  }

  public static boolean isDirectory(int mode) {
    return (mode & TYPE) == DIRECTORY;
  }

  public static boolean isSymlink(int mode) {
    return (mode & TYPE) == SYMLINK;
  }

  public static boolean isNamedPipe(int mode) {
    return (mode & TYPE) == NAMED_PIPE;
  }

  /**
   * The bits of a tar's entry.
   *
   * @param type of the header: {@code '0'} to {@code '6'}
   * @param permissions POSIX' twelve bits
   */
  public static int of(char type, int permissions) {
    int mode =
        (permissions & 0777)
            | ((permissions & 04000) != 0 ? SET_UID : 0)
            | ((permissions & 02000) != 0 ? SET_GID : 0)
            | ((permissions & 01000) != 0 ? STICKY : 0);
    return switch (type) {
      case '2' -> mode | SYMLINK;
      case '3' -> mode | DEVICE | CHARACTER_DEVICE;
      case '4' -> mode | DEVICE;
      case '5' -> mode | DIRECTORY;
      case '6' -> mode | NAMED_PIPE;
      default -> mode;
    };
  }

  /** The twelve permission bits of POSIX. */
  public static int permissions(int mode) {
    return (mode & 0777)
        | ((mode & SET_UID) != 0 ? 04000 : 0)
        | ((mode & SET_GID) != 0 ? 02000 : 0)
        | ((mode & STICKY) != 0 ? 01000 : 0);
  }
}
