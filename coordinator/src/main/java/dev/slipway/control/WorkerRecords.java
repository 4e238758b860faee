package dev.slipway.control;

import dev.slipway.fleet.Fleet;
import dev.slipway.fleet.WorkerNode;
import dev.slipway.oci.Platform;
import dev.slipway.protocol.LlbCodec;
import dev.slipway.protocol.buildkit.worker.BuildkitVersion;
import dev.slipway.protocol.buildkit.worker.WorkerRecord;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** The farm's workers as BuildKit's clients see them. @ThreadSafe */
public final class WorkerRecords {
  /** What this farm calls itself; clients parse a version with a leading v. */
  static final BuildkitVersion VERSION =
      BuildkitVersion.newBuilder().setPackage("dev.slipway/slipway").setVersion("v0.1.0").build();

  private final Fleet fleet;

  public WorkerRecords(Fleet fleet) {
    this.fleet = fleet;
  }

  List<WorkerRecord> list() {
    List<WorkerRecord> records = new ArrayList<>();
    for (WorkerNode worker : workers()) {
      WorkerRecord.Builder record =
          WorkerRecord.newBuilder()
              .setID(worker.id())
              .putLabels("org.mobyproject.buildkit.worker.executor", "oci")
              .putLabels("org.mobyproject.buildkit.worker.snapshotter", "overlayfs")
              .putAllLabels(worker.labels())
              .setBuildkitVersion(VERSION);
      record.putLabels("dev.slipway.worker.name", name(worker));
      platforms(worker).forEach(platform -> record.addPlatforms(LlbCodec.encodePlatform(platform)));
      records.add(record.build());
    }
    return records;
  }

  /**
   * What the farm can build for now; the oldest worker's native platform first, emulated ones last.
   */
  public List<Platform> platforms() {
    Set<Platform> platforms = new LinkedHashSet<>();
    workers().forEach(worker -> platforms.addAll(worker.nativePlatforms()));
    workers().forEach(worker -> platforms.addAll(worker.emulatedPlatforms()));
    return List.copyOf(platforms);
  }

  /** The name that a person gave to the worker, its id when nobody did. */
  public static String name(WorkerNode worker) {
    return worker.labels().getOrDefault("dev.slipway.worker.name", worker.id());
  }

  private List<WorkerNode> workers() {
    return fleet.workers().stream()
        .sorted(Comparator.comparing(WorkerNode::joinedAt).thenComparing(WorkerNode::id))
        .toList();
  }

  private static Set<Platform> platforms(WorkerNode worker) {
    Set<Platform> platforms = new LinkedHashSet<>(worker.nativePlatforms());
    platforms.addAll(worker.emulatedPlatforms());
    return platforms;
  }
}
