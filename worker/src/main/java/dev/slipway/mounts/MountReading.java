package dev.slipway.mounts;

import java.nio.file.Path;

/** A copy that is sent to a peer. Others may write to it meanwhile. */
public final class MountReading implements AutoCloseable {
  private final Path directory;
  private final Runnable end;

  MountReading(Path directory, Runnable end) {
    this.directory = directory;
    this.end = end;
  }

  public Path directory() {
    return directory;
  }

  /** Gives it free; once. */
  @Override
  public void close() {
    end.run();
  }
}
