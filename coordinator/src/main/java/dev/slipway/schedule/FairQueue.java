package dev.slipway.schedule;

import dev.slipway.oci.Platform;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.ObjIntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The waiting stages in fair order: the tenant with the fewest running stages comes first, then its
 * build with the fewest; among equals the one served longest ago; inside a build in order of
 * submission. Kept per platform, so that stages nobody can take now do not stand in the way of
 * others. Owned by {@link SchedulerState}.
 */
final class FairQueue {
  private static final Comparator<Share> TURN =
      Comparator.<Share>comparingInt(share -> share.running)
          .thenComparingLong(share -> share.servedAt)
          .thenComparingLong(share -> share.serial);

  private final int maxRunningPerTenant;
  private final Map<String, Tenant> tenants = new HashMap<>();
  private final Map<Platform, TreeSet<Tenant>> ready = new HashMap<>();
  private long serials;
  private long turns;
  private int size;

  FairQueue(int maxRunningPerTenant) {
    this.maxRunningPerTenant = maxRunningPerTenant;
  }

  int size() {
    return size;
  }

  /** Platforms that stages wait for. */
  Set<Platform> platforms() {
    return ready.keySet();
  }

  void add(QueuedStage stage) {
    Build build = build(stage);
    Platform platform = stage.request.platform();
    if (build.waiting.computeIfAbsent(platform, _ -> new TreeMap<>()).put(stage.sequence, stage)
        == null) {
      size++;
    }
    build.tenant.ready.computeIfAbsent(platform, _ -> new TreeSet<>(TURN)).add(build);
    ready.computeIfAbsent(platform, _ -> new TreeSet<>(TURN)).add(build.tenant);
  }

  void remove(QueuedStage stage) {
    Build build = build(stage);
    take(stage, build);
    forgetIfIdle(build);
  }

  /** Takes the stage out and counts it as running. */
  void serve(QueuedStage stage) {
    Build build = build(stage);
    take(stage, build);
    reorder(build, 1, ++turns);
  }

  /** A stage that was served no longer runs. */
  void release(QueuedStage stage) {
    Build build = build(stage);
    reorder(build, -1, build.servedAt);
    forgetIfIdle(build);
  }

  /** The stage of the platform whose turn it is. */
  @Nullable QueuedStage peek(Platform platform) {
    TreeSet<Tenant> waiting = ready.get(platform);
    if (waiting == null || waiting.first().running >= maxRunningPerTenant) {
      return null; // the first has the fewest: all others are at their bound too
    }
    return waiting
        .first()
        .ready
        .get(platform)
        .first()
        .waiting
        .get(platform)
        .firstEntry()
        .getValue();
  }

  /** Whether it is the left one's turn before the right one's. */
  boolean isBefore(QueuedStage left, QueuedStage right) {
    Build leftBuild = build(left);
    Build rightBuild = build(right);
    int order = TURN.compare(leftBuild.tenant, rightBuild.tenant);
    order = order != 0 ? order : TURN.compare(leftBuild, rightBuild);
    return order != 0 ? order < 0 : left.sequence < right.sequence;
  }

  /**
   * Walks the stages of a platform in the order in which they would be served if all took equally
   * long, with their place from 0.
   */
  void forEachInOrder(Platform platform, ObjIntConsumer<QueuedStage> visitor) {
    Deque<Deque<Iterator<QueuedStage>>> round = new ArrayDeque<>();
    for (Tenant tenant : ready.getOrDefault(platform, new TreeSet<>(TURN))) {
      Deque<Iterator<QueuedStage>> builds = new ArrayDeque<>();
      tenant
          .ready
          .get(platform)
          .forEach(build -> builds.add(build.waiting.get(platform).values().iterator()));
      round.add(builds);
    }
    for (int place = 0; !round.isEmpty(); place++) {
      Deque<Iterator<QueuedStage>> builds = round.remove();
      Iterator<QueuedStage> stages = builds.remove();
      visitor.accept(stages.next(), place);
      if (stages.hasNext()) {
        builds.add(stages);
      }
      if (!builds.isEmpty()) {
        round.add(builds);
      }
    }
  }

  private Build build(QueuedStage stage) {
    Tenant tenant =
        tenants.computeIfAbsent(stage.request.tenant(), name -> new Tenant(name, ++serials));
    return tenant.builds.computeIfAbsent(
        stage.request.buildId(), id -> new Build(id, tenant, ++serials));
  }

  private void take(QueuedStage stage, Build build) {
    Platform platform = stage.request.platform();
    NavigableMap<Long, QueuedStage> stages = build.waiting.get(platform);
    stages.remove(stage.sequence);
    size--;
    if (!stages.isEmpty()) {
      return;
    }
    build.waiting.remove(platform);
    TreeSet<Build> builds = build.tenant.ready.get(platform);
    builds.remove(build);
    if (!builds.isEmpty()) {
      return;
    }
    build.tenant.ready.remove(platform);
    TreeSet<Tenant> waiting = ready.get(platform);
    waiting.remove(build.tenant);
    if (waiting.isEmpty()) {
      ready.remove(platform);
    }
  }

  /** The sets are ordered by what changes here: out, change, in again. */
  private void reorder(Build build, int change, long servedAt) {
    Tenant tenant = build.tenant;
    build.waiting.keySet().forEach(platform -> tenant.ready.get(platform).remove(build));
    tenant.ready.keySet().forEach(platform -> ready.get(platform).remove(tenant));
    build.running += change;
    tenant.running += change;
    build.servedAt = servedAt;
    tenant.servedAt = Math.max(tenant.servedAt, servedAt);
    build.waiting.keySet().forEach(platform -> tenant.ready.get(platform).add(build));
    tenant.ready.keySet().forEach(platform -> ready.get(platform).add(tenant));
  }

  private void forgetIfIdle(Build build) {
    if (build.running > 0 || !build.waiting.isEmpty()) {
      return;
    }
    build.tenant.builds.remove(build.id);
    if (build.tenant.builds.isEmpty()) {
      tenants.remove(build.tenant.name);
    }
  }

  /** Somebody who is owed a fair part. */
  private abstract static sealed class Share {
    final long serial;
    int running;
    long servedAt;

    Share(long serial) {
      this.serial = serial;
    }
  }

  private static final class Tenant extends Share {
    final String name;
    final Map<String, Build> builds = new HashMap<>();
    final Map<Platform, TreeSet<Build>> ready = new HashMap<>();

    Tenant(String name, long serial) {
      super(serial);
      this.name = name;
    }
  }

  private static final class Build extends Share {
    final String id;
    final Tenant tenant;
    final Map<Platform, NavigableMap<Long, QueuedStage>> waiting = new HashMap<>();

    Build(String id, Tenant tenant, long serial) {
      super(serial);
      this.id = id;
      this.tenant = tenant;
    }
  }
}
