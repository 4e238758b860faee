package dev.slipway.solve;

import com.google.protobuf.ByteString;
import dev.slipway.cache.CacheIndex;
import dev.slipway.cache.CacheRecord;
import dev.slipway.cache.LayerRecord;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.fleet.Fleet;
import dev.slipway.fleet.StageListener;
import dev.slipway.fleet.WorkerNode;
import dev.slipway.oci.Platform;
import dev.slipway.protocol.worker.Answer;
import dev.slipway.protocol.worker.Ask;
import dev.slipway.protocol.worker.Cancelled;
import dev.slipway.protocol.worker.ContentDigest;
import dev.slipway.protocol.worker.HeldLayer;
import dev.slipway.protocol.worker.HeldMount;
import dev.slipway.protocol.worker.LayersUnavailable;
import dev.slipway.protocol.worker.PartDigested;
import dev.slipway.protocol.worker.PushLayers;
import dev.slipway.protocol.worker.PushOutcome;
import dev.slipway.protocol.worker.ReadPath;
import dev.slipway.protocol.worker.ReadPathOutcome;
import dev.slipway.protocol.worker.RunStage;
import dev.slipway.protocol.worker.StageEvent;
import dev.slipway.protocol.worker.StageOutcome;
import dev.slipway.protocol.worker.Step;
import dev.slipway.protocol.worker.StepDone;
import dev.slipway.protocol.worker.StepFailed;
import dev.slipway.protocol.worker.StepInput;
import dev.slipway.protocol.worker.StepLog;
import dev.slipway.protocol.worker.StepResult;
import dev.slipway.protocol.worker.StepStarted;
import dev.slipway.protocol.worker.StepStatus;
import dev.slipway.protocol.worker.Succeeded;
import dev.slipway.schedule.Scheduler;
import dev.slipway.schedule.StageRequest;
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
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * A farm of two workers in memory: queue, workers and index in one. Every step "runs" by its name,
 * on the first worker if nothing else is said.
 */
final class FakeFarm implements Scheduler, Fleet, CacheIndex {
  static final String WORKER = "worker-1";
  static final String OTHER = "worker-2";

  /** What every cache mount weighs after a step. */
  static final long MOUNT_BYTES = 1000;

  /** Where a stage goes, by the name of its first step. */
  final Map<String, String> placement = new ConcurrentHashMap<>();

  /** Steps that do not get their inputs, once each. */
  final Map<String, Function<Step, LayersUnavailable>> starving = new ConcurrentHashMap<>();

  /** Stages as the scheduler was asked to place them. */
  final List<StageRequest> requests = new CopyOnWriteArrayList<>();

  /** Names of the steps that ran, in order. */
  final List<String> ran = new CopyOnWriteArrayList<>();

  final List<String> cancelled = new CopyOnWriteArrayList<>();

  /** Steps that exit with 7. */
  final Set<String> failing = ConcurrentHashMap.newKeySet();

  /** Steps that fail for what their build's client lacks, once each. */
  final Set<String> lacking = ConcurrentHashMap.newKeySet();

  /** What steps write before they wait or end. */
  final Map<String, String> says = new ConcurrentHashMap<>();

  /** Steps that wait for the latch before they end. */
  final Map<String, CountDownLatch> held = new ConcurrentHashMap<>();

  /** Steps under which the worker dies, once each. */
  final Set<String> deadly = ConcurrentHashMap.newKeySet();

  /** Look-ups that find nothing, although the record is there a moment later. */
  final AtomicInteger blindLookUps = new AtomicInteger();

  /** What steps leave behind, by name; else each run leaves something else. */
  final Map<String, String> output = new ConcurrentHashMap<>();

  /** Look-ups in the index, in order. */
  final List<String> lookUps = new CopyOnWriteArrayList<>();

  /** Questions to the worker. */
  final List<Ask> questions = new CopyOnWriteArrayList<>();

  /** Questions wait for it before they are answered. */
  volatile CountDownLatch thinking = new CountDownLatch(0);

  /** Whether the worker answers questions and digests what steps read. */
  volatile boolean digests = true;

  /** Layers that the worker was told to keep, by build. */
  final Map<String, List<String>> holds = new ConcurrentHashMap<>();

  /** What files say that are read of results, by path. */
  final Map<String, byte[]> files = new ConcurrentHashMap<>();

  /** Stages sent to workers. */
  final List<RunStage> stages = new CopyOnWriteArrayList<>();

  private final Map<String, Listener> listeners = new ConcurrentHashMap<>();
  private final Map<String, CacheRecord> records = new ConcurrentHashMap<>();
  private final Map<String, String> contents = new ConcurrentHashMap<>();
  private final Map<String, LayerRecord> layers = new ConcurrentHashMap<>();

  @Override
  public void submit(StageRequest request, Listener listener) {
    requests.add(request);
    listeners.put(request.stageId(), listener);
    String first = ((StageRun) listener).stage.steps().getFirst().name();
    listener.assigned(placement.getOrDefault(first, WORKER));
  }

  @Override
  public void withdraw(String stageId) {}

  @Override
  public void finished(String stageId) {
    listeners.remove(stageId);
  }

  @Override
  public void refused(String stageId, String reason) {
    listeners.get(stageId).assigned(WORKER);
  }

  @Override
  public List<WorkerNode> workers() {
    return List.of(node(WORKER), node(OTHER));
  }

  @Override
  public Optional<WorkerNode> worker(String id) {
    return workers().stream().filter(node -> node.id().equals(id)).findFirst();
  }

  private static WorkerNode node(String id) {
    return new WorkerNode(
        id,
        "test",
        List.of(Platform.LINUX_AMD64),
        List.of(),
        4,
        "http://" + id + ":1",
        Map.of(),
        Instant.EPOCH);
  }

  @Override
  public void run(String workerId, RunStage stage, StageListener listener) {
    Thread.ofVirtual().start(() -> execute(workerId, stage, listener::event, listener::outcome));
  }

  private void execute(
      String worker, RunStage stage, Consumer<StageEvent> events, Consumer<StageOutcome> outcome) {
    stages.add(stage);
    List<String> made = new ArrayList<>();
    for (Step step : stage.getStepsList()) {
      StageEvent.Builder event =
          StageEvent.newBuilder().setStageId(stage.getStageId()).setVertex(step.getVertex());
      events.accept(event.setStarted(StepStarted.getDefaultInstance()).build());
      var starved = starving.remove(step.getName());
      if (starved != null) {
        outcome.accept(
            StageOutcome.newBuilder()
                .setStageId(stage.getStageId())
                .setLayersUnavailable(starved.apply(step))
                .build());
        return;
      }
      if (deadly.remove(step.getName())) {
        dropHolder(WORKER);
        listeners.remove(stage.getStageId()).lost(WORKER);
        return;
      }
      if (says.containsKey(step.getName())) {
        StepLog.Builder log =
            StepLog.newBuilder()
                .setStream(1)
                .setData(ByteString.copyFromUtf8(says.get(step.getName())));
        events.accept(event.setLog(log).build());
      }
      CountDownLatch latch = held.get(step.getName());
      if (latch != null && !await(latch)) {
        return;
      }
      if (cancelled.contains(stage.getStageId())) {
        outcome.accept(
            StageOutcome.newBuilder()
                .setStageId(stage.getStageId())
                .setCancelled(Cancelled.getDefaultInstance())
                .build());
        return;
      }
      ran.add(step.getName());
      if (lacking.remove(step.getName())) {
        var failed =
            StepFailed.newBuilder()
                .setVertex(step.getVertex())
                .setMessage("secret token: not found")
                .setOfClient(true);
        outcome.accept(
            StageOutcome.newBuilder().setStageId(stage.getStageId()).setFailed(failed).build());
        return;
      }
      if (failing.contains(step.getName())) {
        var failed =
            StepFailed.newBuilder()
                .setVertex(step.getVertex())
                .setMessage("exit code: 7")
                .setExitCode(7)
                .addAllCacheMounts(written(step));
        outcome.accept(
            StageOutcome.newBuilder().setStageId(stage.getStageId()).setFailed(failed).build());
        return;
      }
      String layer = "snap:" + step.getName() + "-" + ran.size();
      layers.put(
          layer, new LayerRecord(layer, 1, Optional.empty(), Optional.empty(), Set.of(worker)));
      var result =
          StepResult.newBuilder().setOutput(0).addChain(HeldLayer.newBuilder().setLayerId(layer));
      made.add(layer);
      StepDone.Builder done =
          StepDone.newBuilder().addResults(result).addAllCacheMounts(written(step));
      if (digests) {
        step.getContentInputsList()
            .forEach(wanted ->
                done.addContents(
                    ContentDigest.newBuilder()
                        .setInput(wanted.getInput())
                        .setDigest(digest(top(step.getInputs(wanted.getInput()), made)))));
      }
      events.accept(event.setDone(done).build());
    }
    outcome.accept(
        StageOutcome.newBuilder()
            .setStageId(stage.getStageId())
            .setSucceeded(Succeeded.getDefaultInstance())
            .build());
  }

  /** Every step writes to its cache mounts. */
  private static List<HeldMount> written(Step step) {
    return step.getCacheMountsList().stream()
        .map(mount ->
            HeldMount.newBuilder()
                .setMountId(mount.getMountId())
                .setVersion(mount.getVersion() + 1)
                .setSize(MOUNT_BYTES)
                .build())
        .toList();
  }

  private static String top(StepInput input, List<String> made) {
    return switch (input.getInputCase()) {
      case PREVIOUS -> made.get(input.getPrevious().getStep());
      case CHAIN -> input.getChain().getLayersList().getLast().getId();
      case PART -> input.getPart().getRequest().getLayerIdsList().getLast();
      case INPUT_NOT_SET -> throw new IllegalArgumentException("the step has an input of nothing");
    };
  }

  /** What a step's layer, {@code snap:<name>-<number>}, contains. */
  private String digest(String layer) {
    String name = layer.substring(layer.indexOf(':') + 1);
    int end = name.lastIndexOf('-');
    return "content:" + output.getOrDefault(end < 0 ? name : name.substring(0, end), layer);
  }

  private static boolean await(CountDownLatch latch) {
    try {
      latch.await();
      return true;
    } catch (InterruptedException e) {
      return false;
    }
  }

  @Override
  public void cancel(String workerId, String stageId) {
    cancelled.add(stageId);
  }

  @Override
  public PushOutcome push(String workerId, PushLayers push, Consumer<StepStatus> progress) {
    throw new UnsupportedOperationException();
  }

  @Override
  public ReadPathOutcome read(String workerId, ReadPath read) {
    byte[] data = files.get(read.getPath());
    return data == null
        ? ReadPathOutcome.newBuilder()
            .setError("open " + read.getPath() + ": no such file or directory")
            .setErrorKind(ErrorKind.NOT_FOUND.name())
            .build()
        : ReadPathOutcome.newBuilder().setData(ByteString.copyFrom(data)).build();
  }

  @Override
  public Answer ask(String workerId, Ask question, Duration timeout) throws SlipwayException {
    questions.add(question);
    await(thinking);
    if (!digests) {
      throw new SlipwayException(ErrorKind.UNSUPPORTED, "this worker digests nothing");
    }
    String layer = question.getDigestPart().getChain().getLayersList().getLast().getId();
    return Answer.newBuilder()
        .setPartDigested(PartDigested.newBuilder().setDigest(digest(layer)))
        .build();
  }

  @Override
  public void hold(String workerId, String buildId, Collection<String> layerIds) {
    holds.computeIfAbsent(buildId, _ -> new CopyOnWriteArrayList<>()).addAll(layerIds);
  }

  @Override
  public void release(String buildId) {
    holds.remove(buildId);
  }

  @Override
  public String capability(String resource) {
    return "token";
  }

  @Override
  public Map<String, CacheRecord> records(Collection<String> keys) {
    lookUps.add("records");
    return blindLookUps.getAndUpdate(left -> Math.max(0, left - 1)) > 0
        ? Map.of()
        : chosen(records, keys);
  }

  @Override
  public void save(Collection<CacheRecord> saved) {
    saved.forEach(record -> records.put(record.key(), record));
  }

  @Override
  public Map<String, String> contents(Collection<String> keys) {
    lookUps.add("contents");
    return chosen(contents, keys);
  }

  @Override
  public void saveContents(Map<String, String> digests) {
    contents.putAll(digests);
  }

  @Override
  public void forget(String key) {
    records.remove(key);
  }

  @Override
  public Map<String, LayerRecord> layers(Collection<String> ids) {
    lookUps.add("layers");
    return chosen(layers, ids);
  }

  @Override
  public void learn(Collection<LayerRecord> known) {
    known.forEach(layer -> layers.put(layer.id(), layer));
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
          (_, layer) -> {
            Set<String> holders = new HashSet<>(layer.holders());
            holders.remove(workerId);
            return new LayerRecord(id, layer.size(), layer.blob(), layer.origin(), holders);
          });
    }
  }

  @Override
  public void dropHolder(String workerId) {
    dropHolder(workerId, List.copyOf(layers.keySet()));
  }

  private static <T> Map<String, T> chosen(Map<String, T> all, Collection<String> keys) {
    Map<String, T> chosen = new HashMap<>();
    keys.forEach(key -> {
      T value = all.get(key);
      if (value != null) {
        chosen.put(key, value);
      }
    });
    return chosen;
  }
}
