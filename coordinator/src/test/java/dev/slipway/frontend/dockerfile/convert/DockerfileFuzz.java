package dev.slipway.frontend.dockerfile.convert;

import dev.slipway.error.SlipwayException;
import java.nio.charset.StandardCharsets;

/** Dockerfiles, from their text to their graph; every image they name exists. */
public final class DockerfileFuzz {
  private DockerfileFuzz() {}

  public static void fuzzerTestOneInput(byte[] data) throws Exception {
    try {
      new DockerfileFixture().convert(new String(data, StandardCharsets.UTF_8));
    } catch (SlipwayException _) {
      return; // told in words
    }
  }
}
