package dev.slipway.e2e;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A folder with a Dockerfile: what a user builds. */
record BuildDirectory(Path path) {
  static BuildDirectory of(String dockerfile) {
    return new BuildDirectory(Workplace.folder("context")).with("Dockerfile", dockerfile);
  }

  BuildDirectory with(String file, String content) {
    try {
      Path target = path.resolve(file);
      Files.createDirectories(target.getParent());
      Files.writeString(target, content);
      return this;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  BuildDirectory with(String file, byte[] content) {
    try {
      Path target = path.resolve(file);
      Files.createDirectories(target.getParent());
      Files.write(target, content);
      return this;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
