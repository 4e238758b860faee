package dev.slipway.source;

import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * Whose turn it is to give something: transfers are spread over those that could, few at once from
 * each, and who did not answer lately comes last. {@code this} guards everything. @ThreadSafe
 */
final class Peers {
  /** Downloads at once: enough to fill a link, few enough for a registry's patience. */
  static final int MOST_AT_ONCE = 6;

  /** From one peer: two keep its link full while a third is being unpacked here. */
  static final int MOST_FROM_ONE = 3;

  /** A restart of a worker takes that long; a hung one is found out by its coordinators. */
  private static final Duration DOUBT = Duration.ofSeconds(15);

  private final Map<String, Integer> underWay = new HashMap<>();
  private final Map<String, Long> doubtedUntil = new HashMap<>(); // nanoTime
  private int total;

  /** The right to one transfer from the origin. Closing twice is allowed. */
  final class Turn implements AutoCloseable {
    private final TarOrigin origin;
    private boolean over;

    private Turn(TarOrigin origin) {
      this.origin = origin;
    }

    TarOrigin origin() {
      return origin;
    }

    @Override
    public void close() {
      synchronized (Peers.this) {
        if (!over) {
          over = true;
          total--;
          underWay.computeIfPresent(origin.host(), (_, count) -> count > 1 ? count - 1 : null);
          Peers.this.notifyAll();
        }
      }
    }
  }

  /** The right to one download, whoever gives it. */
  interface Slot extends AutoCloseable {
    @Override
    void close();
  }

  /** Waits until one of the origins may be asked for the layer. */
  synchronized Turn turn(List<TarOrigin> origins, String layerId) throws InterruptedException {
    while (true) {
      List<TarOrigin> trusted =
          origins.stream().filter(origin -> !isDoubted(origin.host())).toList();
      Optional<TarOrigin> best =
          (trusted.isEmpty() ? origins : trusted)
              .stream()
                  .filter(origin -> load(origin.host()) < MOST_FROM_ONE)
                  .min(order(TarOrigin::host, layerId));
      if (total < MOST_AT_ONCE && best.isPresent()) {
        total++;
        underWay.merge(best.get().host(), 1, Integer::sum);
        return new Turn(best.get());
      }
      wait();
    }
  }

  /** Waits until a download may begin that is no business of a single peer. */
  synchronized Slot slot() throws InterruptedException {
    while (total >= MOST_AT_ONCE) {
      wait();
    }
    total++;
    return () -> {
      synchronized (this) {
        total--;
        notifyAll();
      }
    };
  }

  /** In the order in which to ask them. */
  synchronized <T> List<T> ordered(List<T> peers, Function<T, String> host, String what) {
    Comparator<T> trusted = Comparator.comparing(peer -> isDoubted(host.apply(peer)));
    return peers.stream().sorted(trusted.thenComparing(order(host, what))).toList();
  }

  /** It did not answer, or too slowly. */
  synchronized void doubt(String host) {
    doubtedUntil.values().removeIf(until -> until - System.nanoTime() < 0);
    doubtedUntil.put(host, System.nanoTime() + DOUBT.toNanos());
  }

  synchronized boolean isDoubted(String host) {
    Long until = doubtedUntil.get(host);
    return until != null && until - System.nanoTime() > 0;
  }

  private int load(String host) {
    return underWay.getOrDefault(host, 0);
  }

  /** Where loads are equal each layer has an order of its own, so that all workers share them. */
  private <T> Comparator<T> order(Function<T, String> host, String what) {
    Comparator<T> byLoad = Comparator.comparingInt(peer -> load(host.apply(peer)));
    return byLoad.thenComparingLong(peer -> mixed(host.apply(peer), what));
  }

  /** Fibonacci hashing: neighbouring ports must not make neighbouring numbers. */
  private static long mixed(String host, String what) {
    long hash = (host.hashCode() * 31L + what.hashCode()) * 0x9E3779B97F4A7C15L;
    return hash ^ hash >>> 29;
  }
}
