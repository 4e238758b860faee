package dev.slipway.holdings;

import com.google.protobuf.Timestamp;
import dev.slipway.error.SlipwayException;
import dev.slipway.explain.Provenance;
import dev.slipway.fleet.Fleet;
import dev.slipway.fleet.WorkerNode;
import dev.slipway.protocol.worker.Answer;
import dev.slipway.protocol.worker.Ask;
import dev.slipway.protocol.worker.DiskUsage;
import dev.slipway.protocol.worker.UsageRecord;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * Asks all workers what they hold and puts their answers together. However many people look, the
 * workers are asked every few seconds at most. Blocks; @ThreadSafe
 */
public final class Holdings {
  /** A worker looks into a table in memory. */
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  /** What was heard is told again for so long. */
  private static final Duration FRESH = Duration.ofSeconds(5);

  private static final String MOUNT = "exec.cachemount";
  private static final String MOUNT_DESCRIPTION = "cache mount ";

  private final Fleet fleet;
  private final Function<Collection<String>, Map<String, Provenance>> provenance;
  private final Clock clock;

  /** Guards {@code last}; held while workers are asked, so that nobody asks beside. */
  private final ReentrantLock lock = new ReentrantLock();

  private Heard last = new Heard(Instant.MIN, List.of(), Map.of());

  private record Heard(Instant at, List<Holding> holdings, Map<String, String> silent) {}

  /**
   * @param provenance of layers by id, those of which it is known
   */
  public Holdings(
      Fleet fleet, Function<Collection<String>, Map<String, Provenance>> provenance, Clock clock) {
    this.fleet = fleet;
    this.provenance = provenance;
    this.clock = clock;
  }

  /**
   * Returns what matches and may be seen. A worker that does not answer is named; what only it
   * holds is missing.
   *
   * @param visible what whoever asks may see
   */
  public Page find(Query query, Predicate<Holding> visible) throws InterruptedException {
    Heard heard = heard();
    List<Holding> found =
        heard.holdings().stream()
            .filter(visible)
            .filter(query::matches)
            .sorted(query.order().descending())
            .toList();
    return new Page(
        heard.at(),
        found.size(),
        found.stream().mapToLong(Holding::size).sum(),
        found.stream().skip(query.offset()).limit(query.limit()).toList(),
        heard.silent());
  }

  private Heard heard() throws InterruptedException {
    lock.lockInterruptibly();
    try {
      if (last.at().isBefore(clock.instant().minus(FRESH))) {
        last = ask();
      }
      return last;
    } finally {
      lock.unlock();
    }
  }

  private Heard ask() throws InterruptedException {
    Instant at = clock.instant();
    Ask ask = Ask.newBuilder().setDiskUsage(DiskUsage.getDefaultInstance()).build();
    Map<String, Answer> answers = new ConcurrentHashMap<>();
    Map<String, String> silent = new ConcurrentHashMap<>();
    List<Thread> threads = new ArrayList<>();
    for (WorkerNode worker : fleet.workers()) {
      threads.add(
          Thread.ofVirtual()
              .name("holdings-" + worker.id())
              .start(() -> ask(worker, ask, answers, silent)));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    return new Heard(at, together(answers), silent);
  }

  private void ask(
      WorkerNode worker, Ask ask, Map<String, Answer> answers, Map<String, String> silent) {
    String name = worker.labels().getOrDefault("dev.slipway.worker.name", worker.id());
    try {
      answers.put(name, fleet.ask(worker.id(), ask, PATIENCE));
    } catch (SlipwayException e) {
      silent.put(name, e.getMessage());
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private List<Holding> together(Map<String, Answer> answers) {
    Map<String, Map<String, UsageRecord>> copies = new HashMap<>();
    answers.forEach((worker, answer) -> {
      for (UsageRecord record : answer.getDiskUsed().getRecordsList()) {
        copies.computeIfAbsent(record.getId(), _ -> new HashMap<>()).put(worker, record);
      }
    });
    Map<String, Provenance> known = provenance.apply(copies.keySet());
    List<Holding> holdings = new ArrayList<>();
    copies.forEach(
        (id, byWorker) -> holdings.add(holding(id, byWorker, Optional.ofNullable(known.get(id)))));
    return holdings;
  }

  private static Holding holding(
      String id, Map<String, UsageRecord> copies, Optional<Provenance> from) {
    UsageRecord any = copies.values().iterator().next();
    String description = any.getDescription().replaceAll(" on \\S+$", "");
    return new Holding(
        id,
        any.getRecordType(),
        description,
        copies.values().stream().mapToLong(UsageRecord::getSize).max().orElse(0),
        copies.values().stream()
            .map(copy -> instant(copy.getCreatedAt()))
            .min(Instant::compareTo)
            .orElse(Instant.EPOCH),
        copies.values().stream()
            .map(copy -> instant(copy.getLastUsedAt()))
            .max(Instant::compareTo)
            .orElse(Instant.EPOCH),
        copies.values().stream().mapToLong(UsageRecord::getUsageCount).sum(),
        copies.values().stream().anyMatch(UsageRecord::getInUse),
        List.copyOf(new TreeSet<>(copies.keySet())),
        from.map(Provenance::tenant).or(() -> tenantOfMount(any)),
        from);
  }

  /** A cache mount's name begins with its tenant. */
  private static Optional<String> tenantOfMount(UsageRecord record) {
    String name = record.getDescription();
    int slash = name.indexOf('/');
    return record.getRecordType().equals(MOUNT)
            && name.startsWith(MOUNT_DESCRIPTION)
            && slash > MOUNT_DESCRIPTION.length()
        ? Optional.of(name.substring(MOUNT_DESCRIPTION.length(), slash))
        : Optional.empty();
  }

  private static Instant instant(Timestamp time) {
    return Instant.ofEpochSecond(time.getSeconds(), time.getNanos());
  }
}
