package dev.slipway.frontend.dockerfile;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.frontend.FrontendBridge;
import dev.slipway.frontend.dockerfile.parser.SourceText;
import dev.slipway.graph.Definition;
import dev.slipway.graph.Edge;
import dev.slipway.graph.Op;
import dev.slipway.graph.SourceMap;
import dev.slipway.graph.Vertex;
import dev.slipway.graph.VertexMetadata;
import dev.slipway.oci.Digest;
import dev.slipway.oci.OciJson;
import dev.slipway.protocol.LlbCodec;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The Dockerfile and the patterns of what a copy must not see.
 *
 * @param vertex that the Dockerfile was read from; warnings are shown there
 * @param ignorePatterns in the order of the file; the last that matches counts
 */
record ContextFiles(SourceText dockerfile, Digest vertex, List<String> ignorePatterns) {
  private static final String DEFAULT_NAME = "Dockerfile";
  private static final String IGNORE_FILE = ".dockerignore";

  static ContextFiles read(FrontendOptions options, FrontendBridge bridge)
      throws SlipwayException, IOException, InterruptedException {
    String filename = options.filename();
    String ignoreName = filename + IGNORE_FILE;
    List<String> wanted =
        filename.equals(DEFAULT_NAME)
            ? List.of(filename, ignoreName, "dockerfile")
            : List.of(filename, ignoreName);
    Definition source =
        local(
            options.dockerfileLocal(), wanted, "[internal] load build definition from " + filename);
    FrontendBridge.Reference definition = bridge.solve(source);
    Optional<byte[]> text = definition.findFile(filename);
    if (text.isEmpty() && filename.equals(DEFAULT_NAME)) {
      text = definition.findFile("dockerfile");
    }
    if (text.isEmpty()) {
      throw new SlipwayException(
          ErrorKind.NOT_FOUND,
          "failed to read dockerfile: open " + filename + ": no such file or directory");
    }
    Optional<byte[]> ignore = definition.findFile(ignoreName);
    if (ignore.isEmpty()) {
      ignore =
          bridge
              .solve(
                  local(
                      options.contextLocal(),
                      List.of(IGNORE_FILE),
                      "[internal] load .dockerignore"))
              .findFile(IGNORE_FILE);
    }
    return new ContextFiles(
        SourceText.of(filename, text.get()),
        source.result().orElseThrow().vertex(),
        ignore.isPresent() ? IgnorePatterns.parse(ignore.get()) : List.of());
  }

  private static Definition local(FrontendOptions.Local local, List<String> paths, String name) {
    Map<String, String> attributes = new LinkedHashMap<>();
    attributes.put("local.sharedkeyhint", local.name());
    attributes.put("local.followpaths", new String(OciJson.compact(paths), StandardCharsets.UTF_8));
    attributes.put("local.differ", "none");
    if (!local.sessionId().isEmpty()) {
      attributes.put("local.session", local.sessionId());
    }
    Vertex vertex =
        LlbCodec.vertex(
            new Op.Source("local://" + local.name(), attributes),
            List.of(),
            Optional.empty(),
            new VertexMetadata(false, Map.of("llb.customname", name), Optional.empty(), Map.of()));
    return new Definition(
        Map.of(vertex.digest(), vertex),
        Optional.of(new Edge(vertex.digest(), 0)),
        SourceMap.EMPTY);
  }
}
