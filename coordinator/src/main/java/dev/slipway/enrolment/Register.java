package dev.slipway.enrolment;

import dev.slipway.cluster.Cluster;
import dev.slipway.cluster.ClusterMap;
import dev.slipway.cluster.MapNames;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.fleet.FarmFleet;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the farm keeps of join tokens and of workers: who was evicted, and until when whose
 * certificate is good. A thread of its own follows what other coordinators change. @ThreadSafe
 */
public final class Register implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Register.class);

  /** Changes are heard of at once; this finds what a split or a merge swallowed. */
  private static final Duration SECOND_LOOK = Duration.ofSeconds(3);

  /**
   * Workers that are remembered; an eviction must never be pushed out by others' coming and going.
   */
  private static final int MAX_WORKERS = 20_000;

  /** How long one is remembered of whom nothing is left to know. */
  private static final Duration REMEMBERED = Duration.ofDays(7);

  private final Book<JoinGrant> grants;
  private final Book<WorkerStanding> standings;
  private final InstantSource clock;
  private final Semaphore changed = new Semaphore(0);
  private final List<Consumer<Set<String>>> listeners = new CopyOnWriteArrayList<>();
  private final Thread follower = Thread.ofVirtual().name("register").unstarted(this::follow);
  private volatile Set<String> evicted = Set.of();

  private Register(Book<JoinGrant> grants, Book<WorkerStanding> standings, InstantSource clock) {
    this.grants = grants;
    this.standings = standings;
    this.clock = clock;
  }

  /**
   * Reads what this coordinator's disk has, and follows the others from then on. To be called
   * before workers join.
   *
   * @param folder of this coordinator's state
   * @throws SlipwayException INTERNAL when the files are unreadable: without them evicted workers
   *     would come back
   */
  public static Register start(Cluster cluster, Path folder, InstantSource clock)
      throws SlipwayException {
    ClusterMap<JoinGrant> grants = cluster.map(MapNames.JOIN_GRANTS, RegisterCodecs.GRANT);
    ClusterMap<WorkerStanding> standings =
        cluster.map(MapNames.WORKER_STANDINGS, RegisterCodecs.STANDING);
    Register register =
        new Register(
            new Book<>(grants, RegisterCodecs.GRANT, folder.resolve("join-grants"), JoinGrant::and),
            new Book<>(
                standings,
                RegisterCodecs.STANDING,
                folder.resolve("worker-standings"),
                WorkerStanding::and),
            clock);
    grants.watch((_, _) -> register.changed.release());
    standings.watch((_, _) -> register.changed.release());
    try {
      register.grants.open();
      register.standings.open();
      register.look();
    } catch (IOException e) {
      throw new SlipwayException(
          ErrorKind.INTERNAL,
          "what the farm knows of its workers cannot be read: "
              + e.getMessage()
              + "; restore the file, or remove it and evict again who must not come back",
          e);
    }
    register.follower.start();
    return register;
  }

  Book<JoinGrant> grants() {
    return grants;
  }

  /** Ids of the workers that may not come back. */
  public Set<String> evicted() {
    return evicted;
  }

  /** Calls the listener with {@link #evicted} whenever that has changed, in order. */
  public void onEvicted(Consumer<Set<String>> listener) {
    listeners.add(listener);
  }

  /** Whether a worker of that id ever got a certificate, or was evicted. */
  boolean knows(String workerId) {
    return standings.known().containsKey(workerId);
  }

  /** Puts the worker out until {@link #admit}; links to it end at all coordinators. */
  public void evict(String workerId) throws SlipwayException {
    decide(workerId, true);
  }

  /** Lets the worker come back. */
  public void admit(String workerId) throws SlipwayException {
    decide(workerId, false);
  }

  private void decide(String workerId, boolean out) throws SlipwayException {
    makeRoom(workerId);
    Instant now = now();
    try {
      standings.update(
          workerId,
          (_, before) -> Optional.of(before.orElse(WorkerStanding.NEW).evicted(out, now)));
      look();
    } catch (IOException e) {
      throw notKept(e);
    }
    log.atWarn()
        .addKeyValue("worker", workerId)
        .log(out ? "worker evicted" : "worker may come back");
  }

  /**
   * Takes down that the worker gets a certificate.
   *
   * @param key hash of the certificate's key
   * @param known whether the worker has shown the certificate that it has
   * @throws SlipwayException DENIED when it is evicted, or when its name is in a certificate of
   *     somebody with another key that is still good
   */
  void certify(String workerId, String key, Instant ends, boolean known) throws SlipwayException {
    makeRoom(workerId);
    Instant now = now();
    try {
      WorkerStanding standing =
          standings
              .update(
                  workerId,
                  (_, before) -> {
                    WorkerStanding old = before.orElse(WorkerStanding.NEW);
                    return Optional.of(
                        mayHave(old, key, now, known) ? old.certified(ends, key) : old);
                  })
              .orElse(WorkerStanding.NEW);
      if (standing.evicted()) {
        throw new SlipwayException(ErrorKind.DENIED, FarmFleet.evictedReason(workerId));
      }
      if (!standing.key().equals(key)) {
        throw new SlipwayException(
            ErrorKind.DENIED,
            "worker "
                + workerId
                + " has a certificate until "
                + standing.certificateEnds()
                + ", and no other gets its name before: a worker that has lost it starts with an"
                + " empty root folder");
      }
    } catch (IOException e) {
      throw notKept(e);
    }
  }

  private static boolean mayHave(WorkerStanding old, String key, Instant now, boolean known) {
    return !old.evicted()
        && (known || old.key().equals(key) || !old.certificateEnds().isAfter(now));
  }

  private void makeRoom(String workerId) throws SlipwayException {
    Map<String, WorkerStanding> known = standings.known();
    if (known.size() < MAX_WORKERS || known.containsKey(workerId)) {
      return;
    }
    Instant old = now().minus(REMEMBERED);
    try {
      standings.forget(standing ->
          !standing.evicted()
              && standing.certificateEnds().isBefore(old)
              && standing.changedAt().isBefore(old));
    } catch (IOException e) {
      throw notKept(e);
    }
    if (standings.known().size() >= MAX_WORKERS) {
      throw new SlipwayException(
          ErrorKind.EXHAUSTED, "the farm remembers " + MAX_WORKERS + " workers, more than it can");
    }
  }

  private Instant now() {
    return clock.instant().truncatedTo(ChronoUnit.MILLIS);
  }

  static SlipwayException notKept(IOException e) {
    return new SlipwayException(
        ErrorKind.INTERNAL, "it could not be written to the coordinator's disk: " + e, e);
  }

  private void follow() {
    try {
      while (true) {
        changed.tryAcquire(SECOND_LOOK.toMillis(), TimeUnit.MILLISECONDS);
        changed.drainPermits();
        try {
          look();
        } catch (IOException | RuntimeException e) {
          // The disk is full, the member is stopping, or a part of the map is on its way.
          log.atWarn()
              .addKeyValue("reason", e.toString())
              .log("the register of workers was not taken up; tried again soon");
        }
      }
    } catch (InterruptedException _) {
      log.debug("register not followed any more");
    }
  }

  private synchronized void look() throws IOException {
    grants.refresh();
    standings.refresh();
    Set<String> out = new TreeSet<>();
    standings
        .known()
        .forEach((id, standing) -> {
          if (standing.evicted()) {
            out.add(id);
          }
        });
    if (!out.equals(evicted)) {
      evicted = Set.copyOf(out);
      listeners.forEach(listener -> listener.accept(evicted));
    }
  }

  @Override
  public void close() {
    follower.interrupt();
  }
}
