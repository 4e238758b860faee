package dev.slipway.agent;

import dev.slipway.certificates.FarmTls;
import dev.slipway.protocol.worker.Welcome;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The links to all coordinators: to the seeds that the worker was started with and to every
 * coordinator that one of those it has joined names. A seed may be another name of one of them (a
 * service that leads to any): it is dialed only until they are known. {@code this} guards the
 * table. @ThreadSafe
 */
final class FarmLinks implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(FarmLinks.class);

  /** Far more coordinators than a farm has; what one says must not make the worker dial all. */
  private static final int MAX_LINKS = 64;

  /** What is cancelled must have ended by then; a killed container takes milliseconds. */
  private static final Duration END_PATIENCE = Duration.ofSeconds(5);

  private final List<String> seeds;
  private final String joinToken;
  private final Optional<FarmTls> tls;
  private final Function<Membership.News, Membership> memberships;
  private final Agent.Coordinators coordinators;
  private final Map<String, Link> links = new LinkedHashMap<>();

  /** What coordinators said they are called, by the seed under which they were found. */
  private final Map<String, String> names = new HashMap<>();

  /** What the joined ones named when there was one last. */
  private Set<String> named = Set.of();

  /** The same, and the workers that the joined ones know. */
  private Set<String> farm = Set.of();

  private boolean closed;

  /**
   * @param seeds {@code host:port}
   * @param tls of the channels
   * @param memberships makes one for each link
   * @param coordinators told of those that are joined and left
   */
  FarmLinks(
      List<String> seeds,
      String joinToken,
      Optional<FarmTls> tls,
      Function<Membership.News, Membership> memberships,
      Agent.Coordinators coordinators) {
    this.seeds = List.copyOf(seeds);
    this.joinToken = joinToken;
    this.tls = tls;
    this.memberships = memberships;
    this.coordinators = coordinators;
  }

  /** Starts to dial; stays joined until {@link #close}. */
  synchronized void start() {
    reconcile();
  }

  synchronized List<Membership> all() {
    return links.values().stream().map(link -> link.membership).toList();
  }

  /** One coordinator, by one of its names. */
  private final class Link implements Membership.News {
    private final String dialed;
    private final Membership membership;
    private final FarmLink link;
    private final Thread thread;
    private String self; // guarded by the table's monitor, as all below
    private Set<String> told = Set.of();
    private Set<String> peers = Set.of();
    private boolean joined;
    private byte @Nullable [] key;

    Link(String dialed) {
      this.dialed = dialed;
      this.self = dialed;
      this.membership = memberships.apply(this);
      this.link = new FarmLink(dialed, joinToken, tls, membership::hello, membership);
      this.thread = Thread.ofVirtual().name("farm-link-" + dialed).unstarted(this::run);
    }

    private void run() {
      try {
        link.run();
      } catch (InterruptedException _) {
        LOG.atDebug().addKeyValue("coordinator", dialed).log("link told to end");
      }
    }

    @Override
    public void joined(Welcome welcome) {
      byte[] fresh = welcome.getCapabilityPublicKey().toByteArray();
      synchronized (FarmLinks.this) {
        key = fresh;
        joined = true;
        self = welcome.getAddress().isEmpty() ? dialed : welcome.getAddress();
        coordinators.joined(self, fresh, Instant.ofEpochMilli(welcome.getNowMillis()));
        coordinators.evicted(fresh, Set.copyOf(welcome.getEvicted().getWorkerIdsList()));
        if (seeds.contains(dialed)) {
          names.put(dialed, self);
        }
        told = new LinkedHashSet<>(welcome.getCoordinators().getAddressesList());
        reconcile();
      }
      LOG.atInfo().addKeyValue("coordinator", self).log("joined the farm");
    }

    @Override
    public void told(List<String> addresses) {
      synchronized (FarmLinks.this) {
        told = new LinkedHashSet<>(addresses);
        reconcile();
      }
    }

    @Override
    public void peers(List<String> addresses) {
      synchronized (FarmLinks.this) {
        peers = Set.copyOf(addresses);
        reconcile();
      }
    }

    @Override
    public void evicted(List<String> workerIds) {
      synchronized (FarmLinks.this) {
        if (key != null) {
          coordinators.evicted(key, Set.copyOf(workerIds));
        }
      }
    }

    @Override
    public void lost() {
      synchronized (FarmLinks.this) {
        joined = false;
        told = Set.of();
        peers = Set.of();
        if (key != null) {
          coordinators.left(key);
        }
        reconcile();
      }
      LOG.atInfo().addKeyValue("coordinator", self).log("left the farm");
    }

    void end() {
      membership.close();
      membership.leave();
      link.close();
      thread.interrupt();
    }
  }

  /** Starts links that are missing and ends those that nobody wants; under the monitor. */
  private void reconcile() {
    if (closed) {
      return;
    }
    List<Link> joined = links.values().stream().filter(link -> link.joined).toList();
    if (!joined.isEmpty()) {
      Set<String> all = new LinkedHashSet<>();
      joined.forEach(link -> {
        all.add(link.self);
        all.addAll(link.told);
      });
      named = all;
      tellFarm(joined);
    }
    Set<String> wanted = new LinkedHashSet<>(named);
    for (String seed : seeds) {
      // While nobody is joined every way in is tried; else a seed whose coordinator has a name of
      // its own is not dialed a second time.
      if (joined.isEmpty() || names.getOrDefault(seed, seed).equals(seed)) {
        wanted.add(seed);
      }
    }
    for (Link link : new ArrayList<>(links.values())) {
      boolean another =
          joined.stream().anyMatch(other -> other != link && other.self.equals(link.self));
      if (!link.joined && (another || !wanted.contains(link.dialed))) {
        links.remove(link.dialed);
        // Ending waits for the peer's goodbye, and may be asked for by the link's own thread.
        Thread.ofVirtual().name("farm-link-end-" + link.dialed).start(link::end);
      }
    }
    for (String address : wanted) {
      boolean here =
          links.containsKey(address) || joined.stream().anyMatch(link -> link.self.equals(address));
      if (!here && links.size() < MAX_LINKS) {
        Link link = new Link(address);
        links.put(address, link);
        link.thread.start();
      } else if (!here) {
        LOG.atWarn().addKeyValue("coordinator", address).log("too many coordinators; not joined");
      }
    }
  }

  /** Nobody left to ask: what was known last stays. */
  private void tellFarm(List<Link> joined) {
    Set<String> all = new HashSet<>(named);
    joined.forEach(link -> all.addAll(link.peers));
    if (!all.equals(farm)) {
      farm = Set.copyOf(all);
      coordinators.farm(farm);
    }
  }

  /** Cancels what runs, says goodbye to all and ends. */
  @Override
  public void close() {
    List<Link> open;
    synchronized (this) {
      closed = true;
      open = List.copyOf(links.values());
    }
    open.forEach(link -> link.membership.close());
    try {
      long deadline = System.nanoTime() + END_PATIENCE.toNanos();
      for (Link link : open) {
        if (!link.membership.await(Duration.ofNanos(Math.max(1, deadline - System.nanoTime())))) {
          LOG.atWarn().addKeyValue("coordinator", link.self).log("not everything ended in time");
        }
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
    // Side by side: each waits a moment for the other end.
    List<Thread> ends = open.stream().map(link -> Thread.ofVirtual().start(link::end)).toList();
    try {
      for (Thread end : ends) {
        end.join();
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  /** The coordinators that are joined now, by their own addresses. */
  synchronized List<String> joined() {
    return links.values().stream().filter(link -> link.joined).map(link -> link.self).toList();
  }
}
