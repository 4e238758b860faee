package dev.slipway.frontend.dockerfile;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.frontend.FrontendBridge;
import dev.slipway.frontend.dockerfile.convert.MainContext;
import dev.slipway.frontend.dockerfile.parser.SourceText;
import dev.slipway.graph.Definition;
import dev.slipway.graph.Edge;
import dev.slipway.oci.Digest;
import dev.slipway.protocol.LlbCodec;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * The Dockerfile, and what its copies see.
 *
 * @param vertex that the Dockerfile was read from; warnings are shown there
 */
record BuildInputs(SourceText dockerfile, Digest vertex, MainContext context) {
  private static final String DEFAULT_NAME = "Dockerfile";
  private static final String IGNORE_FILE = ".dockerignore";

  static BuildInputs read(FrontendOptions options, FrontendBridge bridge)
      throws SlipwayException, IOException, InterruptedException {
    RemoteContext remote = RemoteContext.open(options, bridge);
    String filename = remote.filename();
    Definition definition = remote.dockerfile().orElseGet(() -> local(options, filename));
    Digest vertex =
        definition
            .result()
            .map(Edge::vertex)
            .orElseThrow(() ->
                new SlipwayException(
                    ErrorKind.INVALID, "invalid nil input definition to definition op"));
    FrontendBridge.Reference files = bridge.solve(definition);
    SourceText dockerfile =
        SourceText.of(
            filename, dockerfile(files, filename), LlbCodec.encode(definition).toByteArray());
    Optional<byte[]> ignore = files.findFile(filename + IGNORE_FILE);
    if (remote.context().isPresent()) {
      return new BuildInputs(dockerfile, vertex, new MainContext.Graph(remote.context().get()));
    }
    FrontendOptions.Local context = options.contextLocal();
    List<String> patterns =
        ignore.isPresent()
            ? IgnorePatterns.parse(filename + IGNORE_FILE, ignore.get())
            : ignorePatterns(
                bridge,
                context,
                context.name() + "-" + IGNORE_FILE,
                "[internal] load " + IGNORE_FILE);
    return new BuildInputs(
        dockerfile, vertex, new MainContext.Local(context.name(), context.sessionId(), patterns));
  }

  private static Definition local(FrontendOptions options, String filename) {
    List<String> wanted = new ArrayList<>(List.of(filename, filename + IGNORE_FILE));
    lowerCase(filename).ifPresent(wanted::add);
    FrontendOptions.Local local = options.dockerfileLocal();
    return SingleVertex.local(
        local, local.name(), wanted, "[internal] load build definition from " + filename);
  }

  private static byte[] dockerfile(FrontendBridge.Reference files, String filename)
      throws SlipwayException, IOException, InterruptedException {
    Optional<byte[]> text = files.findFile(filename);
    if (text.isEmpty() && lowerCase(filename).isPresent()) {
      text = files.findFile(lowerCase(filename).get());
    }
    if (text.isEmpty()) {
      throw new SlipwayException(
          ErrorKind.NOT_FOUND,
          "failed to read dockerfile: open " + filename + ": no such file or directory");
    }
    return text.get();
  }

  /** Another name of a file that is called Dockerfile. */
  private static Optional<String> lowerCase(String filename) {
    int slash = filename.lastIndexOf('/');
    return filename.substring(slash + 1).equals(DEFAULT_NAME)
        ? Optional.of(filename.substring(0, slash + 1) + DEFAULT_NAME.toLowerCase(Locale.ROOT))
        : Optional.empty();
  }

  /** What copies from the context do not see. */
  List<String> ignorePatterns() {
    return switch (context) {
      case MainContext.Local local -> local.excludePatterns();
      case MainContext.Graph _ -> List.of();
    };
  }

  /** The patterns of a client's directory; none when it has no file of them. */
  static List<String> ignorePatterns(
      FrontendBridge bridge, FrontendOptions.Local local, String hint, String vertexName)
      throws SlipwayException, IOException, InterruptedException {
    Optional<byte[]> file;
    try {
      file =
          bridge
              .solve(SingleVertex.local(local, hint, List.of(IGNORE_FILE), vertexName))
              .findFile(IGNORE_FILE);
    } catch (SlipwayException e) {
      if (e.kind() != ErrorKind.NOT_FOUND) {
        throw e;
      }
      // A client may serve no context at all; whoever copies from it will say so.
      return List.of();
    }
    return file.isPresent() ? IgnorePatterns.parse(IGNORE_FILE, file.get()) : List.of();
  }
}
