package dev.slipway.coordination;

import dev.slipway.certificates.FarmTls;
import dev.slipway.cluster.Cluster;
import dev.slipway.cluster.ClusterMap;
import dev.slipway.cluster.MapNames;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import io.grpc.ManagedChannel;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The coordinators that are live now: members of the cluster that have said how they are reached.
 * Reading costs no network; a thread of its own follows the cluster. @ThreadSafe
 */
public final class Coordinators implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Coordinators.class);

  /** Changes are heard of at once; this finds what a split or a merge swallowed. */
  private static final Duration SECOND_LOOK = Duration.ofSeconds(3);

  private final Cluster cluster;
  private final ClusterMap<CoordinatorRecord> records;
  private final Channels channels;
  private final List<Consumer<List<CoordinatorRecord>>> listeners = new CopyOnWriteArrayList<>();
  private final Semaphore changed = new Semaphore(0);
  private final Thread follower;

  private volatile Optional<CoordinatorRecord> self = Optional.empty();
  private volatile List<CoordinatorRecord> live = List.of();

  /** Entries of nobody at the last look; owned by the follower. */
  private Set<String> orphans = Set.of();

  private Coordinators(Cluster cluster, Channels channels) {
    this.cluster = cluster;
    this.records = cluster.map(MapNames.COORDINATORS, new CoordinatorCodec());
    this.channels = channels;
    this.follower = Thread.ofVirtual().name("coordinators").unstarted(this::follow);
  }

  /**
   * Starts to follow the cluster.
   *
   * @param joinToken what coordinators show each other
   * @param tls of the channels to the others
   */
  public static Coordinators start(Cluster cluster, String joinToken, Optional<FarmTls> tls) {
    Coordinators coordinators = new Coordinators(cluster, new Channels(joinToken, tls));
    cluster.onChange(_ -> coordinators.changed.release());
    coordinators.records.watch((_, _) -> coordinators.changed.release());
    coordinators.follower.start();
    return coordinators;
  }

  /** Tells the others how this coordinator is reached; from now on it is one of {@link #all}. */
  public void announce(CoordinatorRecord record) {
    if (!record.id().equals(cluster.self())) {
      throw new IllegalArgumentException("the record of another coordinator: " + record.id());
    }
    records.set(record.id(), record);
    self = Optional.of(record);
    refresh();
  }

  /** The id of this coordinator. */
  public String selfId() {
    return cluster.self();
  }

  /** This coordinator; empty before it was announced. */
  public Optional<CoordinatorRecord> self() {
    return self;
  }

  /** All that are live, this one among them once it was announced, oldest first. */
  public List<CoordinatorRecord> all() {
    return live;
  }

  /** The one that has been in the cluster longest. */
  public Optional<CoordinatorRecord> oldest() {
    return live.stream().findFirst();
  }

  /** Whether this coordinator is the oldest, as far as it knows. */
  public boolean isOldest() {
    return cluster.members().stream().findFirst().filter(cluster.self()::equals).isPresent();
  }

  public Optional<CoordinatorRecord> find(String id) {
    return live.stream().filter(record -> record.id().equals(id)).findFirst();
  }

  /** Whether the coordinator is in the cluster now. */
  public boolean isLive(String id) {
    return cluster.isLive(id);
  }

  /**
   * Calls the listener with {@link #all} whenever that has changed, in order and on the thread that
   * follows the cluster, which must not be held up for long.
   */
  public void onChange(Consumer<List<CoordinatorRecord>> listener) {
    listeners.add(listener);
  }

  /**
   * Returns the channel to a live coordinator's server for workers and coordinators; the join token
   * goes with each call. It is shared, and ends with all its calls when that coordinator leaves the
   * cluster. @throws SlipwayException UNAVAILABLE when it is not live
   */
  public ManagedChannel channel(String id) throws SlipwayException {
    CoordinatorRecord record =
        find(id)
            .orElseThrow(() ->
                new SlipwayException(
                    ErrorKind.UNAVAILABLE,
                    "coordinator " + id + " is not in the cluster; there are " + names()));
    return channels.to(record);
  }

  private List<String> names() {
    return live.stream().map(CoordinatorRecord::workersAddress).toList();
  }

  @Override
  public void close() {
    follower.interrupt();
    channels.close();
  }

  private void follow() {
    try {
      while (true) {
        changed.tryAcquire(SECOND_LOOK.toMillis(), TimeUnit.MILLISECONDS);
        changed.drainPermits();
        try {
          repair();
          refresh();
        } catch (RuntimeException e) {
          // The member is stopping, or a part of the map is on its way to another member.
          log.atWarn()
              .addKeyValue("reason", e.toString())
              .log("coordinators not read; tried again soon");
        }
      }
    } catch (InterruptedException _) {
      log.debug("coordinators not followed any more");
    }
  }

  /** Puts this one's record back where a merge lost it; removes those of members that are gone. */
  private void repair() {
    self.ifPresent(record -> {
      if (!records.get(record.id()).equals(self)) {
        records.set(record.id(), record);
      }
    });
    Set<String> nobodys = new HashSet<>(records.keys());
    nobodys.removeIf(cluster::isLive);
    // One who has just joined may be in the map before this member knows it.
    nobodys.stream().filter(orphans::contains).forEach(records::remove);
    orphans = nobodys;
  }

  private synchronized void refresh() {
    List<String> members = cluster.members();
    Map<String, CoordinatorRecord> known = records.getAll(members);
    List<CoordinatorRecord> now =
        members.stream().map(known::get).filter(Objects::nonNull).toList();
    if (now.equals(live)) {
      return;
    }
    live = now;
    channels.keep(now);
    log.atInfo().addKeyValue("coordinators", names()).log("coordinators changed");
    for (Consumer<List<CoordinatorRecord>> listener : listeners) {
      try {
        listener.accept(now);
      } catch (RuntimeException e) {
        log.atError().setCause(e).log("a listener of the coordinators failed");
      }
    }
  }
}
