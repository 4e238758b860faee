package dev.slipway.coordination;

import dev.slipway.cluster.Cluster;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether enough coordinators see each other for this one to take new builds: more than half of
 * all, or exactly half with the member that was the oldest when there were more. @ThreadSafe
 */
public final class Quorum implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Quorum.class);

  private static final Duration TICK = Duration.ofSeconds(1);

  /**
   * After a pause this long (the process was stopped, the machine slept) the others may have gone
   * on without this one, which has not heard of it yet.
   */
  private static final Duration PAUSE = Duration.ofSeconds(8);

  /** Broken connections are noticed in this time after a pause. */
  private static final Duration SETTLE = Duration.ofSeconds(3);

  private final int size;
  private final Thread ticker;

  // Guarded by this.
  private List<String> members = List.of();
  private Optional<String> anchor = Optional.empty();
  private long lastTick;
  private long trustedFrom;

  private Quorum(int size, long now, Thread ticker) {
    this.size = size;
    this.lastTick = now;
    this.trustedFrom = now;
    this.ticker = ticker;
  }

  /** For a test that tells it the members and the time. */
  Quorum(int size, long now) {
    this(size, now, new Thread(() -> {}));
  }

  /**
   * Starts to watch the cluster.
   *
   * @param size coordinators of the farm when all are there; 1 = it is always enough
   */
  public static Quorum start(Cluster cluster, int size) {
    Quorum[] started = new Quorum[1];
    Thread ticker = Thread.ofVirtual().name("quorum").unstarted(() -> started[0].watch(cluster));
    Quorum quorum = new Quorum(size, System.nanoTime(), ticker);
    started[0] = quorum;
    quorum.see(cluster.members());
    if (size > 1) {
      cluster.onChange(quorum::see);
      ticker.start();
    }
    return quorum;
  }

  /** Why this coordinator takes no new builds and what to do; empty when it takes them. */
  public Optional<String> refusal() {
    return refusal(System.nanoTime());
  }

  synchronized Optional<String> refusal(long now) {
    if (size == 1) {
      return Optional.empty();
    }
    int seen = members.size();
    boolean enough =
        2 * seen > size || (2 * seen == size && anchor.filter(members::contains).isPresent());
    if (!enough) {
      return Optional.of(
          "this coordinator sees "
              + seen
              + " of the farm's "
              + size
              + " coordinators, itself among them, and takes no new builds until it sees more than half:"
              + " use another coordinator's address, start the missing ones or mend the network between them");
    }
    if (now - lastTick > PAUSE.toNanos() || now - trustedFrom < 0) {
      return Optional.of(
          "this coordinator was stopped for a while and takes no new builds until it knows that the"
              + " others still see it: try again in a few seconds");
    }
    return Optional.empty();
  }

  synchronized void see(List<String> now) {
    members = now;
    if (2 * now.size() > size) {
      anchor = now.stream().findFirst();
    }
  }

  synchronized void tick(long now) {
    if (now - lastTick > PAUSE.toNanos()) {
      trustedFrom = now + SETTLE.toNanos();
    }
    lastTick = now;
  }

  private void watch(Cluster cluster) {
    boolean refused = false;
    try {
      while (true) {
        tick(System.nanoTime());
        Optional<String> refusal = refusal();
        if (refusal.isPresent() && !refused) {
          log.atWarn()
              .addKeyValue("reason", refusal.get())
              .addKeyValue("members", cluster.members())
              .log("no new builds are taken");
        } else if (refusal.isEmpty() && refused) {
          log.atInfo().addKeyValue("members", cluster.members()).log("builds are taken again");
        }
        refused = refusal.isPresent();
        Thread.sleep(TICK);
      }
    } catch (InterruptedException _) {
      log.debug("quorum not watched any more");
    }
  }

  @Override
  public void close() {
    ticker.interrupt();
  }
}
