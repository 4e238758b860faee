package dev.slipway.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.cache.LayerRecord;
import dev.slipway.cache.MemoryCacheIndex;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.fleet.Fleet;
import dev.slipway.protocol.buildkit.control.DiskUsageRequest;
import dev.slipway.protocol.buildkit.control.PruneRequest;
import dev.slipway.protocol.buildkit.control.UsageRecord;
import dev.slipway.protocol.worker.Answer;
import dev.slipway.protocol.worker.Ask;
import dev.slipway.protocol.worker.DiskUsed;
import dev.slipway.protocol.worker.Prune;
import dev.slipway.protocol.worker.Pruned;
import java.lang.reflect.Proxy;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class FarmDiskTest {
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

  private final Map<String, List<dev.slipway.protocol.worker.UsageRecord>> disks = new HashMap<>();
  private final Map<String, Prune> asked = new ConcurrentHashMap<>();
  private final MemoryCacheIndex index = new MemoryCacheIndex();
  private final Fleet fleet =
      (Fleet)
          Proxy.newProxyInstance(
              getClass().getClassLoader(),
              new Class<?>[] {Fleet.class},
              (_, method, arguments) ->
                  switch (method.getName()) {
                    case "workers" ->
                        disks.keySet().stream().sorted().map(ReadyFarm::node).toList();
                    case "ask" ->
                        answer((String) arguments[0], (Ask) arguments[1], (Duration) arguments[2]);
                    default -> throw new UnsupportedOperationException(method.getName());
                  });
  private final FarmDisk disk = new FarmDisk(fleet, index, Clock.fixed(NOW, ZoneOffset.UTC));

  @BeforeEach
  void fill() {
    disks.put("w1", List.of(record("snap:a", 10, 5), record("chain:b", 20, 50)));
    disks.put("w2", List.of(record("chain:b", 20, 500)));
    index.addHolder("w1", 1);
    index.addHolder("w2", 2);
    index.learn(
        List.of(
            new LayerRecord(
                "chain:b", 20, Optional.empty(), Optional.empty(), Set.of("w1", "w2"))));
  }

  private static dev.slipway.protocol.worker.UsageRecord record(
      String id, long size, long minutesAgo) {
    return dev.slipway.protocol.worker.UsageRecord.newBuilder()
        .setId(id)
        .setSize(size)
        .setRecordType("regular")
        .addParents("chain:parent")
        .setUsageCount(3)
        .setLastUsedAt(
            com.google.protobuf.Timestamp.newBuilder()
                .setSeconds(NOW.getEpochSecond() - 60 * minutesAgo))
        .build();
  }

  private Answer answer(String worker, Ask ask, Duration patience) throws SlipwayException {
    assertThat(patience).isPositive();
    List<dev.slipway.protocol.worker.UsageRecord> records = disks.get(worker);
    if (records.isEmpty()) {
      throw new SlipwayException(ErrorKind.UNAVAILABLE, "no answer");
    }
    if (ask.hasPrune()) {
      asked.put(worker, ask.getPrune());
      return Answer.newBuilder().setPruned(Pruned.newBuilder().addAllRecords(records)).build();
    }
    return Answer.newBuilder().setDiskUsed(DiskUsed.newBuilder().addAllRecords(records)).build();
  }

  @Test
  void addsUpAllWorkersAndSaysWhatIsShared() throws Exception {
    List<UsageRecord> records = disk.usage(DiskUsageRequest.getDefaultInstance());

    assertThat(records).hasSize(3);
    assertThat(records.stream().mapToLong(UsageRecord::getSize).sum()).isEqualTo(50);
    assertThat(records)
        .filteredOn(UsageRecord::getShared)
        .extracting(UsageRecord::getID)
        .containsExactly("chain:b", "chain:b");
    assertThat(records.getFirst().getParentsList()).containsExactly("chain:parent");
    assertThat(records.getFirst().getUsageCount()).isEqualTo(3);
  }

  @Test
  void filtersByWhatOnlyTheFarmKnowsAndByAge() throws Exception {
    assertThat(disk.usage(DiskUsageRequest.newBuilder().addFilter("private").build()))
        .extracting(UsageRecord::getID)
        .containsExactly("snap:a");
    assertThat(
            disk.usage(
                DiskUsageRequest.newBuilder()
                    .setAgeLimit(Duration.ofMinutes(60).toNanos())
                    .build()))
        .hasSize(1);
  }

  @Test
  void hasAllWorkersPruneAndPassesTheirRecordsOn() throws Exception {
    List<UsageRecord> gone = new ArrayList<>();
    PruneRequest request =
        PruneRequest.newBuilder()
            .setAll(true)
            .addFilter("type==regular")
            .setKeepDuration(7)
            .setReservedSpace(1)
            .setMaxUsedSpace(2)
            .setMinFreeSpace(3)
            .build();

    disk.prune(request, gone::add);

    assertThat(gone).hasSize(3);
    Prune prune =
        Prune.newBuilder()
            .setAll(true)
            .addFilters("type==regular")
            .setKeepDurationNanos(7)
            .setReservedSpace(1)
            .setMaxUsedSpace(2)
            .setMinFreeSpace(3)
            .build();
    assertThat(asked).containsEntry("w1", prune).containsEntry("w2", prune);
  }

  @Test
  void namesTheWorkerThatDoesNotAnswerAfterTheOthersHave() {
    disks.put("w2", List.of());
    List<UsageRecord> gone = new ArrayList<>();

    assertThatThrownBy(() -> disk.prune(PruneRequest.getDefaultInstance(), gone::add))
        .hasMessageContaining("1 of 2 workers")
        .hasMessageContaining("w2: no answer");
    assertThat(gone).hasSize(2);
  }

  @Test
  void refusesToPruneByWhatWorkersDoNotKnow() {
    assertThatThrownBy(
            () -> disk.prune(PruneRequest.newBuilder().addFilter("shared").build(), _ -> {}))
        .hasMessageContaining("shared");
    assertThat(asked).isEmpty();
  }
}
