package dev.slipway.frontend.dockerfile;

import dev.slipway.error.SlipwayException;
import dev.slipway.frontend.FrontendBridge;
import dev.slipway.frontend.dockerfile.convert.GitReference;
import dev.slipway.frontend.dockerfile.convert.RemoteSources;
import dev.slipway.graph.Definition;
import dev.slipway.graph.Op;
import java.io.IOException;
import java.util.Optional;

/**
 * The build context where it is not a directory of the client: a repository, something on the web,
 * a graph that came with the request.
 *
 * @param context empty = the client's directory
 * @param dockerfile where the Dockerfile is; empty = a directory of the client
 * @param filename of the Dockerfile there
 */
record RemoteContext(
    Optional<Definition> context, Optional<Definition> dockerfile, String filename) {
  private static final String DOWNLOAD = "context";

  /** Enough to tell an archive. */
  private static final int HEADER = 1024;

  static RemoteContext open(FrontendOptions options, FrontendBridge bridge)
      throws SlipwayException, IOException, InterruptedException {
    String url = options.contextUrl();
    Optional<GitReference> git = GitReference.parse(url);
    RemoteContext found;
    if (git.isPresent()) {
      found = git(options, url, git.get());
    } else if (url.startsWith("http://") || url.startsWith("https://")) {
      found = download(options, bridge, url);
    } else {
      found = inputs(options);
    }
    String directory = options.option("contextsubdir");
    Optional<Definition> context =
        directory.isEmpty()
            ? found.context()
            : found.context().map(definition -> SingleVertex.directory(definition, directory));
    return new RemoteContext(
        context,
        options.dockerfileIsLocal() ? Optional.empty() : found.dockerfile(),
        found.filename());
  }

  private static RemoteContext git(FrontendOptions options, String url, GitReference written) {
    GitReference git = written;
    if (FrontendOptions.bool(options.buildArgument("BUILDKIT_CONTEXT_KEEP_GIT_DIR"))
        .orElse(false)) {
      git = git.withGitDirectory();
    }
    if (!options.buildArgument("SOURCE_DATE_EPOCH").isEmpty()
        && git.options().modificationTime().isEmpty()) {
      git = git.withModificationTime("commit");
    }
    Definition source =
        SingleVertex.source(RemoteSources.git(git), "[internal] load git source " + url);
    return new RemoteContext(Optional.of(source), Optional.of(source), options.filename());
  }

  /** An archive is the context; anything else is a Dockerfile. */
  private static RemoteContext download(FrontendOptions options, FrontendBridge bridge, String url)
      throws SlipwayException, IOException, InterruptedException {
    Op.Source source = RemoteSources.http(url, DOWNLOAD, Optional.empty());
    Definition file = SingleVertex.source(source, "[internal] load remote build context");
    byte[] start = bridge.solve(file).readStart(DOWNLOAD, HEADER);
    if (!Archives.isArchive(start)) {
      return new RemoteContext(Optional.of(file), Optional.of(file), DOWNLOAD);
    }
    Definition unpacked = SingleVertex.unpacked(file, "/" + DOWNLOAD);
    return new RemoteContext(Optional.of(unpacked), Optional.of(unpacked), options.filename());
  }

  private static RemoteContext inputs(FrontendOptions options) {
    return new RemoteContext(
        Optional.ofNullable(options.request().inputs().get("context")),
        Optional.ofNullable(options.request().inputs().get("dockerfile")),
        options.filename());
  }
}
