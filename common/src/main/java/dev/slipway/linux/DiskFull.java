package dev.slipway.linux;

import java.util.Optional;

/** Tells the failure of a full disk from others. */
public final class DiskFull {
  /** As the C library says it, and Java with it. */
  private static final String NO_SPACE = "No space left on device";

  private static final String NO_QUOTA = "Disk quota exceeded";

  private DiskFull() {}

  /** Whether the failure, or one that caused it, says that there was no room. */
  public static boolean caused(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      boolean full =
          cause instanceof LinuxException linux
              ? linux.errno() == Errno.ENOSPC || linux.errno() == Errno.EDQUOT
              : cause instanceof java.io.IOException
                  && Optional.ofNullable(cause.getMessage())
                      .filter(text -> text.contains(NO_SPACE) || text.contains(NO_QUOTA))
                      .isPresent();
      if (full) {
        return true;
      }
    }
    return false;
  }
}
