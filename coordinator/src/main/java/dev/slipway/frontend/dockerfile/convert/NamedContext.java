package dev.slipway.frontend.dockerfile.convert;

import dev.slipway.graph.Definition;
import dev.slipway.graph.Op;
import dev.slipway.oci.Platform;
import java.util.List;
import java.util.Optional;

/** What a named context turned out to be. */
public sealed interface NamedContext {
  /** {@code docker-image://scratch}. */
  record Scratch() implements NamedContext {}

  /**
   * One source: an image, a layout, a repository, a file.
   *
   * @param vertexName shown to the user
   * @param config of an image
   */
  record Source(
      Op.Source source, Optional<Platform> platform, String vertexName, Optional<byte[]> config)
      implements NamedContext {}

  /** A directory of the client, of which only what is used is sent. */
  record Local(String option, String name, String sessionId, String hint, List<String> excludes)
      implements NamedContext {
    public Local {
      excludes = List.copyOf(excludes);
    }
  }

  /** A graph that came with the request. */
  record Input(Definition definition, Optional<byte[]> config) implements NamedContext {}

  /** The configuration of the image that it is; empty when it is none. */
  default Optional<byte[]> imageConfig() {
    return switch (this) {
      case Source source -> source.config();
      case Input input -> input.config();
      case Scratch _, Local _ -> Optional.empty();
    };
  }
}
