package dev.slipway.solve;

import dev.slipway.cache.CacheIndex;
import dev.slipway.fleet.Fleet;
import dev.slipway.fleet.WorkerNode;
import dev.slipway.graph.Vertex;
import dev.slipway.oci.Digest;
import dev.slipway.protocol.worker.AbsentLayer;
import dev.slipway.protocol.worker.LayersUnavailable;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What a solve has learnt from stages that did not get their inputs. A peer that says it lacks a
 * layer is believed by all; one that could not be reached may be well for others, so only this
 * build acts on it: it tries another worker, and makes the layers again when that did not help
 * either. Owned by the driver's thread.
 */
final class Retries {
  /** Reached by no number of bytes held: the worker is taken when no other has room. */
  private static final long UNFIT = -(1L << 50);

  private final CacheIndex index;
  private final Fleet fleet;
  private final Availability availability;
  private final Set<String> brokenParts = new HashSet<>();
  private final Map<Digest, Set<String>> unfit = new HashMap<>();

  Retries(CacheIndex index, Fleet fleet, Availability availability) {
    this.index = index;
    this.fleet = fleet;
    this.availability = availability;
  }

  /** Whether the part was promised and not given; then the layers are sent. */
  boolean isBroken(ContentPart part) {
    return brokenParts.contains(part.id());
  }

  /** A stage ended for want of inputs. */
  void inputsMissing(StageRun run, LayersUnavailable missing) {
    Map<String, List<String>> gone = new HashMap<>();
    Set<String> explained = new HashSet<>();
    for (AbsentLayer absent : missing.getAbsentList()) {
      for (WorkerNode worker : fleet.workers()) {
        // A peer without the blob of an image's layer may well have the layer.
        if (absent.getPeerUrl().startsWith(worker.blobUrl() + "/layers/")) {
          gone.computeIfAbsent(worker.id(), _ -> new ArrayList<>()).add(absent.getLayerId());
          explained.add(absent.getLayerId());
        }
      }
    }
    gone.computeIfAbsent(run.workerId(), _ -> new ArrayList<>()).addAll(missing.getLayerIdsList());
    gone.forEach(index::dropHolder);

    List<String> unreached = new ArrayList<>();
    for (String id : missing.getLayerIdsList()) {
      if (id.startsWith("part:")) {
        brokenParts.add(id);
      } else if (!explained.contains(id)) {
        unreached.add(id);
      }
    }
    boolean again = false;
    for (Vertex step : run.stage.steps()) {
      again |= unfit.containsKey(step.digest());
      unfit.computeIfAbsent(step.digest(), _ -> new HashSet<>()).add(run.workerId());
    }
    if (again) {
      availability.distrust(unreached);
      index.dropDurable(unreached);
    }
  }

  /** Makes workers that did not get at the inputs of a step the last choice for it. */
  Map<String, Long> weigh(StageRun run, Map<String, Long> bytesByWorker) {
    Set<String> avoided = new HashSet<>();
    run.stage.steps().forEach(step -> avoided.addAll(unfit.getOrDefault(step.digest(), Set.of())));
    if (avoided.isEmpty()) {
      return bytesByWorker;
    }
    Map<String, Long> weighed = new HashMap<>(bytesByWorker);
    fleet.workers().forEach(worker -> weighed.putIfAbsent(worker.id(), 0L));
    avoided.forEach(worker -> weighed.put(worker, UNFIT));
    return weighed;
  }
}
