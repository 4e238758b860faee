package dev.slipway.export;

import com.sun.net.httpserver.HttpServer;
import dev.slipway.cache.CacheIndex;
import dev.slipway.cache.CacheRecord;
import dev.slipway.cache.LayerRecord;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.fleet.Fleet;
import dev.slipway.fleet.StageListener;
import dev.slipway.fleet.WorkerNode;
import dev.slipway.oci.Digest;
import dev.slipway.oci.MediaTypes;
import dev.slipway.oci.Platform;
import dev.slipway.protocol.worker.Answer;
import dev.slipway.protocol.worker.Ask;
import dev.slipway.protocol.worker.Layer;
import dev.slipway.protocol.worker.MadeBlob;
import dev.slipway.protocol.worker.PushLayers;
import dev.slipway.protocol.worker.PushOutcome;
import dev.slipway.protocol.worker.ReadPath;
import dev.slipway.protocol.worker.ReadPathOutcome;
import dev.slipway.protocol.worker.RunStage;
import dev.slipway.protocol.worker.StepStatus;
import dev.slipway.registry.BlobTransfer;
import dev.slipway.registry.RetryPolicy;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/**
 * Workers that make "blobs" (the layer's name) and push them for real, with the index of what they
 * hold.
 */
final class PushingFarm implements Fleet, CacheIndex, AutoCloseable {
  /** {@code worker layer,layer} for each push. */
  final List<String> pushes = new CopyOnWriteArrayList<>();

  /** What was asked to be kept: {@code worker build}. */
  final List<String> holds = new CopyOnWriteArrayList<>();

  /** The tar of every file system. */
  volatile byte[] root = new byte[1024];

  /** Workers that were asked to fetch layers. */
  final List<String> fetches = new CopyOnWriteArrayList<>();

  /** Workers that leave when they are asked. */
  final Set<String> leaving = ConcurrentHashMap.newKeySet();

  private final List<String> workers;
  private final Path directory;
  private final HttpServer blobServer;
  private final BlobTransfer transfer = new BlobTransfer(RetryPolicy.DEFAULT);
  private final Map<String, LayerRecord> layers = new ConcurrentHashMap<>();

  PushingFarm(Path directory, String... workers) throws IOException {
    this.directory = directory;
    this.workers = List.of(workers);
    this.blobServer =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    blobServer.createContext(
        "/blobs/",
        exchange -> {
          try (exchange) {
            String digest = exchange.getRequestURI().getPath().substring("/blobs/".length());
            boolean permitted =
                ("Bearer token of blobs/" + digest)
                    .equals(exchange.getRequestHeaders().getFirst("Authorization"));
            byte[] content = Files.readAllBytes(directory.resolve(digest.replace(':', '-')));
            exchange.sendResponseHeaders(permitted ? 200 : 403, content.length);
            exchange.getResponseBody().write(content);
          }
        });
    blobServer.createContext(
        "/parts/",
        exchange -> {
          try (exchange) {
            exchange.getResponseHeaders().set("Slipway-Tar-Digest", Digest.of(root).value());
            boolean head = exchange.getRequestMethod().equals("HEAD");
            exchange.sendResponseHeaders(200, head ? -1 : root.length);
            if (!head) {
              exchange.getResponseBody().write(root);
            }
          }
        });
    blobServer.start();
  }

  static byte[] content(String layer) {
    return ("blob of " + layer).getBytes(StandardCharsets.UTF_8);
  }

  static Digest diffId(String layer) {
    return Digest.ofText("diff of " + layer);
  }

  void holds(String layer, String... holders) {
    layers.put(
        layer, new LayerRecord(layer, 1, Optional.empty(), Optional.empty(), Set.of(holders)));
  }

  void imageLayer(String layer, String repository) {
    layers.put(
        layer,
        new LayerRecord(
            layer,
            1,
            Optional.of(blob(layer)),
            Optional.of(new LayerRecord.Origin(repository)),
            Set.of()));
  }

  private static LayerRecord.Blob blob(String layer) {
    byte[] content = content(layer);
    return new LayerRecord.Blob(
        diffId(layer), Digest.of(content), content.length, MediaTypes.OCI_LAYER_GZIP);
  }

  /** Its bytes are the layer's name and how it is packed. */
  private static byte[] content(String layer, PushLayers push) {
    return push.hasPacking()
        ? (layer + " " + push.getPacking()).getBytes(StandardCharsets.UTF_8)
        : content(layer);
  }

  private static LayerRecord.Blob blob(String layer, PushLayers push) {
    byte[] content = content(layer, push);
    String mediaType =
        switch (push.getPacking().getCompression()) {
          case ZSTD -> MediaTypes.OCI_LAYER_ZSTD;
          case NONE -> MediaTypes.OCI_LAYER;
          case GZIP, UNRECOGNIZED -> MediaTypes.OCI_LAYER_GZIP;
        };
    return new LayerRecord.Blob(diffId(layer), Digest.of(content), content.length, mediaType);
  }

  @Override
  public PushOutcome push(String workerId, PushLayers push, Consumer<StepStatus> progress)
      throws SlipwayException, InterruptedException {
    if (leaving.remove(workerId)) {
      dropHolder(workerId);
      throw new SlipwayException(ErrorKind.UNAVAILABLE, workerId + " left");
    }
    List<String> ids = push.getLayersList().stream().map(Layer::getId).toList();
    pushes.add(workerId + " " + String.join(",", ids));
    PushOutcome.Builder outcome = PushOutcome.newBuilder().setPushId(push.getPushId());
    for (String id : ids) {
      LayerRecord.Blob blob = blob(id, push);
      try {
        Path file =
            Files.write(
                directory.resolve(blob.digest().value().replace(':', '-')), content(id, push));
        if (push.hasTarget()) {
          var target = push.getTarget();
          transfer.upload(
              new BlobTransfer.Target(
                  URI.create(target.getRegistryUrl()),
                  target.getRepository(),
                  target.getAuthorization(),
                  target.getInsecureTls()),
              blob.digest(),
              file,
              _ -> {});
        }
      } catch (IOException e) {
        throw new SlipwayException(ErrorKind.INTERNAL, "fake worker failed", e);
      }
      outcome.addBlobs(
          MadeBlob.newBuilder()
              .setLayerId(id)
              .setDiffId(blob.diffId().value())
              .setDigest(blob.digest().value())
              .setSize(blob.size())
              .setMediaType(blob.mediaType()));
    }
    return outcome.build();
  }

  @Override
  public List<WorkerNode> workers() {
    String url = "http://127.0.0.1:" + blobServer.getAddress().getPort();
    List<WorkerNode> nodes = new ArrayList<>();
    workers.forEach(id ->
        nodes.add(
            new WorkerNode(
                id,
                "test",
                List.of(Platform.LINUX_AMD64),
                List.of(),
                1,
                url,
                Map.of(),
                Instant.EPOCH)));
    return nodes;
  }

  @Override
  public Optional<WorkerNode> worker(String id) {
    return workers().stream().filter(worker -> worker.id().equals(id)).findFirst();
  }

  @Override
  public Answer ask(String workerId, Ask question, Duration timeout) throws SlipwayException {
    if (!question.hasFetchLayers()) {
      throw new SlipwayException(ErrorKind.UNSUPPORTED, "these workers answer no questions");
    }
    fetches.add(workerId);
    return Answer.getDefaultInstance();
  }

  @Override
  public void hold(String workerId, String buildId, Collection<String> layerIds) {
    holds.add(workerId + " " + buildId);
  }

  @Override
  public void release(String buildId) {}

  @Override
  public String capability(String resource) {
    return "token of " + resource;
  }

  @Override
  public Map<String, LayerRecord> layers(Collection<String> ids) {
    Map<String, LayerRecord> chosen = new HashMap<>(layers);
    chosen.keySet().retainAll(Set.copyOf(ids));
    return chosen;
  }

  @Override
  public void learn(Collection<LayerRecord> news) {
    for (LayerRecord record : news) {
      layers.merge(
          record.id(),
          record,
          (old, fresh) -> {
            Set<String> holders = new HashSet<>(old.holders());
            holders.addAll(fresh.holders());
            return new LayerRecord(
                old.id(),
                old.size(),
                fresh.blob().or(old::blob),
                fresh.origin().or(old::origin),
                holders,
                old.createdAt().or(fresh::createdAt));
          });
    }
  }

  @Override
  public void addHolders(Map<String, Long> incarnations) {}

  @Override
  public void dropDurable(Collection<String> layerIds) {
    for (String id : layerIds) {
      layers.computeIfPresent(
          id,
          (_, layer) ->
              new LayerRecord(id, layer.size(), layer.blob(), layer.origin(), layer.holders()));
    }
  }

  @Override
  public void dropHolder(String workerId, Collection<String> layerIds) {
    for (String id : layerIds) {
      layers.computeIfPresent(
          id,
          (_, old) -> {
            Set<String> holders = new HashSet<>(old.holders());
            holders.remove(workerId);
            return new LayerRecord(
                id, old.size(), old.blob(), old.origin(), holders, old.createdAt());
          });
    }
  }

  @Override
  public void dropHolder(String workerId) {
    dropHolder(workerId, List.copyOf(layers.keySet()));
  }

  @Override
  public Map<String, CacheRecord> records(Collection<String> keys) {
    return Map.of();
  }

  @Override
  public void save(Collection<CacheRecord> records) {}

  @Override
  public Map<String, String> contents(Collection<String> keys) {
    return Map.of();
  }

  @Override
  public void saveContents(Map<String, String> digests) {}

  @Override
  public void forget(String key) {}

  @Override
  public void run(String workerId, RunStage stage, StageListener listener) {
    throw new UnsupportedOperationException("exports run no stages");
  }

  @Override
  public void cancel(String workerId, String stageId) {}

  @Override
  public ReadPathOutcome read(String workerId, ReadPath read) {
    throw new UnsupportedOperationException("exports read no files");
  }

  @Override
  public void close() {
    blobServer.stop(0);
    transfer.close();
  }
}
