package dev.slipway.coordination;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;

/**
 * One coordinator as it describes itself to the others.
 *
 * @param id of its cluster member; new with each start
 * @param workersAddress {@code host:port} of its server for workers and coordinators, as they reach
 *     it
 * @param endpoints where clients connect, {@code tcp://host:port} or {@code unix://path}
 * @param httpAddress {@code host:port} of its page, as workers and coordinators reach it
 */
public record CoordinatorRecord(
    String id,
    String workersAddress,
    List<String> endpoints,
    String httpAddress,
    Instant startedAt) {
  public CoordinatorRecord {
    endpoints = List.copyOf(endpoints);
    startedAt = startedAt.truncatedTo(ChronoUnit.MILLIS); // as it comes back from the map
  }
}
