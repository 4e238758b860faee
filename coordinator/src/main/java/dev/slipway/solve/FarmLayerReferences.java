package dev.slipway.solve;

import dev.slipway.cache.CacheIndex;
import dev.slipway.cache.LayerChain;
import dev.slipway.cache.LayerRecord;
import dev.slipway.error.SlipwayException;
import dev.slipway.fleet.Fleet;
import dev.slipway.fleet.WorkerNode;
import dev.slipway.protocol.worker.BlobSource;
import dev.slipway.protocol.worker.Layer;
import dev.slipway.protocol.worker.LayerBlob;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Layers with the peers that hold them, the registry they came from, or the coordinator's own
 * address for clients' directories.
 */
public final class FarmLayerReferences implements LayerReferences {
  private static final String TREE = "tree:";

  private final CacheIndex index;
  private final Fleet fleet;
  private final ImageLookup images;
  private final Sources sources;
  private final Supplier<String> treeBaseUrl;
  private final DurableSources durable;

  /**
   * @param treeBaseUrl {@code http://host:port} of this coordinator as workers reach it
   */
  public FarmLayerReferences(
      CacheIndex index,
      Fleet fleet,
      ImageLookup images,
      Sources sources,
      Supplier<String> treeBaseUrl) {
    this(index, fleet, images, sources, treeBaseUrl, DurableSources.NONE);
  }

  /**
   * @param durable gives what no worker has
   */
  public FarmLayerReferences(
      CacheIndex index,
      Fleet fleet,
      ImageLookup images,
      Sources sources,
      Supplier<String> treeBaseUrl,
      DurableSources durable) {
    this.durable = durable;
    this.index = index;
    this.fleet = fleet;
    this.images = images;
    this.sources = sources;
    this.treeBaseUrl = treeBaseUrl;
  }

  @Override
  public List<Layer> describe(LayerChain chain, BuildContext build, String workerId)
      throws SlipwayException, InterruptedException {
    Map<String, LayerRecord> known = index.layers(chain.layers());
    List<Layer> layers = new ArrayList<>();
    for (String id : chain.layers()) {
      layers.add(id.startsWith(TREE) ? tree(id) : layer(id, known.get(id), build, workerId));
    }
    return layers;
  }

  private Layer tree(String id) {
    String resource = "trees/" + id.substring(TREE.length());
    return Layer.newBuilder()
        .setId(id)
        .setTreeUrl(treeBaseUrl.get() + "/" + resource)
        .setCapability(fleet.capability(resource))
        .build();
  }

  private Layer layer(String id, LayerRecord record, BuildContext build, String workerId)
      throws SlipwayException, InterruptedException {
    Layer.Builder layer = Layer.newBuilder().setId(id);
    if (record == null) {
      return layer.build();
    }
    layer.setSize(record.size());
    record.blob().ifPresent(blob -> layer.setDiffId(blob.diffId().value()));
    if (record.holders().contains(workerId)) {
      return layer.build();
    }
    if (record.blob().isPresent() && (record.origin().isPresent() || isOfImage(id))) {
      layer.setBlob(blob(record, record.blob().get(), build));
    } else if (!record.holders().isEmpty()) {
      layer.setCapability(fleet.capability("layers/" + id));
      nodes(record)
          .forEach(node ->
              layer.addPeerUrls(
                  node.blobUrl() + "/layers/" + URLEncoder.encode(id, StandardCharsets.UTF_8)));
    } else if (!record.durable().isEmpty() && record.blob().isPresent()) {
      LayerRecord.Blob blob = record.blob().get();
      layer.setBlob(
          LayerBlob.newBuilder()
              .setMediaType(blob.mediaType())
              .setDigest(blob.digest().value())
              .setSize(blob.size())
              .addAllSources(durable.of(record)));
    }
    return layer.build();
  }

  /**
   * An image layer's digest is of the tar that its maker wrote, and nobody else writes the same: so
   * peers give the blob as it came, and when they have thrown it away the client's layout or the
   * registry that it came from is asked.
   */
  private LayerBlob blob(LayerRecord record, LayerRecord.Blob blob, BuildContext build)
      throws SlipwayException, InterruptedException {
    LayerBlob.Builder message =
        LayerBlob.newBuilder()
            .setMediaType(blob.mediaType())
            .setDigest(blob.digest().value())
            .setSize(blob.size());
    String resource = "blobs/" + blob.digest();
    for (WorkerNode node : nodes(record)) {
      message.addSources(
          BlobSource.newBuilder()
              .setUrl(node.blobUrl() + "/" + resource)
              .setWorker(true)
              .setAuthorization("Bearer " + fleet.capability(resource)));
    }
    sources.layoutBlob(build, blob.digest()).ifPresent(message::addSources);
    if (record.origin().isPresent()) {
      message.addAllSources(
          images.pullSources(
              record.origin().get().repository(), blob.digest(), sources.authenticator(build)));
    }
    return message.build();
  }

  private static boolean isOfImage(String id) {
    return id.startsWith("chain:");
  }

  private List<WorkerNode> nodes(LayerRecord record) {
    return record.holders().stream().sorted().map(fleet::worker).flatMap(Optional::stream).toList();
  }
}
