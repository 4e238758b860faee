package dev.slipway.linux;

/** Identity of this process and signals to others. */
public final class Processes {
  public static final int SIGTERM = 15;
  public static final int SIGKILL = 9;

  private Processes() {}

  /** The user id of this process, as its user namespace sees it. */
  public static int uid() {
    try {
      return (int) Libc.call("getuid", "", (_, errno) -> (int) Libc.GETUID.invokeExact(errno));
    } catch (LinuxException e) {
      throw new IllegalStateException("getuid never fails", e);
    }
  }

  /**
   * Sets the mask of permissions taken from new files, of the whole process; returns the one
   * before.
   */
  public static int umask(int mask) {
    try {
      return (int) Libc.call("umask", "", (_, errno) -> (int) Libc.UMASK.invokeExact(errno, mask));
    } catch (LinuxException e) {
      throw new IllegalStateException("umask never fails", e);
    }
  }

  /** Sends the signal; a negative id means a process group. */
  public static void kill(int process, int signal) throws LinuxException {
    Libc.call(
        "kill",
        Integer.toString(process),
        (_, errno) -> (int) Libc.KILL.invokeExact(errno, process, signal));
  }
}
