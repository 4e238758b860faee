package dev.slipway.linux;

/**
 * What {@code statx(2)} says about a file.
 *
 * @param mode type and permission bits
 * @param modified nanoseconds since 1970
 * @param device which filesystem, with {@code inode} the identity of the file
 */
public record Status(
    int mode,
    int uid,
    int gid,
    long size,
    long links,
    long inode,
    long device,
    int deviceMajor,
    int deviceMinor,
    long modified) {
  private static final int TYPE = 0xf000;
  public static final int FIFO = 0x1000;
  public static final int CHARACTER_DEVICE = 0x2000;
  public static final int DIRECTORY = 0x4000;
  public static final int BLOCK_DEVICE = 0x6000;
  public static final int REGULAR = 0x8000;
  public static final int SYMLINK = 0xa000;
  public static final int SOCKET = 0xc000;

  /** One of the constants. */
  public int type() {
    return mode & TYPE;
  }

  /** The lower twelve bits: permissions, set-uid, set-gid, sticky. */
  public int permissions() {
    return mode & 07777;
  }

  public boolean isDirectory() {
    return type() == DIRECTORY;
  }

  public boolean isRegular() {
    return type() == REGULAR;
  }

  public boolean isSymlink() {
    return type() == SYMLINK;
  }

  /** Overlayfs' mark of something removed. */
  public boolean isWhiteout() {
    return type() == CHARACTER_DEVICE && deviceMajor == 0 && deviceMinor == 0;
  }
}
