package dev.slipway;

import dev.slipway.config.EgressSettings;
import dev.slipway.context.ContextStore;
import dev.slipway.fetch.FetchedTrees;
import dev.slipway.fetch.Reach;
import dev.slipway.fetch.RemoteSources;
import dev.slipway.fetch.blob.BlobSource;
import dev.slipway.fetch.blob.Blobs;
import dev.slipway.fetch.git.GitSource;
import dev.slipway.fetch.http.HttpSource;
import dev.slipway.fetch.layout.OciLayouts;
import dev.slipway.registry.RegistryClient;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.function.Consumer;

/** What a coordinator fetches sources with, put together. */
record Fetching(RemoteSources remote, OciLayouts layouts, HttpSource http)
    implements AutoCloseable {
  /**
   * @param state folder of the coordinator's state; what an earlier process fetched is deleted
   * @param egress what builds may reach
   */
  static Fetching start(Path state, EgressSettings egress, RegistryClient registries, Clock clock)
      throws IOException {
    FetchedTrees trees = new FetchedTrees(new ContextStore(state.resolve("fetched"), clock));
    Reach reach = new Reach(egress);
    Blobs blobs = new Blobs(registries);
    HttpSource http = new HttpSource(trees, reach);
    RemoteSources remote =
        new RemoteSources(
            trees::forget,
            List.of(
                http,
                new GitSource(state.resolve("git"), trees, blobs, reach),
                new BlobSource(trees, blobs)));
    return new Fetching(remote, new OciLayouts(), http);
  }

  /** Does that for a build, then drops what was fetched for it, unless another wants it soon. */
  Consumer<String> after(Consumer<String> first) {
    return first.andThen(build -> {
      remote.forget(build);
      layouts.forget(build);
    });
  }

  @Override
  public void close() {
    http.close();
  }
}
