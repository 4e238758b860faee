package dev.slipway.cluster;

import com.hazelcast.cluster.Member;
import com.hazelcast.cluster.MembershipEvent;
import com.hazelcast.cluster.MembershipListener;
import com.hazelcast.core.Hazelcast;
import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.LifecycleEvent;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.telemetry.Meters;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * This process's member of the cluster of coordinators. A member has an id of its own for as long
 * as it runs, also through a split. @ThreadSafe
 */
public final class Cluster implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Cluster.class);

  private final String self;
  private final HazelcastInstance member;
  private final List<Consumer<List<String>>> listeners = new CopyOnWriteArrayList<>();

  /** Calls the listeners one after the other; Hazelcast's own threads must not wait for them. */
  private final ExecutorService changes =
      Executors.newSingleThreadExecutor(Thread.ofVirtual().name("cluster-changes").factory());

  /** Oldest first; written under this object's monitor. */
  private volatile List<String> members = List.of();

  private Cluster(String self, HazelcastInstance member) {
    this.self = self;
    this.member = member;
  }

  /**
   * Starts the member; takes about a second, some more when it joins others. @throws
   * SlipwayException UNAVAILABLE when it cannot listen
   */
  public static Cluster start(ClusterConfig config) throws SlipwayException {
    long start = System.nanoTime();
    String self = UUID.randomUUID().toString();
    HazelcastInstance member;
    try {
      member = Hazelcast.newHazelcastInstance(MemberConfig.of(config, self));
    } catch (RuntimeException e) {
      throw new SlipwayException(
          ErrorKind.UNAVAILABLE,
          "starting the cluster's member on " + config.listen() + " failed: " + e.getMessage(),
          e);
    }
    Cluster cluster = new Cluster(self, member);
    member.getCluster().addMembershipListener(cluster.new Membership());
    member.getLifecycleService().addLifecycleListener(cluster::lifecycle);
    cluster.refresh();
    LOG.atInfo()
        .addKeyValue("member", self)
        .addKeyValue("members", cluster.members().size())
        .addKeyValue("millis", Duration.ofNanos(System.nanoTime() - start).toMillis())
        .log("cluster member started");
    return cluster;
  }

  /** Shows how the cluster is. */
  public void measure(Meters meters) {
    ClusterGauges.bind(meters, this, member);
  }

  /** This member's id. */
  public String self() {
    return self;
  }

  /** The ids of the members that are there now, this one among them, oldest first. */
  public List<String> members() {
    return members;
  }

  /** Whether the member of that id is in the cluster now. */
  public boolean isLive(String id) {
    return members.contains(id);
  }

  /**
   * Calls the listener with the members whenever they have changed, on a thread of its own, in
   * order.
   */
  public void onChange(Consumer<List<String>> listener) {
    listeners.add(listener);
  }

  /** Returns the map of that name. */
  public <V> ClusterMap<V> map(MapNames name, Codec<V> codec) {
    return new ClusterMap<>(member.getMap(name.text()), codec);
  }

  public boolean isRunning() {
    return member.getLifecycleService().isRunning();
  }

  /** Leaves; what the maps hold is gone with the last member. */
  @Override
  public void close() {
    changes.shutdownNow();
    member.shutdown();
  }

  private synchronized void refresh() {
    List<String> now =
        member.getCluster().getMembers().stream()
            .map(other -> other.getAttribute(MemberConfig.ID))
            .filter(Objects::nonNull)
            .toList();
    if (now.equals(members) || changes.isShutdown()) {
      return;
    }
    members = now;
    LOG.atInfo().addKeyValue("members", now).log("cluster changed");
    changes.execute(() -> listeners.forEach(listener -> tell(listener, now)));
  }

  private static void tell(Consumer<List<String>> listener, List<String> members) {
    try {
      listener.accept(members);
    } catch (RuntimeException e) {
      LOG.atError().setCause(e).log("a listener of the cluster failed");
    }
  }

  private void lifecycle(LifecycleEvent event) {
    switch (event.getState()) {
      case MERGED, MERGE_FAILED -> {
        LOG.atWarn()
            .addKeyValue("state", event.getState())
            .log("this side of a split has joined the other");
        refresh();
      }
      default -> {}
    }
  }

  private final class Membership implements MembershipListener {
    @Override
    public void memberAdded(MembershipEvent event) {
      refresh();
    }

    @Override
    public void memberRemoved(MembershipEvent event) {
      Member gone = event.getMember();
      LOG.atWarn()
          .addKeyValue("member", gone.getAttribute(MemberConfig.ID))
          .addKeyValue("address", gone.getAddress())
          .log("a member left the cluster");
      refresh();
    }
  }
}
