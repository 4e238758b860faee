package dev.slipway.control;

import dev.slipway.cache.CacheIndex;
import dev.slipway.cache.LayerRecord;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.fleet.Fleet;
import dev.slipway.fleet.WorkerNode;
import dev.slipway.pattern.FieldFilter;
import dev.slipway.protocol.buildkit.control.DiskUsageRequest;
import dev.slipway.protocol.buildkit.control.PruneRequest;
import dev.slipway.protocol.buildkit.control.UsageRecord;
import dev.slipway.protocol.worker.Answer;
import dev.slipway.protocol.worker.Ask;
import dev.slipway.protocol.worker.DiskUsage;
import dev.slipway.protocol.worker.Prune;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionService;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Consumer;

/**
 * The disks of all workers as BuildKit's clients see one. All workers are asked at the same time; a
 * worker that does not answer is named in an error once the others have. @ThreadSafe
 */
public final class FarmDisk {
  /** A worker looks into a table in memory. */
  private static final Duration USAGE_PATIENCE = Duration.ofSeconds(30);

  /** A worker removes files, and waits until a collection of its own has ended. */
  private static final Duration PRUNE_PATIENCE = Duration.ofMinutes(10);

  /** Names of fields that a single worker knows nothing about. */
  private static final Set<String> OF_THE_FARM = Set.of("shared", "private");

  private final Fleet fleet;
  private final CacheIndex index;
  private final Clock clock;

  public FarmDisk(Fleet fleet, CacheIndex index, Clock clock) {
    this.fleet = fleet;
    this.index = index;
    this.clock = clock;
  }

  /**
   * What is on the disks; a layer that two workers have is there twice.
   *
   * @throws SlipwayException INVALID when a filter is malformed, UNAVAILABLE naming the workers
   *     that did not answer
   */
  List<UsageRecord> usage(DiskUsageRequest request) throws SlipwayException, InterruptedException {
    FieldFilter filter = FieldFilter.parse(request.getFilterList());
    Instant cutOff = clock.instant().minusNanos(request.getAgeLimit());
    List<UsageRecord> records = new ArrayList<>();
    Ask ask = Ask.newBuilder().setDiskUsage(DiskUsage.getDefaultInstance()).build();
    askAll(
        ask,
        USAGE_PATIENCE,
        answer -> {
          for (UsageRecord record : shared(answer.getDiskUsed().getRecordsList())) {
            boolean old =
                request.getAgeLimit() <= 0 || !UsageRecords.lastUse(record).isAfter(cutOff);
            if (old && filter.matches(UsageRecords.fields(record))) {
              records.add(record);
            }
          }
        });
    return records;
  }

  /**
   * Removes what nothing needs; sizes are meant for each worker.
   *
   * @param removed hears of every record that is gone, on this thread
   * @throws SlipwayException as {@link #usage}; the others have pruned nevertheless
   */
  void prune(PruneRequest request, Consumer<UsageRecord> removed)
      throws SlipwayException, InterruptedException {
    for (String field : FieldFilter.parse(request.getFilterList()).fields()) {
      if (OF_THE_FARM.contains(field)) {
        throw new SlipwayException(
            ErrorKind.UNSUPPORTED,
            "pruning by \""
                + field
                + "\" is not supported yet: workers do not know what others have");
      }
    }
    Prune prune =
        Prune.newBuilder()
            .addAllFilters(request.getFilterList())
            .setAll(request.getAll())
            .setKeepDurationNanos(request.getKeepDuration())
            .setReservedSpace(request.getReservedSpace())
            .setMaxUsedSpace(request.getMaxUsedSpace())
            .setMinFreeSpace(request.getMinFreeSpace())
            .build();
    askAll(
        Ask.newBuilder().setPrune(prune).build(),
        PRUNE_PATIENCE,
        answer ->
            answer
                .getPruned()
                .getRecordsList()
                .forEach(record -> removed.accept(UsageRecords.of(record, false))));
  }

  private List<UsageRecord> shared(List<dev.slipway.protocol.worker.UsageRecord> records) {
    Map<String, LayerRecord> known =
        index.layers(records.stream().map(record -> record.getId()).toList());
    return records.stream()
        .map(record -> {
          LayerRecord layer = known.get(record.getId());
          return UsageRecords.of(record, layer != null && layer.holders().size() > 1);
        })
        .toList();
  }

  private record Reply(WorkerNode worker, Optional<Answer> answer, String failure) {}

  private void askAll(Ask ask, Duration patience, Consumer<Answer> answers)
      throws SlipwayException, InterruptedException {
    List<WorkerNode> workers = fleet.workers();
    Map<String, String> failures = new HashMap<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      CompletionService<Reply> replies = new ExecutorCompletionService<>(threads);
      workers.forEach(worker -> replies.submit(() -> reply(worker, ask, patience)));
      try {
        for (int i = 0; i < workers.size(); i++) {
          Reply reply = replies.take().get();
          reply.answer().ifPresent(answers);
          if (reply.answer().isEmpty()) {
            failures.put(WorkerRecords.name(reply.worker()), reply.failure());
          }
        }
      } catch (ExecutionException e) {
        throw new SlipwayException(
            ErrorKind.INTERNAL, "asking a worker about its disk failed: " + e.getCause(), e);
      } finally {
        threads.shutdownNow();
      }
    }
    if (!failures.isEmpty()) {
      List<String> sentences = new ArrayList<>();
      failures.forEach((worker, why) -> sentences.add(worker + ": " + why));
      throw new SlipwayException(
          ErrorKind.UNAVAILABLE,
          failures.size()
              + " of "
              + workers.size()
              + " workers did not do it: "
              + String.join("; ", sentences.stream().sorted().toList()));
    }
  }

  private Reply reply(WorkerNode worker, Ask ask, Duration patience) throws InterruptedException {
    try {
      return new Reply(worker, Optional.of(fleet.ask(worker.id(), ask, patience)), "");
    } catch (SlipwayException e) {
      return new Reply(worker, Optional.empty(), e.getMessage());
    }
  }
}
