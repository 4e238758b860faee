package dev.slipway.sandbox;

/** Takes what a process writes. Called by one thread at a time. */
@FunctionalInterface
public interface ExecOutput {
  int STDOUT = 1;
  int STDERR = 2;

  /**
   * @param stream {@link #STDOUT} or {@link #STDERR}
   * @param data the receiver's own
   */
  void write(int stream, byte[] data);
}
