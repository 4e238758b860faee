package dev.slipway.part;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.fileops.PathSelection;
import dev.slipway.layers.LayerTarWriter;
import dev.slipway.linux.Directory;
import dev.slipway.oci.Digest;
import dev.slipway.protocol.worker.Layer;
import dev.slipway.protocol.worker.Part;
import dev.slipway.protocol.worker.PartRequest;
import dev.slipway.protocol.worker.PathSelector;
import dev.slipway.snapshot.MountedRoot;
import dev.slipway.snapshot.SnapshotStore;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Makes parts of the chains that are here, and digests of them. @ThreadSafe */
public final class Parts {
  /** Query parameter of a part's URL: the serialized PartRequest in base64url. */
  public static final String REQUEST = "request";

  private static final String PREFIX = "part:";

  /** Digests kept: a build asks for the same few again when it comes back. */
  private static final int MOST_DIGESTS = 1000;

  private final SnapshotStore store;
  private final LayerTarWriter tars = new LayerTarWriter();

  /** Guarded by itself. */
  private final Map<PartRequest, Digest> digests =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<PartRequest, Digest> eldest) {
          return size() > MOST_DIGESTS;
        }
      };

  public Parts(SnapshotStore store) {
    this.store = store;
  }

  /** The part as a layer to be fetched from one of its peers like any other. */
  public static Layer asLayer(Part part) {
    String request =
        Base64.getUrlEncoder().withoutPadding().encodeToString(part.getRequest().toByteArray());
    Layer.Builder layer =
        Layer.newBuilder().setId(part.getId()).setCapability(part.getCapability());
    part.getPeerUrlsList().forEach(url -> layer.addPeerUrls(url + "?" + REQUEST + "=" + request));
    return layer.build();
  }

  /**
   * Reads what a peer asks for.
   *
   * @throws SlipwayException INVALID when the request is not the one that the id names
   */
  public static PartRequest request(String id, String base64) throws SlipwayException {
    try {
      byte[] bytes = Base64.getUrlDecoder().decode(base64);
      if (!id.equals(PREFIX + Digest.of(bytes).value())) {
        throw new SlipwayException(ErrorKind.INVALID, "the request is not that of " + id);
      }
      return PartRequest.parseFrom(bytes);
    } catch (IllegalArgumentException | InvalidProtocolBufferException e) {
      throw new SlipwayException(ErrorKind.INVALID, "the request of " + id + " is malformed", e);
    }
  }

  /**
   * Writes the part as a layer tar and returns its digest: same chain and selectors, same bytes.
   *
   * @throws SlipwayException NOT_FOUND when layers of the chain are not here
   */
  public Digest write(PartRequest request, OutputStream out) throws SlipwayException {
    try (MountedRoot mounted = store.mount(request.getLayerIdsList(), false);
        Directory root = Directory.open(mounted.path())) {
      PathSelection selection = PathSelection.of(root, request.getSelectorsList());
      return tars.write(
          "part of " + request.getLayerIdsCount() + " layers",
          visitor -> selection.walk(root, (entry, _) -> visitor.visit(entry)),
          out);
    } catch (IOException e) {
      throw failed("a part", e);
    }
  }

  /**
   * Returns the digest of the contents of what the selectors name.
   *
   * @throws SlipwayException NOT_FOUND when layers of the chain are not here
   */
  public Digest digest(List<String> chain, List<PathSelector> selectors)
      throws SlipwayException, InterruptedException {
    PartRequest key =
        PartRequest.newBuilder().addAllLayerIds(chain).addAllSelectors(selectors).build();
    synchronized (digests) {
      Digest known = digests.get(key);
      if (known != null) {
        return known;
      }
    }
    Digest digest;
    try (MountedRoot mounted = store.mount(chain, false)) {
      digest = ContentDigest.of(mounted.path(), selectors);
    } catch (IOException e) {
      if (Thread.interrupted()) {
        throw new InterruptedException("digest of a part was interrupted");
      }
      throw failed("digest of a part", e);
    }
    synchronized (digests) {
      digests.put(key, digest);
    }
    return digest;
  }

  private static SlipwayException failed(String what, IOException e) {
    return new SlipwayException(ErrorKind.UNAVAILABLE, what + " failed: " + e.getMessage(), e);
  }
}
