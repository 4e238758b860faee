package dev.slipway.agent;

/**
 * Translates st_mode, inode(7), to the bits of Go's os.FileMode, which BuildKit's messages carry.
 */
final class GoFileMode {
  private static final int FORMAT = 0170000;
  private static final int SOCKET = 0140000;
  private static final int SYMLINK = 0120000;
  private static final int REGULAR = 0100000;
  private static final int BLOCK = 0060000;
  private static final int DIRECTORY = 0040000;
  private static final int CHARACTER = 0020000;
  private static final int FIFO = 0010000;

  private GoFileMode() {}

  static int of(int mode) {
    int bits = mode & 0777;
    bits |=
        switch (mode & FORMAT) {
          case DIRECTORY -> 1 << 31;
          case SYMLINK -> 1 << 27;
          case BLOCK -> 1 << 26;
          case CHARACTER -> 1 << 26 | 1 << 21;
          case FIFO -> 1 << 25;
          case SOCKET -> 1 << 24;
          default -> 0;
        };
    bits |= (mode & 04000) != 0 ? 1 << 23 : 0;
    bits |= (mode & 02000) != 0 ? 1 << 22 : 0;
    bits |= (mode & 01000) != 0 ? 1 << 20 : 0;
    return bits;
  }

  static boolean isRegular(int mode) {
    return (mode & FORMAT) == REGULAR;
  }

  static boolean isSymlink(int mode) {
    return (mode & FORMAT) == SYMLINK;
  }

  static boolean isDevice(int mode) {
    return (mode & FORMAT) == BLOCK || (mode & FORMAT) == CHARACTER;
  }
}
