package dev.slipway.schedule;

import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.ToIntFunction;

/**
 * The waiting stages in fair order: the tenant with the fewest running stages comes first, of its
 * builds those of the highest priority, of these the one with the fewest running; among equals the
 * one served longest ago; inside a build in order of submission. Kept per demand, so that stages
 * nobody can take now do not stand in the way of others; a tenant at its bound is in nobody's way
 * either. Owned by {@link SchedulerState}.
 */
final class FairQueue {
  static final Comparator<Share> TURN =
      Comparator.<Share>comparingInt(share -> share.running)
          .thenComparingLong(share -> share.servedAt)
          .thenComparingLong(share -> share.serial);

  static final Comparator<Build> PRIORITY_THEN_TURN =
      Comparator.<Build>comparingInt(build -> -build.key.priority()).thenComparing(TURN);

  private final ToIntFunction<String> maxRunning;
  private final Map<String, Tenant> tenants = new HashMap<>();

  /** Tenants that may be served, by what their stages demand. */
  private final Map<Demand, TreeSet<Tenant>> ready = new HashMap<>();

  private final Map<Demand, Integer> waiting = new HashMap<>();
  private long serials;
  private long turns;
  private int size;

  /**
   * @param maxRunning stages of a tenant at once, by its name
   */
  FairQueue(ToIntFunction<String> maxRunning) {
    this.maxRunning = maxRunning;
  }

  int size() {
    return size;
  }

  /** What stages that may be served demand. */
  Set<Demand> ready() {
    return ready.keySet();
  }

  /** Number of waiting stages by what they demand. */
  Map<Demand, Integer> waiting() {
    return waiting;
  }

  int waiting(String tenant) {
    Tenant known = tenants.get(tenant);
    return known == null ? 0 : known.waiting;
  }

  int running(String tenant) {
    Tenant known = tenants.get(tenant);
    return known == null ? 0 : known.running;
  }

  /** Whether the tenant runs as many stages as it may. */
  boolean isBound(String tenant) {
    Tenant known = tenants.get(tenant);
    return known != null && known.isBound();
  }

  void add(QueuedStage stage) {
    Build build = build(stage);
    Demand demand = stage.demand();
    if (build.waiting.computeIfAbsent(demand, _ -> new TreeMap<>()).put(stage.sequence, stage)
        == null) {
      size++;
      build.tenant.waiting++;
      waiting.merge(demand, 1, Integer::sum);
    }
    build.tenant.ready.computeIfAbsent(demand, _ -> new TreeSet<>(PRIORITY_THEN_TURN)).add(build);
    if (!build.tenant.isBound()) {
      ready.computeIfAbsent(demand, _ -> new TreeSet<>(TURN)).add(build.tenant);
    }
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

  /** Counts a stage as running that was served by another queue. */
  void adopt(QueuedStage stage) {
    Build build = build(stage);
    reorder(build, 1, build.servedAt);
  }

  /** A stage that was served or adopted no longer runs. */
  void release(QueuedStage stage) {
    Build build = build(stage);
    reorder(build, -1, build.servedAt);
    forgetIfIdle(build);
  }

  /** The stage of that demand whose turn it is; there must be one. */
  QueuedStage peek(Demand demand) {
    return ready
        .get(demand)
        .first()
        .ready
        .get(demand)
        .first()
        .waiting
        .get(demand)
        .firstEntry()
        .getValue();
  }

  /** Whether it is the left one's turn before the right one's. */
  boolean isBefore(QueuedStage left, QueuedStage right) {
    Build leftBuild = build(left);
    Build rightBuild = build(right);
    int order = TURN.compare(leftBuild.tenant, rightBuild.tenant);
    order = order != 0 ? order : PRIORITY_THEN_TURN.compare(leftBuild, rightBuild);
    return order != 0 ? order < 0 : left.sequence < right.sequence;
  }

  /**
   * Walks the stages of one demand in the order in which they would be served if all took equally
   * long; those of tenants at their bound come last.
   */
  void forEachInOrder(Demand demand, QueueWalk.Visitor visitor) {
    QueueWalk walk = new QueueWalk(demand);
    ready.getOrDefault(demand, new TreeSet<>(TURN)).forEach(walk::add);
    walk.visit(visitor);
    for (Tenant tenant : tenants.values()) {
      if (tenant.isBound() && tenant.ready.containsKey(demand)) {
        QueueWalk alone = new QueueWalk(demand);
        alone.add(tenant);
        alone.visit(visitor);
      }
    }
  }

  private Build build(QueuedStage stage) {
    Tenant tenant =
        tenants.computeIfAbsent(
            stage.request.tenant(),
            name -> new Tenant(name, maxRunning.applyAsInt(name), ++serials));
    return tenant.builds.computeIfAbsent(
        new BuildKey(stage.request.buildId(), stage.request.priority()),
        key -> new Build(key, tenant, ++serials));
  }

  private void take(QueuedStage stage, Build build) {
    Demand demand = stage.demand();
    NavigableMap<Long, QueuedStage> stages = build.waiting.get(demand);
    stages.remove(stage.sequence);
    size--;
    build.tenant.waiting--;
    waiting.computeIfPresent(demand, (_, count) -> count == 1 ? null : count - 1);
    if (!stages.isEmpty()) {
      return;
    }
    build.waiting.remove(demand);
    TreeSet<Build> builds = build.tenant.ready.get(demand);
    builds.remove(build);
    if (!builds.isEmpty()) {
      return;
    }
    build.tenant.ready.remove(demand);
    TreeSet<Tenant> shown = ready.get(demand);
    if (shown != null && shown.remove(build.tenant) && shown.isEmpty()) {
      ready.remove(demand);
    }
  }

  /** The sets are ordered by what changes here: out, change, in again. */
  private void reorder(Build build, int change, long servedAt) {
    Tenant tenant = build.tenant;
    build.waiting.keySet().forEach(demand -> tenant.ready.get(demand).remove(build));
    if (!tenant.isBound()) {
      tenant.ready.keySet().forEach(demand -> ready.get(demand).remove(tenant));
    }
    build.running += change;
    tenant.running += change;
    build.servedAt = servedAt;
    tenant.servedAt = Math.max(tenant.servedAt, servedAt);
    build.waiting.keySet().forEach(demand -> tenant.ready.get(demand).add(build));
    for (Demand demand : tenant.ready.keySet()) {
      if (!tenant.isBound()) {
        ready.computeIfAbsent(demand, _ -> new TreeSet<>(TURN)).add(tenant);
      } else if (ready.containsKey(demand) && ready.get(demand).isEmpty()) {
        ready.remove(demand);
      }
    }
  }

  private void forgetIfIdle(Build build) {
    if (build.running > 0 || !build.waiting.isEmpty()) {
      return;
    }
    build.tenant.builds.remove(build.key);
    if (build.tenant.builds.isEmpty()) {
      tenants.remove(build.tenant.name);
    }
  }

  /** A build whose priority changes on its way counts as two. */
  record BuildKey(String id, int priority) {}

  /** Somebody who is owed a fair part. */
  abstract static sealed class Share {
    final long serial;
    int running;
    long servedAt;

    Share(long serial) {
      this.serial = serial;
    }
  }

  static final class Tenant extends Share {
    final String name;
    final int maxRunning;
    final Map<BuildKey, Build> builds = new HashMap<>();
    final Map<Demand, TreeSet<Build>> ready = new HashMap<>();
    int waiting;

    Tenant(String name, int maxRunning, long serial) {
      super(serial);
      this.name = name;
      this.maxRunning = maxRunning;
    }

    boolean isBound() {
      return running >= maxRunning;
    }
  }

  static final class Build extends Share {
    final BuildKey key;
    final Tenant tenant;
    final Map<Demand, NavigableMap<Long, QueuedStage>> waiting = new HashMap<>();

    Build(BuildKey key, Tenant tenant, long serial) {
      super(serial);
      this.key = key;
      this.tenant = tenant;
    }
  }
}
