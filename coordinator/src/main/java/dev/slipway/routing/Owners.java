package dev.slipway.routing;

import dev.slipway.cluster.Cluster;
import dev.slipway.cluster.ClusterMap;
import dev.slipway.cluster.Codec;
import dev.slipway.cluster.MapNames;
import dev.slipway.coordination.CoordinatorRecord;
import dev.slipway.coordination.Coordinators;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which coordinator has which session and build. What is here is known at once; what is elsewhere
 * is looked up in the cluster, by those who wait for it again when the cluster tells of
 * it. @ThreadSafe
 */
final class Owners implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Owners.class);

  /** Ended builds that others find here: as many as can be asked for. */
  private static final int MAX_ENDED = 100;

  /** The cluster tells of changes; this finds those that a split or a merge swallowed. */
  private static final Duration LOOK_AGAIN = Duration.ofMillis(500);

  /** A coordinator may own something before this one has heard that it joined. */
  private static final Duration LOST_AFTER = Duration.ofSeconds(1);

  private static final Codec<String> ID =
      new Codec<>() {
        @Override
        public byte[] encode(String value) {
          return value.getBytes(StandardCharsets.UTF_8);
        }

        @Override
        public String decode(byte[] bytes) {
          return new String(bytes, StandardCharsets.UTF_8);
        }
      };

  private final Coordinators coordinators;
  private final ClusterMap<String> owners;

  /** Key to the number of calls that hold it. */
  private final Map<String, Integer> mine = new ConcurrentHashMap<>();

  private final Map<String, Set<Semaphore>> waiting = new ConcurrentHashMap<>();

  /** Guarded by itself. */
  private final Deque<Owned> ended = new ArrayDeque<>();

  /** Writes to the map in order; no call waits for them. */
  private final ExecutorService writes =
      Executors.newSingleThreadExecutor(Thread.ofVirtual().name("owners").factory());

  Owners(Cluster cluster, Coordinators coordinators) {
    this.coordinators = coordinators;
    this.owners = cluster.map(MapNames.BUILD_OWNERS, ID);
    owners.watch((key, _) -> wake(key));
  }

  /** It is here from now on. */
  void claim(Owned owned) {
    mine.merge(owned.key(), 1, Integer::sum);
    wake(owned.key());
    write(() -> owners.set(owned.key(), coordinators.selfId()));
  }

  /** One call less holds it; nobody has it any more when that was the last. */
  void release(Owned owned) {
    if (mine.computeIfPresent(owned.key(), (_, calls) -> calls == 1 ? null : calls - 1) == null) {
      write(() -> {
        if (!mine.containsKey(owned.key())) {
          owners.remove(owned.key());
        }
      });
    }
  }

  /** A build has ended; it is released when enough others have ended after it. */
  void ended(Owned build) {
    Optional<Owned> forgotten = Optional.empty();
    synchronized (ended) {
      ended.addLast(build);
      if (ended.size() > MAX_ENDED) {
        forgotten = Optional.of(ended.removeFirst());
      }
    }
    forgotten.ifPresent(this::release);
  }

  /** Returns where it is, waiting for it to appear somewhere. */
  Place find(Owned owned, Duration patience, BooleanSupplier cancelled)
      throws InterruptedException {
    Semaphore changed = new Semaphore(0);
    long start = System.nanoTime();
    join(owned.key(), changed);
    try {
      while (true) {
        if (mine.containsKey(owned.key())) {
          return new Place.Here();
        }
        Optional<String> owner = lookUp(owned);
        if (owner.isPresent() && owner.get().equals(coordinators.selfId())) {
          return new Place.Here();
        }
        Optional<CoordinatorRecord> record = owner.flatMap(coordinators::find);
        if (record.isPresent()) {
          return new Place.There(record.get());
        }
        long passed = System.nanoTime() - start;
        if (owner.isPresent()
            && !coordinators.isLive(owner.get())
            && passed >= Math.min(LOST_AFTER.toNanos(), patience.toNanos())) {
          return new Place.Lost(owner.get());
        }
        long left = patience.toNanos() - passed;
        if (left <= 0 || cancelled.getAsBoolean()) {
          return new Place.Nowhere();
        }
        changed.tryAcquire(Math.min(left, LOOK_AGAIN.toNanos()), TimeUnit.NANOSECONDS);
      }
    } finally {
      part(owned.key(), changed);
    }
  }

  private Optional<String> lookUp(Owned owned) {
    try {
      return owners.get(owned.key());
    } catch (RuntimeException e) {
      // The part of the map that has it is on its way to another member.
      log.atWarn().addKeyValue("of", owned.words()).setCause(e).log("owner not looked up");
      return Optional.empty();
    }
  }

  private void join(String key, Semaphore waiter) {
    waiting.compute(
        key,
        (_, others) -> {
          Set<Semaphore> all = others == null ? ConcurrentHashMap.newKeySet() : others;
          all.add(waiter);
          return all;
        });
  }

  private void part(String key, Semaphore waiter) {
    waiting.computeIfPresent(
        key,
        (_, all) -> {
          all.remove(waiter);
          return all.isEmpty() ? null : all;
        });
  }

  private void wake(String key) {
    Set<Semaphore> waiters = waiting.get(key);
    if (waiters != null) {
      waiters.forEach(Semaphore::release);
    }
  }

  private void write(Runnable write) {
    try {
      writes.execute(() -> {
        try {
          write.run();
        } catch (RuntimeException e) {
          log.atWarn()
              .setCause(e)
              .log("owner not written; calls that land elsewhere will not find it");
        }
      });
    } catch (RejectedExecutionException _) {
      log.debug("owner not written: the coordinator is stopping");
    }
  }

  @Override
  public void close() {
    writes.shutdownNow();
  }
}
