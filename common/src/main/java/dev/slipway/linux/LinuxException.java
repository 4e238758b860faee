package dev.slipway.linux;

import java.io.IOException;

/** A system call that failed: which, on what, with which error. */
public final class LinuxException extends IOException {
  private static final long serialVersionUID = 1L;

  private final Errno errno;
  private final int number;
  private final String path;

  LinuxException(String call, String path, int number) {
    super(call + " " + path + ": " + text(number));
    this.errno = Errno.of(number);
    this.number = number;
    this.path = path;
  }

  public Errno errno() {
    return errno;
  }

  /** The number itself, for those that {@link Errno} does not name. */
  public int number() {
    return number;
  }

  public String path() {
    return path;
  }

  private static String text(int number) {
    Errno errno = Errno.of(number);
    return errno == Errno.OTHER ? "error " + number : errno.text();
  }
}
