package dev.slipway.frontend.dockerfile.convert;

import dev.slipway.graph.Definition;
import java.util.List;

/** What COPY and ADD read. */
public sealed interface MainContext {
  /**
   * A directory of the client, of which only what is used is sent.
   *
   * @param excludePatterns of the .dockerignore
   */
  record Local(String name, String sessionId, List<String> excludePatterns) implements MainContext {
    public Local {
      excludePatterns = List.copyOf(excludePatterns);
    }
  }

  /** A graph: a repository, an archive, an image, an input of the request. */
  record Graph(Definition definition) implements MainContext {}
}
