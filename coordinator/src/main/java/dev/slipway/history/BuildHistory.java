package dev.slipway.history;

import dev.slipway.cluster.Cluster;
import dev.slipway.cluster.ClusterMap;
import dev.slipway.cluster.MapNames;
import dev.slipway.progress.BuildArchive;
import dev.slipway.progress.Changes;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the cards of this coordinator's builds in the shared map and follows the others', so that
 * reading costs no network. @ThreadSafe
 */
public final class BuildHistory implements FarmBuilds, AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(BuildHistory.class);

  /** Cards that are kept here; each is some hundred bytes, and a page shows fewer. */
  private static final int MAX_CARDS = 500;

  /** Time between two writes: a card is for people. */
  private static final Duration PACE = Duration.ofMillis(500);

  /** Changes are heard of at once; this finds what a split or a merge swallowed. */
  private static final Duration SECOND_LOOK = Duration.ofSeconds(10);

  private final Cluster cluster;
  private final Supplier<String> address;
  private final BuildArchive own;
  private final Changes changes;
  private final ClusterMap<BuildCard> map;
  private final Map<String, BuildCard> known = new ConcurrentHashMap<>();
  private final Thread follower;

  /** What was written last; owned by the follower. */
  private Map<String, BuildCard> written = Map.of();

  private BuildHistory(
      Cluster cluster, Supplier<String> address, BuildArchive own, Changes changes) {
    this.cluster = cluster;
    this.address = address;
    this.own = own;
    this.changes = changes;
    this.map = cluster.map(MapNames.HISTORY, new BuildCardCodec());
    this.follower = Thread.ofVirtual().name("build-history").unstarted(this::follow);
  }

  /**
   * Starts to write this coordinator's cards and to follow the others'.
   *
   * @param address {@code host:port} of this coordinator's page
   * @param changes of this coordinator's builds; told of the others' too
   */
  public static BuildHistory start(
      Cluster cluster, Supplier<String> address, BuildArchive own, Changes changes) {
    BuildHistory history = new BuildHistory(cluster, address, own, changes);
    history.map.watch(history::heard);
    history.follower.start();
    return history;
  }

  @Override
  public List<BuildCard> all() {
    Map<String, BuildCard> all = new HashMap<>(known);
    all.putAll(cards());
    return all.values().stream()
        .sorted(Comparator.comparing(BuildCard::startedAt).reversed().thenComparing(BuildCard::id))
        .toList();
  }

  @Override
  public Optional<BuildCard> card(String id) {
    return Optional.ofNullable(cards().get(id)).or(() -> Optional.ofNullable(known.get(id)));
  }

  @Override
  public boolean isLive(BuildCard card) {
    return cluster.isLive(card.coordinator());
  }

  @Override
  public void close() {
    follower.interrupt();
  }

  private Map<String, BuildCard> cards() {
    Map<String, BuildCard> cards = new HashMap<>();
    own.recent()
        .forEach(build ->
            cards.putIfAbsent(build.id(), BuildCard.of(build, cluster.self(), address.get())));
    return cards;
  }

  private void heard(String id, Optional<BuildCard> card) {
    card.ifPresentOrElse(this::learn, () -> known.remove(id));
    changes.happened();
  }

  private void learn(BuildCard card) {
    known.put(card.id(), card);
    while (known.size() > MAX_CARDS) {
      known.values().stream()
          .min(Comparator.comparing(BuildCard::startedAt))
          .ifPresent(oldest -> known.remove(oldest.id(), oldest));
    }
  }

  private void follow() {
    long seen = -1;
    long looked = System.nanoTime() - SECOND_LOOK.toNanos();
    try {
      while (true) {
        long now = changes.version();
        try {
          if (System.nanoTime() - looked >= SECOND_LOOK.toNanos()) {
            map.forEach((_, card) -> learn(card));
            looked = System.nanoTime();
          }
          write();
          seen = now;
        } catch (RuntimeException e) {
          // The member is stopping, or a part of the map is on its way to another member.
          log.atWarn()
              .addKeyValue("reason", e.toString())
              .log("builds of the farm not exchanged; tried again soon");
        }
        Thread.sleep(PACE);
        changes.await(seen, SECOND_LOOK);
      }
    } catch (InterruptedException _) {
      log.debug("builds of the farm not followed any more");
    }
  }

  private void write() {
    Map<String, BuildCard> now = cards();
    Map<String, BuildCard> news = new HashMap<>(now);
    news.entrySet().removeIf(entry -> entry.getValue().equals(written.get(entry.getKey())));
    if (!news.isEmpty()) {
      map.setAll(news);
    }
    written = now;
  }
}
