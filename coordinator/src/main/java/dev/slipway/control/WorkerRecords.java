package dev.slipway.control;

import dev.slipway.fleet.Fleet;
import dev.slipway.fleet.WorkerNode;
import dev.slipway.oci.OciJson;
import dev.slipway.oci.Platform;
import dev.slipway.protocol.LlbCodec;
import dev.slipway.protocol.buildkit.worker.BuildkitVersion;
import dev.slipway.protocol.buildkit.worker.WorkerRecord;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The farm's workers as BuildKit's clients see them. @ThreadSafe */
public final class WorkerRecords {
  /** What this farm calls itself; clients parse a version with a leading v. */
  static final BuildkitVersion VERSION =
      BuildkitVersion.newBuilder().setPackage("dev.slipway/slipway").setVersion("v0.1.0").build();

  private final Fleet fleet;
  private final List<Platform> configured;

  /** What the farm could build for when it last had a worker. */
  private volatile List<Platform> remembered = List.of();

  /**
   * @param configured what the farm is meant to build for; empty = what its workers can
   */
  public WorkerRecords(Fleet fleet, List<Platform> configured) {
    this.fleet = fleet;
    this.configured = List.copyOf(configured);
  }

  /**
   * Never empty: clients take a farm without workers for one that builds for no platform, some
   * crash, and a farm that is started by its queue would never get anything to do.
   */
  List<WorkerRecord> list() {
    List<WorkerRecord> records = new ArrayList<>();
    if (workers().isEmpty()) {
      WorkerRecord.Builder record =
          WorkerRecord.newBuilder()
              .setID("awaited")
              .putLabels("org.mobyproject.buildkit.worker.executor", "oci")
              .putLabels("org.mobyproject.buildkit.worker.snapshotter", "overlayfs")
              .putLabels("dev.slipway.worker.name", "awaited")
              .setBuildkitVersion(VERSION);
      platforms().forEach(platform -> record.addPlatforms(LlbCodec.encodePlatform(platform)));
      return List.of(record.build());
    }
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
   * While it has no worker: what it could when it had, what it is meant for, or this machine's.
   */
  public List<Platform> platforms() {
    Set<Platform> platforms = new LinkedHashSet<>();
    workers().forEach(worker -> platforms.addAll(worker.nativePlatforms()));
    workers().forEach(worker -> platforms.addAll(worker.emulatedPlatforms()));
    if (!platforms.isEmpty()) {
      remembered = List.copyOf(platforms);
      return remembered;
    }
    return !remembered.isEmpty()
        ? remembered
        : !configured.isEmpty() ? configured : List.of(thisMachine());
  }

  private static Platform thisMachine() {
    return switch (System.getProperty("os.arch")) {
      case "aarch64" -> Platform.LINUX_ARM64;
      case "riscv64" -> Platform.parse("linux/riscv64");
      case "ppc64le" -> Platform.parse("linux/ppc64le");
      case "s390x" -> Platform.parse("linux/s390x");
      default -> Platform.LINUX_AMD64;
    };
  }

  /** The workers as JSON, as frontends in containers read them. */
  public String json() {
    List<Map<String, Object>> workers = new ArrayList<>();
    for (WorkerRecord record : list()) {
      List<Map<String, String>> platforms =
          record.getPlatformsList().stream()
              .map(platform ->
                  Map.of(
                      "os",
                      platform.getOS(),
                      "architecture",
                      platform.getArchitecture(),
                      "variant",
                      platform.getVariant()))
              .toList();
      workers.add(
          Map.of("ID", record.getID(), "Labels", record.getLabelsMap(), "Platforms", platforms));
    }
    return new String(OciJson.compact(workers), StandardCharsets.UTF_8);
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
