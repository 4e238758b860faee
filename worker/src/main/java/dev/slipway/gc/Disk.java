package dev.slipway.gc;

import java.nio.file.Path;

/** The disk under a worker's files. @ThreadSafe */
public interface Disk {
  /** Bytes in all. */
  long total();

  /** Bytes that can be written still. */
  long free();

  /** The one that the directory is on. */
  static Disk of(Path directory) {
    return new Disk() {
      @Override
      public long total() {
        return directory.toFile().getTotalSpace();
      }

      @Override
      public long free() {
        return directory.toFile().getUsableSpace();
      }
    };
  }
}
