package dev.slipway.durability;

import dev.slipway.cache.CacheIndex;
import dev.slipway.cache.LayerRecord;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.fleet.Fleet;
import dev.slipway.fleet.StageListener;
import dev.slipway.fleet.WorkerNode;
import dev.slipway.fleet.WorkerStatus;
import dev.slipway.oci.Digest;
import dev.slipway.oci.Platform;
import dev.slipway.protocol.worker.Answer;
import dev.slipway.protocol.worker.Ask;
import dev.slipway.protocol.worker.LayersFetched;
import dev.slipway.protocol.worker.LayersStored;
import dev.slipway.protocol.worker.MadeBlob;
import dev.slipway.protocol.worker.PushLayers;
import dev.slipway.protocol.worker.PushOutcome;
import dev.slipway.protocol.worker.ReadPath;
import dev.slipway.protocol.worker.ReadPathOutcome;
import dev.slipway.protocol.worker.RunStage;
import dev.slipway.protocol.worker.StepStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/** Workers that fetch and store whatever they are asked to. */
final class StoringFleet implements Fleet {
  /** Questions, as {@code worker: layers}. */
  final List<String> asked = new CopyOnWriteArrayList<>();

  /** Workers that refuse. */
  final Set<String> broken = ConcurrentHashMap.newKeySet();

  final Map<String, WorkerStatus> status = new ConcurrentHashMap<>();
  private final Map<String, WorkerNode> nodes = new ConcurrentSkipListMap<>();

  void join(CacheIndex index, String id, Map<String, String> labels) {
    index.addHolder(id, 1);
    status.put(id, new WorkerStatus(0, 100L << 30, Duration.ZERO, false));
    nodes.put(
        id,
        new WorkerNode(
            id,
            "test",
            List.of(Platform.LINUX_AMD64),
            List.of(),
            4,
            "http://127.0.0.1:1",
            labels,
            Instant.EPOCH,
            1,
            0));
  }

  void leave(CacheIndex index, String id) {
    nodes.remove(id);
    status.remove(id);
    index.dropHolder(id);
  }

  static LayerRecord layer(String id, String... holders) {
    return new LayerRecord(id, 10, Optional.empty(), Optional.empty(), Set.of(holders));
  }

  @Override
  public List<WorkerNode> workers() {
    return List.copyOf(nodes.values());
  }

  @Override
  public Optional<WorkerNode> worker(String id) {
    return Optional.ofNullable(nodes.get(id));
  }

  @Override
  public Answer ask(String workerId, Ask question, Duration timeout) throws SlipwayException {
    if (broken.contains(workerId)) {
      throw new SlipwayException(ErrorKind.UNAVAILABLE, workerId + " is broken");
    }
    if (question.hasFetchLayers()) {
      asked.add(
          workerId
              + ": "
              + question.getFetchLayers().getChains(0).getLayersList().stream()
                  .map(layer -> layer.getId())
                  .toList());
      return Answer.newBuilder().setLayersFetched(LayersFetched.getDefaultInstance()).build();
    }
    LayersStored.Builder stored = LayersStored.newBuilder();
    question
        .getStoreLayers()
        .getLayersList()
        .forEach(layer ->
            stored.addBlobs(
                MadeBlob.newBuilder()
                    .setLayerId(layer.getId())
                    .setDiffId(Digest.ofText("plain " + layer.getId()).value())
                    .setDigest(Digest.ofText(layer.getId()).value())
                    .setSize(5)
                    .setMediaType("application/test")));
    asked.add(workerId + " stores " + stored.getBlobsCount());
    return Answer.newBuilder().setLayersStored(stored).build();
  }

  @Override
  public void run(String workerId, RunStage stage, StageListener listener) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void cancel(String workerId, String stageId) {}

  @Override
  public PushOutcome push(String workerId, PushLayers push, Consumer<StepStatus> progress) {
    throw new UnsupportedOperationException();
  }

  @Override
  public ReadPathOutcome read(String workerId, ReadPath read) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void hold(String workerId, String buildId, Collection<String> layerIds) {}

  @Override
  public void release(String buildId) {}

  @Override
  public String capability(String resource) {
    return "token";
  }
}
