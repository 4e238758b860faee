package dev.slipway.quota;

import dev.slipway.cache.LayerCensus;
import dev.slipway.error.SlipwayException;
import dev.slipway.fleet.Fleet;
import dev.slipway.fleet.WorkerNode;
import dev.slipway.identity.Tenants;
import dev.slipway.protocol.worker.Answer;
import dev.slipway.protocol.worker.Ask;
import dev.slipway.protocol.worker.DiskUsage;
import dev.slipway.protocol.worker.Prune;
import dev.slipway.protocol.worker.UsageRecord;
import dev.slipway.telemetry.CacheMetric;
import dev.slipway.telemetry.Meters;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Holds tenants to what they may keep on the workers' disks ({@code tenant.NAME.cache-bytes}):
 * every minute, at one coordinator. Behind the builds: a tenant may have more for a while. A result
 * whose layers went is built again. One virtual thread; nothing runs where the configuration names
 * no tenant.
 */
public final class CacheQuotas implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(CacheQuotas.class);

  /** A worker looks into a table in memory. */
  private static final Duration USAGE_PATIENCE = Duration.ofSeconds(30);

  /** A worker renames folders, and may be in the middle of a collection of its own. */
  private static final Duration PRUNE_PATIENCE = Duration.ofMinutes(2);

  /** Names in one question to a worker. */
  private static final int BATCH = 200;

  private final Parts parts;
  private volatile Map<String, Long> measured = Map.of();
  private final Thread thread;

  /**
   * @param every time between two looks
   * @param mine whether it is this coordinator that looks
   */
  public record Parts(
      LayerCensus census,
      Fleet fleet,
      Tenants tenants,
      Duration every,
      BooleanSupplier mine,
      Meters meters) {}

  private CacheQuotas(Parts parts) {
    this.parts = parts;
    this.thread = Thread.ofVirtual().name("cache-quotas").unstarted(this::run);
  }

  /** Starts to look, if there is anything to look at. */
  public static CacheQuotas start(Parts parts) {
    CacheQuotas quotas = new CacheQuotas(parts);
    for (String tenant : parts.tenants().named()) {
      parts
          .meters()
          .gauge(CacheMetric.TENANT_BYTES, () -> quotas.measured.getOrDefault(tenant, 0L), tenant);
    }
    if (!parts.tenants().byName().isEmpty()) {
      quotas.thread.start();
    }
    return quotas;
  }

  private void run() {
    try {
      while (true) {
        Thread.sleep(parts.every());
        if (parts.mine().getAsBoolean()) {
          look();
        } else {
          measured = Map.of();
        }
      }
    } catch (InterruptedException _) {
      log.debug("cache quotas are not looked after any more");
    }
  }

  private void look() throws InterruptedException {
    try {
      Ledger ledger = new Ledger(entries());
      measured = ledger.bytes();
      for (String tenant : ledger.tenants()) {
        OptionalLong bound = parts.tenants().settings(tenant).cacheBytes();
        if (bound.isPresent()) {
          hold(tenant, bound.getAsLong(), ledger);
        }
      }
    } catch (RuntimeException e) {
      // The part of a map that was asked is on its way to another member; the next look is soon.
      log.atWarn().setCause(e).log("cache quotas not looked after this time");
    }
  }

  private List<Ledger.Entry> entries() throws InterruptedException {
    Map<String, Set<String>> tenants = parts.census().tenants();
    List<Ledger.Entry> entries = new ArrayList<>();
    Ask ask = Ask.newBuilder().setDiskUsage(DiskUsage.getDefaultInstance()).build();
    for (WorkerNode worker : parts.fleet().workers()) {
      for (UsageRecord record : ask(worker, ask, USAGE_PATIENCE).getDiskUsed().getRecordsList()) {
        Set<String> owners = tenants.get(record.getId());
        if (owners != null) {
          entries.add(
              new Ledger.Entry(
                  worker.id(),
                  record.getId(),
                  owners,
                  record.getSize(),
                  Instant.ofEpochSecond(
                      record.getLastUsedAt().getSeconds(), record.getLastUsedAt().getNanos()),
                  record.getInUse()));
        }
      }
    }
    return entries;
  }

  private void hold(String tenant, long bound, Ledger ledger) throws InterruptedException {
    Map<String, List<String>> byWorker = new HashMap<>();
    for (Ledger.Entry entry : ledger.excess(tenant, bound)) {
      byWorker.computeIfAbsent(entry.worker(), _ -> new ArrayList<>()).add(entry.id());
    }
    long removed = 0;
    for (WorkerNode worker : parts.fleet().workers()) {
      List<String> ids = byWorker.getOrDefault(worker.id(), List.of());
      for (int from = 0; from < ids.size(); from += BATCH) {
        removed += prune(worker, ids.subList(from, Math.min(ids.size(), from + BATCH)));
      }
    }
    if (removed > 0) {
      parts.meters().add(CacheMetric.QUOTA_COLLECTED_BYTES, removed);
      log.atInfo()
          .addKeyValue("tenant", tenant)
          .addKeyValue("had", ledger.bytes(tenant))
          .addKeyValue("bound", bound)
          .addKeyValue("removed", removed)
          .log("cache of a tenant cut to its bound");
    }
  }

  private long prune(WorkerNode worker, List<String> ids) throws InterruptedException {
    Prune prune =
        Prune.newBuilder()
            .addAllFilters(ids.stream().map(id -> "id==\"" + id + "\"").toList())
            .setAll(true)
            .build();
    return ask(worker, Ask.newBuilder().setPrune(prune).build(), PRUNE_PATIENCE)
        .getPruned()
        .getRecordsList()
        .stream()
        .mapToLong(UsageRecord::getSize)
        .sum();
  }

  /** A worker that does not answer counts as one that has nothing, until it does. */
  private Answer ask(WorkerNode worker, Ask ask, Duration patience) throws InterruptedException {
    try {
      return parts.fleet().ask(worker.id(), ask, patience);
    } catch (SlipwayException e) {
      log.atWarn()
          .addKeyValue("worker", worker.id())
          .addKeyValue("reason", e.getMessage())
          .log("worker did not answer about its disk");
      return Answer.getDefaultInstance();
    }
  }

  @Override
  public void close() {
    thread.interrupt();
  }
}
