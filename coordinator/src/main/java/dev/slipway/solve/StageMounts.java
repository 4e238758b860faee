package dev.slipway.solve;

import dev.slipway.context.ContextTree;
import dev.slipway.fleet.Fleet;
import dev.slipway.graph.Edge;
import dev.slipway.graph.Mount;
import dev.slipway.graph.Op;
import dev.slipway.graph.Vertex;
import dev.slipway.mounts.MountId;
import dev.slipway.mounts.MountIndex;
import dev.slipway.mounts.MountPlaces;
import dev.slipway.oci.Digest;
import dev.slipway.plan.Stage;
import dev.slipway.protocol.worker.CacheMount;
import dev.slipway.protocol.worker.HeldMount;
import dev.slipway.protocol.worker.MountCopy;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The cache mounts of one stage and the farm's copies of them. Made on the driver's thread, used on
 * any; blocking.
 */
final class StageMounts {
  private final MountIndex index;
  private final Fleet fleet;
  private final Map<Digest, List<Place>> places = new LinkedHashMap<>();

  /**
   * A mount of a step.
   *
   * @param id farm-wide
   * @param tenant whose it is
   * @param called id that the step gives it
   */
  private record Place(
      String destination,
      String id,
      String tenant,
      String called,
      Mount.Sharing sharing,
      boolean fresh) {
    /** For whoever looks after the farm. */
    String name() {
      return tenant + "/" + called;
    }
  }

  /** Says what a new copy begins with, as a text: where that differs there are two mounts. */
  interface Beginnings {
    String of(Vertex step, Mount mount);
  }

  StageMounts(Stage stage, KeyedGraph keyed, BuildContext build, SolveParts parts) {
    this(stage.steps(), (step, mount) -> beginning(step, mount, keyed), build, parts);
  }

  StageMounts(
      Collection<Vertex> steps, Beginnings beginnings, BuildContext build, SolveParts parts) {
    this.index = parts.mounts().index();
    this.fleet = parts.fleet();
    for (Vertex step : steps) {
      if (step.op() instanceof Op.Exec exec) {
        List<Place> ofStep = new ArrayList<>();
        for (Mount mount : exec.mounts()) {
          if (mount.kind() instanceof Mount.Kind.Cache cache) {
            ofStep.add(
                new Place(
                    mount.destination(),
                    MountId.of(owner(build), cache.id(), beginnings.of(step, mount)),
                    build.tenant(),
                    cache.id(),
                    cache.sharing(),
                    step.metadata().ignoreCache()));
          }
        }
        if (!ofStep.isEmpty()) {
          places.put(step.digest(), ofStep);
        }
      }
    }
  }

  /** Whoever may not change the tenant's cache has mounts of his own. */
  private static String owner(BuildContext build) {
    return build.rights().trust().apart().map(owner -> "apart " + owner).orElse(build.tenant());
  }

  private static String beginning(Vertex step, Mount mount, KeyedGraph keyed) {
    if (mount.input() < 0) {
      return "";
    }
    ContextTree tree = keyed.selection(step.digest(), mount.input());
    Edge edge = step.inputs().get(mount.input());
    String files =
        tree != null
            ? tree.contentDigest().value()
            : keyed.of(edge.vertex()).key + "#" + edge.output();
    return files + ":" + mount.selector();
  }

  /** Those that only one step in the farm may use at a time, by id: what their steps call them. */
  SortedMap<String, String> locked() {
    SortedMap<String, String> locked = new TreeMap<>();
    all().stream()
        .filter(place -> place.sharing() == Mount.Sharing.LOCKED)
        .forEach(place -> locked.put(place.id(), place.called()));
    return locked;
  }

  /**
   * Throws away, once in a build, what steps without the cache would find in their mounts, as
   * BuildKit does.
   *
   * @param before the mounts for which the build has done it; those of this stage are added
   */
  void discardOnce(Set<String> before) {
    Set<String> now = new HashSet<>();
    for (Place place : all()) {
      if (place.fresh() && before.add(place.id())) {
        now.add(place.id());
      }
    }
    index.discard(now);
  }

  /** Adds what a worker holds of the newest copies to the bytes that need not be moved to it. */
  Map<String, Long> weigh(Map<String, Long> bytesByWorker) {
    if (places.isEmpty()) {
      return bytesByWorker;
    }
    Map<String, Long> bytes = new HashMap<>(bytesByWorker);
    Set<String> ids = new HashSet<>();
    all().forEach(place -> ids.add(place.id()));
    index
        .find(ids)
        .values()
        .forEach(mount ->
            mount.copies().stream()
                .filter(copy -> fleet.worker(copy.worker()).isPresent())
                .findFirst()
                .ifPresent(
                    copy -> bytes.merge(copy.worker(), Math.max(1, copy.size()), Long::sum)));
    return bytes;
  }

  /** The mounts of the step as the worker is told of them. */
  List<CacheMount> describe(Vertex step, String workerId) {
    List<Place> ofStep = places.getOrDefault(step.digest(), List.of());
    Map<String, MountPlaces> known = index.find(ofStep.stream().map(Place::id).toList());
    return ofStep.stream()
        .map(place -> describe(place, known.getOrDefault(place.id(), MountPlaces.NONE), workerId))
        .toList();
  }

  private CacheMount describe(Place place, MountPlaces known, String workerId) {
    CacheMount.Builder message =
        CacheMount.newBuilder()
            .setDestination(place.destination())
            .setMountId(place.id())
            .setName(place.name())
            .setVersion(known.newest())
            .setHeldVersion(known.of(workerId).map(MountPlaces.Copy::version).orElse(0L))
            .setOldest(known.oldest())
            .setCapability(fleet.capability("mounts/" + place.id()));
    for (MountPlaces.Copy copy : known.copies()) {
      if (!copy.worker().equals(workerId)) {
        fleet
            .worker(copy.worker())
            .ifPresent(node ->
                message.addCopies(
                    MountCopy.newBuilder()
                        .setUrl(
                            node.blobUrl()
                                + "/mounts/"
                                + URLEncoder.encode(place.id(), StandardCharsets.UTF_8))
                        .setVersion(copy.version())));
      }
    }
    return message.build();
  }

  /** A step on the worker has ended and says which of its copies it has written to. */
  void used(String workerId, Collection<HeldMount> reported) {
    Set<String> mine = new HashSet<>();
    all().forEach(place -> mine.add(place.id()));
    List<MountIndex.Held> used =
        MountIndex.Held.of(reported).stream()
            .filter(mount -> mine.contains(mount.mountId()))
            .toList();
    if (!used.isEmpty()) {
      index.used(workerId, used);
    }
  }

  private List<Place> all() {
    return places.values().stream().flatMap(List::stream).toList();
  }
}
