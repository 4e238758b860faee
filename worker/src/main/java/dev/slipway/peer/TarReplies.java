package dev.slipway.peer;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.http.ResponseStream;
import dev.slipway.layers.LayerTarWriter;
import dev.slipway.oci.Digest;
import dev.slipway.part.Parts;
import dev.slipway.protocol.worker.PartRequest;
import dev.slipway.snapshot.Pin;
import dev.slipway.snapshot.RootAttributes;
import dev.slipway.snapshot.SnapshotStore;
import dev.slipway.snapshot.StoredLayer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.io.IOException;
import java.io.OutputStream;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers with layers and parts as tars. A range {@code bytes=N-} skips what the peer has: the tar
 * is made from its beginning all the same, which is what makes its digest known. HEAD tells that
 * digest once the tar was sent whole. Blocking. @ThreadSafe
 */
final class TarReplies {
  private static final Logger LOG = LoggerFactory.getLogger(TarReplies.class);
  private static final String LAYER_TYPE = "application/vnd.oci.image.layer.v1.tar";

  /** Header of HEAD's answer; PeerClient reads it. */
  private static final String TAR_DIGEST = "Slipway-Tar-Digest";

  private static final String SNAP = "snap:";

  /** Tars are asked for when they were just sent. */
  private static final int MOST_DIGESTS = 1000;

  private final SnapshotStore store;
  private final Parts parts;
  private final LayerTarWriter tars = new LayerTarWriter();

  /** Of what was sent, by id. Guarded by itself. */
  private final Map<String, Digest> digests =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Digest> eldest) {
          return size() > MOST_DIGESTS;
        }
      };

  TarReplies(SnapshotStore store) {
    this.store = store;
    this.parts = new Parts(store);
  }

  /** What writes a tar and returns its digest. */
  private interface Source {
    Digest write(OutputStream out) throws SlipwayException;
  }

  void layer(String id, HttpServerRequest request) {
    Optional<StoredLayer> layer = store.find(id);
    if (layer.isEmpty()) {
      Replies.text(request, 404, "layer " + id + " is not here");
    } else if (request.method().equals(HttpMethod.HEAD)) {
      digest(id, request, layer.get().diffId().filter(_ -> id.startsWith(SNAP)));
    } else {
      try (Pin _ = store.pin(List.of(id))) {
        request
            .response()
            .putHeader(
                RootAttributes.HEADER, RootAttributes.of(layer.get().directory()).toString());
        send(id, request, out -> tars.write(layer.get(), out));
      } catch (SlipwayException e) {
        Replies.text(request, 404, e.getMessage());
      } catch (IOException e) {
        notSent(id, e, request);
      }
    }
  }

  /** The part's layers cannot be taken away meanwhile: they are mounted. */
  void part(String id, HttpServerRequest request) {
    if (request.method().equals(HttpMethod.HEAD)) {
      digest(id, request, Optional.empty());
      return;
    }
    try {
      PartRequest wanted = Parts.request(id, request.getParam(Parts.REQUEST, ""));
      send(id, request, out -> parts.write(wanted, out));
    } catch (SlipwayException e) {
      Replies.text(request, 400, e.getMessage());
    }
  }

  private void digest(String id, HttpServerRequest request, Optional<Digest> stored) {
    Digest known;
    synchronized (digests) {
      known = digests.getOrDefault(id, stored.orElse(null));
    }
    HttpServerResponse response = request.response();
    if (known != null) {
      response.putHeader(TAR_DIGEST, known.value());
    }
    response.putHeader("Content-Type", LAYER_TYPE).end();
  }

  private void send(String id, HttpServerRequest request, Source source) {
    HttpServerResponse response = request.response();
    long from = Replies.rangeStart(request);
    response.setChunked(true).putHeader("Content-Type", LAYER_TYPE);
    if (from > 0) {
      // Nobody knows the size before the tar is made, so the range's end stays open.
      response.setStatusCode(206).putHeader("Content-Range", "bytes " + from + "-*/*");
    }
    try {
      ResponseStream body = new ResponseStream(response);
      Digest digest = source.write(from > 0 ? new SkippingStream(body, from) : body);
      note(id, digest);
      body.close();
    } catch (SlipwayException e) {
      if (!response.headWritten() && e.kind() == ErrorKind.NOT_FOUND) {
        Replies.text(request, 404, e.getMessage());
      } else {
        notSent(id, e, request);
      }
    } catch (IOException e) {
      notSent(id, e, request);
    }
  }

  /** Before the body ends, so that whoever has it whole can ask. */
  private void note(String id, Digest digest) {
    synchronized (digests) {
      digests.put(id, digest);
    }
    if (id.startsWith(SNAP)
        && store.find(id).filter(layer -> layer.diffId().isEmpty()).isPresent()) {
      try {
        store.describe(id, digest, Optional.empty());
      } catch (SlipwayException e) {
        LOG.atWarn()
            .addKeyValue("layer", id)
            .addKeyValue("error", e.getMessage())
            .log("digest of a layer not kept");
      }
    }
  }

  private static void notSent(String id, Exception e, HttpServerRequest request) {
    LOG.atWarn()
        .addKeyValue("layer", id)
        .addKeyValue("error", e.getMessage())
        .log("layer not sent to a peer");
    Replies.abort(request, e.getMessage());
  }
}
