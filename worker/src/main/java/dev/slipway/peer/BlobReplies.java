package dev.slipway.peer;

import dev.slipway.content.FileDigest;
import dev.slipway.error.SlipwayException;
import dev.slipway.oci.Digest;
import dev.slipway.snapshot.Pin;
import dev.slipway.snapshot.SnapshotStore;
import dev.slipway.snapshot.StoredLayer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers with blobs, by sendfile. A peer that got wrong bytes says so; then the blob is read, and
 * dropped if its digest is wrong. @ThreadSafe
 */
final class BlobReplies {
  private static final Logger LOG = LoggerFactory.getLogger(BlobReplies.class);

  private final SnapshotStore store;

  /** Being read for their digests: no peer can make this worker read a blob twice at once. */
  private final Set<Digest> suspects = ConcurrentHashMap.newKeySet();

  /** Known to be wrong, and in use, so that they could not be dropped yet. */
  private final Set<Digest> corrupt = ConcurrentHashMap.newKeySet();

  BlobReplies(SnapshotStore store) {
    this.store = store;
  }

  void blob(String text, HttpServerRequest request) {
    Optional<StoredLayer> found = find(text);
    if (found.isEmpty() || isCorrupt(found.get(), new Digest(text))) {
      Replies.text(request, 404, "blob " + text + " is not here");
      return;
    }
    StoredLayer layer = found.get();
    StoredLayer.Packed packed = layer.packed(new Digest(text)).orElseThrow();
    long size = packed.blob().size();
    long from = Replies.rangeStart(request);
    if (from >= size && from > 0) {
      Replies.text(request, 416, "the blob has " + size + " bytes");
      return;
    }
    try {
      Pin pin = store.pin(List.of(layer.id()));
      HttpServerResponse response = request.response();
      response.putHeader("Content-Type", packed.blob().mediaType());
      if (from > 0) {
        response
            .setStatusCode(206)
            .putHeader("Content-Range", "bytes " + from + "-" + (size - 1) + "/" + size);
      }
      response.exceptionHandler(e ->
          LOG.atDebug()
              .addKeyValue("blob", text)
              .addKeyValue("reason", e.toString())
              .log("blob not sent whole, the peer has gone"));
      response.sendFile(packed.file().toString(), from, size - from).onComplete(_ -> pin.close());
    } catch (SlipwayException e) {
      Replies.text(request, 404, e.getMessage());
    }
  }

  /** Looks at a blob that somebody doubts; answers before it has. */
  void verify(String text, HttpServerRequest request) {
    Optional<StoredLayer> found = find(text);
    if (found.isEmpty()) {
      Replies.text(request, 404, "blob " + text + " is not here");
      return;
    }
    Digest digest = new Digest(text);
    Path file = found.get().packed(digest).orElseThrow().file();
    Replies.text(request, 202, "it will be read");
    if (!suspects.add(digest)) {
      return;
    }
    try {
      Digest actual = read(found.get(), file);
      if (!actual.equals(digest)) {
        LOG.atError()
            .addKeyValue("blob", digest)
            .addKeyValue("file", file)
            .addKeyValue("actual", actual)
            .log("a blob is corrupt on this worker's disk and is dropped; look at the disk");
        drop(found.get(), digest);
      }
    } catch (SlipwayException | IOException e) {
      LOG.atWarn()
          .addKeyValue("blob", digest)
          .addKeyValue("error", e.getMessage())
          .log("a doubted blob could not be read and is dropped");
      drop(found.get(), digest);
    } finally {
      suspects.remove(digest);
    }
  }

  private Optional<StoredLayer> find(String text) {
    return Digest.isDigest(text) ? store.findBlob(new Digest(text)) : Optional.empty();
  }

  private boolean isCorrupt(StoredLayer layer, Digest digest) {
    boolean known = corrupt.contains(digest);
    if (known) {
      drop(layer, digest);
    }
    return known;
  }

  private void drop(StoredLayer layer, Digest digest) {
    corrupt.add(digest);
    if (store.dropBlob(layer.id(), _ -> true).isPresent()) {
      corrupt.remove(digest);
    }
  }

  private Digest read(StoredLayer layer, Path file) throws SlipwayException, IOException {
    try (Pin _ = store.pin(List.of(layer.id()))) {
      return FileDigest.of(file);
    }
  }
}
