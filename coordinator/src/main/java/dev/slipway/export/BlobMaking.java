package dev.slipway.export;

import dev.slipway.cache.LayerChain;
import dev.slipway.cache.LayerRecord;
import dev.slipway.cache.LayerRecord.Blob;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.fleet.ReportedBlob;
import dev.slipway.fleet.WorkerNode;
import dev.slipway.protocol.worker.MadeBlob;
import dev.slipway.protocol.worker.PushLayers;
import dev.slipway.protocol.worker.PushOutcome;
import dev.slipway.protocol.worker.PushTarget;
import dev.slipway.solve.BuildContext;
import dev.slipway.solve.Parallel;
import dev.slipway.tracing.Trace;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Has workers make the blobs of layers and push them; passes over workers that leave. */
final class BlobMaking {
  private static final Logger LOG = LoggerFactory.getLogger(BlobMaking.class);

  /** Workers leave one at a time; who loses three in a row has another problem. */
  private static final int MOST_ROUNDS = 3;

  private final ExportParts parts;
  private final BuildContext build;
  private final ExportProgress progress;

  BlobMaking(ExportParts parts, BuildContext build, ExportProgress progress) {
    this.parts = parts;
    this.build = build;
    this.progress = progress;
  }

  /**
   * Makes the blobs and pushes them if there is a target.
   *
   * @param packing how; empty = as they are, else gzip
   * @param target gives the target, anew when the token of the last one was refused; empty = only
   *     make blobs
   */
  Map<String, Made> make(
      Collection<String> layers, Optional<Packing> packing, Optional<TargetSource> target)
      throws SlipwayException, InterruptedException {
    Map<String, Made> made = new LinkedHashMap<>();
    Set<String> left = new LinkedHashSet<>(layers);
    Set<String> avoided = new LinkedHashSet<>();
    boolean renewed = false;
    Optional<PushTarget> pushTarget =
        target.isPresent() ? Optional.of(target.get().target(false)) : Optional.empty();
    for (int round = 1; !left.isEmpty(); round++) {
      List<Turn> turns = turns(left, avoided, packing, pushTarget);
      for (Turn turn : turns) {
        turn.made().forEach((layer, blob) -> made.put(layer, new Made(blob, turn.worker())));
        left.removeAll(turn.made().keySet());
        if (turn.failure().isEmpty()) {
          continue;
        }
        SlipwayException failure = turn.failure().get();
        if (failure.kind() == ErrorKind.DENIED && target.isPresent() && !renewed) {
          renewed = true;
          pushTarget = Optional.of(target.get().target(true));
        } else if (failure.kind() == ErrorKind.UNAVAILABLE && round < MOST_ROUNDS) {
          avoided.add(turn.worker());
        } else {
          throw failure;
        }
      }
    }
    if (packing.isEmpty()) {
      learn(made);
    }
    return made;
  }

  private List<Turn> turns(
      Set<String> layers,
      Set<String> avoided,
      Optional<Packing> packing,
      Optional<PushTarget> target)
      throws SlipwayException, InterruptedException {
    TreeSet<String> workers =
        new TreeSet<>(parts.fleet().workers().stream().map(WorkerNode::id).toList());
    Map<String, List<String>> placed = placed(layers, workers, avoided);
    return Parallel.map(
        placed.entrySet(), entry -> turn(entry.getKey(), entry.getValue(), packing, target));
  }

  /**
   * A worker that failed is asked again when nobody else has the bytes: it may have been the
   * registry that was busy.
   */
  private Map<String, List<String>> placed(
      Set<String> layers, TreeSet<String> workers, Set<String> avoided) throws SlipwayException {
    Map<String, LayerRecord> known = parts.index().layers(layers);
    TreeSet<String> fresh = new TreeSet<>(workers);
    fresh.removeAll(avoided);
    if (!fresh.isEmpty() && !avoided.isEmpty()) {
      try {
        return Placement.of(layers, known, fresh);
      } catch (SlipwayException e) {
        LOG.atDebug()
            .addKeyValue("build", build.buildId())
            .addKeyValue("reason", e.getMessage())
            .log("layers only at workers that failed before");
      }
    }
    return Placement.of(layers, known, workers);
  }

  private Turn turn(
      String worker, List<String> layers, Optional<Packing> packing, Optional<PushTarget> target)
      throws InterruptedException {
    try (Trace trace = build.trace().child(target.isPresent() ? "push" : "make blobs")) {
      PushLayers.Builder push =
          PushLayers.newBuilder()
              .setPushId(UUID.randomUUID().toString())
              .setTraceparent(trace.traceparent())
              .addAllLayers(parts.references().describe(new LayerChain(layers), build));
      target.ifPresent(push::setTarget);
      packing.map(Packing::message).ifPresent(push::setPacking);
      Instant start = parts.clock().instant();
      PushOutcome outcome =
          parts.fleet().push(worker, push.build(), status -> progress.passOn(status, start));
      return new Turn(worker, blobs(worker, layers, outcome), Optional.empty());
    } catch (SlipwayException e) {
      return new Turn(worker, Map.of(), Optional.of(e));
    }
  }

  private static Map<String, Blob> blobs(String worker, List<String> layers, PushOutcome outcome)
      throws SlipwayException {
    Map<String, Blob> blobs = new LinkedHashMap<>();
    for (MadeBlob made : outcome.getBlobsList()) {
      if (layers.contains(made.getLayerId())) {
        try {
          blobs.put(made.getLayerId(), ReportedBlob.of(made));
        } catch (IllegalArgumentException e) {
          throw new SlipwayException(
              ErrorKind.INTERNAL,
              "worker " + worker + " reported a malformed blob: " + e.getMessage(),
              e);
        }
      }
    }
    if (!blobs.keySet().containsAll(layers)) {
      throw new SlipwayException(
          ErrorKind.INTERNAL,
          "worker "
              + worker
              + " made "
              + blobs.size()
              + " of "
              + layers.size()
              + " blobs and reported no error");
    }
    return blobs;
  }

  private void learn(Map<String, Made> made) {
    List<LayerRecord> records = new ArrayList<>();
    made.forEach((layer, blob) ->
        records.add(
            new LayerRecord(layer, 0, Optional.of(blob.blob()), Optional.empty(), Set.of())));
    if (!records.isEmpty()) {
      parts.index().learn(records);
    }
  }

  /** A blob and the worker that has it. */
  record Made(Blob blob, String worker) {}

  private record Turn(String worker, Map<String, Blob> made, Optional<SlipwayException> failure) {}

  /** Where to push, with a token. */
  interface TargetSource {
    /**
     * @param renew whether the last token was refused
     */
    PushTarget target(boolean renew) throws SlipwayException, InterruptedException;
  }
}
