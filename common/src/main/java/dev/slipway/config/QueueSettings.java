package dev.slipway.config;

import dev.slipway.error.SlipwayException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * {@code [queue]}: how stages wait for workers.
 *
 * @param maxWaiting stages in the queue at most
 * @param tenant what holds for a tenant that {@code tenants} does not name
 * @param tenants by name: {@code [queue.tenant.team-a]}
 * @param maxWait longest time of a stage in the queue
 * @param workerPatience how long a stage waits for a first worker that can run it
 * @param emulationPatience how long a stage waits for a native worker before it is emulated
 * @param stageTimeout longest time of a stage on a worker
 * @param buildTimeout longest build
 */
public record QueueSettings(
    int maxWaiting,
    Limits tenant,
    Map<String, Limits> tenants,
    Duration maxWait,
    Duration workerPatience,
    Duration emulationPatience,
    Duration stageTimeout,
    Duration buildTimeout) {
  public static final QueueSettings DEFAULT =
      new QueueSettings(
          100_000,
          new Limits(Integer.MAX_VALUE, Integer.MAX_VALUE),
          Map.of(),
          Duration.ofHours(1),
          Duration.ofSeconds(30),
          Duration.ofSeconds(10),
          Duration.ofHours(6),
          Duration.ofHours(24));

  public QueueSettings {
    tenants = Map.copyOf(tenants);
  }

  /**
   * Of one tenant.
   *
   * @param maxRunning stages at once
   * @param maxWaiting stages in the queue
   */
  public record Limits(int maxRunning, int maxWaiting) {
    private static Limits read(TomlTable table, Limits others) throws SlipwayException {
      return new Limits(
          table.number("max-running", 1).orElse(others.maxRunning),
          table.number("max-waiting", 1).orElse(others.maxWaiting));
    }
  }

  /** What holds for the tenant. */
  public Limits limits(String name) {
    return tenants.getOrDefault(name, tenant);
  }

  /** The time as a file would give it: {@code 90s}, {@code 15m}, {@code 6h}. */
  public static String text(Duration time) {
    if (time.toMillis() % 1000 != 0) {
      return time.toMillis() + "ms";
    }
    long seconds = time.toSeconds();
    return seconds == 0 || seconds % 60 != 0
        ? seconds + "s"
        : seconds % 3600 != 0 ? seconds / 60 + "m" : seconds / 3600 + "h";
  }

  static QueueSettings read(TomlTable table) throws SlipwayException {
    Limits tenant =
        new Limits(
            table.number("max-running-per-tenant", 1).orElse(DEFAULT.tenant.maxRunning),
            table.number("max-waiting-per-tenant", 1).orElse(DEFAULT.tenant.maxWaiting));
    Map<String, Limits> tenants = new LinkedHashMap<>();
    for (Map.Entry<String, TomlTable> entry : table.tables("tenant").entrySet()) {
      tenants.put(entry.getKey(), Limits.read(entry.getValue(), tenant));
      entry.getValue().end();
    }
    QueueSettings settings =
        new QueueSettings(
            table.number("max-waiting", 1).orElse(DEFAULT.maxWaiting),
            tenant,
            tenants,
            table.duration("max-wait").orElse(DEFAULT.maxWait),
            table.duration("worker-patience").orElse(DEFAULT.workerPatience),
            table.duration("emulation-patience").orElse(DEFAULT.emulationPatience),
            table.duration("stage-timeout").orElse(DEFAULT.stageTimeout),
            table.duration("build-timeout").orElse(DEFAULT.buildTimeout));
    table.end();
    return settings;
  }
}
