package dev.slipway.holdings;

import com.google.protobuf.Timestamp;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.fleet.Fleet;
import dev.slipway.fleet.WorkerNode;
import dev.slipway.oci.Platform;
import dev.slipway.protocol.worker.Answer;
import dev.slipway.protocol.worker.DiskUsed;
import dev.slipway.protocol.worker.UsageRecord;
import java.lang.reflect.Proxy;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;

/** Workers of which nothing is known but what their disks hold. */
public final class Disks {
  private final Map<String, List<UsageRecord>> byWorker = new TreeMap<>();
  private final AtomicInteger asked = new AtomicInteger();

  /** Sets what a worker holds. */
  public Disks with(String worker, UsageRecord... records) {
    byWorker.put(worker, List.of(records));
    return this;
  }

  /** Lets a worker be there and say nothing. */
  public Disks silent(String worker) {
    return with(worker);
  }

  /** How often workers were asked, all together. */
  public int asked() {
    return asked.get();
  }

  /** The workers as the farm sees them. */
  public Fleet fleet() {
    return (Fleet)
        Proxy.newProxyInstance(
            getClass().getClassLoader(),
            new Class<?>[] {Fleet.class},
            (_, method, arguments) ->
                switch (method.getName()) {
                  case "workers" -> byWorker.keySet().stream().map(Disks::node).toList();
                  case "ask" -> answer((String) arguments[0]);
                  default -> throw new UnsupportedOperationException(method.getName());
                });
  }

  private Answer answer(String worker) throws SlipwayException {
    asked.incrementAndGet();
    if (byWorker.get(worker).isEmpty()) {
      throw new SlipwayException(ErrorKind.UNAVAILABLE, "it does not answer");
    }
    return Answer.newBuilder()
        .setDiskUsed(DiskUsed.newBuilder().addAllRecords(byWorker.get(worker)))
        .build();
  }

  private static WorkerNode node(String id) {
    return new WorkerNode(
        id,
        "test",
        List.of(Platform.LINUX_AMD64),
        List.of(),
        1,
        "http://" + id,
        Map.of(),
        Instant.EPOCH);
  }

  /** A record of 100 bytes for each second since the epoch, used twice and at that second last. */
  public static UsageRecord record(String id, String type, String description, long second) {
    Timestamp time = Timestamp.newBuilder().setSeconds(second).build();
    return UsageRecord.newBuilder()
        .setId(id)
        .setRecordType(type)
        .setDescription(description)
        .setSize(100 * second)
        .setUsageCount(2)
        .setCreatedAt(time)
        .setLastUsedAt(time)
        .build();
  }
}
