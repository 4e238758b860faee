package dev.slipway.telemetry;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * Takes measurements. Values of labels are given in the order of the declaration, as constants or,
 * where the configuration bounds them, as text. @ThreadSafe
 */
public final class Meters {
  /** From a look-up to a build of an hour. */
  private static final Duration[] DURATIONS =
      Stream.of(10, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000, 60_000)
          .map(Duration::ofMillis)
          .toArray(Duration[]::new);

  private static final Duration[] LONG_DURATIONS = {
    Duration.ofMinutes(2), Duration.ofMinutes(5), Duration.ofMinutes(15), Duration.ofHours(1)
  };

  /** A mebibyte to 64 GiB, each four times the one before. */
  private static final double[] SIZES =
      Stream.iterate(1L << 20, size -> size <= 1L << 36, size -> size * 4)
          .mapToDouble(Long::doubleValue)
          .toArray();

  /** Something that goes on until it is closed. */
  public interface Ongoing extends AutoCloseable {
    @Override
    void close();
  }

  private final MeterRegistry registry;
  private final Map<WorkerMetric.Phase, AtomicInteger> phases =
      new EnumMap<>(WorkerMetric.Phase.class);

  public Meters(MeterRegistry registry) {
    this.registry = registry;
    for (WorkerMetric.Phase phase : WorkerMetric.Phase.values()) {
      phases.put(phase, new AtomicInteger());
    }
  }

  /** The registry, for what libraries measure. */
  public MeterRegistry registry() {
    return registry;
  }

  /**
   * Makes every counter and histogram of the process be there, at zero, whose labels are closed:
   * what has not happened yet can be told from what is not measured.
   */
  public void declare(Declaration.Where process) {
    for (Metric metric : Catalogue.all()) {
      Declaration declaration = metric.declaration();
      if (declaration.where().covers(process)
          && declaration.type() != Declaration.Type.GAUGE
          && declaration.labels().stream().allMatch(Label::isClosed)) {
        combinations(declaration.labels()).forEach(values -> touch(metric, values.toArray()));
      }
    }
    if (process == Declaration.Where.WORKER) {
      phases.forEach((phase, count) -> gauge(WorkerMetric.ACTIVITY, count::get, phase));
    }
  }

  private static List<List<String>> combinations(List<Label> labels) {
    List<List<String>> all = List.of(List.of());
    for (Label label : labels) {
      List<List<String>> longer = new ArrayList<>();
      for (List<String> begun : all) {
        label.values().forEach(value -> longer.add(append(begun, value)));
      }
      all = longer;
    }
    return all;
  }

  private static List<String> append(List<String> begun, String value) {
    List<String> longer = new ArrayList<>(begun);
    longer.add(value);
    return longer;
  }

  /** Makes a counter or histogram be there, at zero. */
  public void touch(Metric metric, Object... labels) {
    Declaration declaration = metric.declaration();
    switch (declaration.type()) {
      case COUNTER -> counter(declaration, labels);
      case DURATION -> timer(declaration, labels);
      case SIZE -> summary(declaration, labels);
      case GAUGE -> throw wrong(declaration, "a gauge has no value before it is bound");
    }
  }

  /** It happened once. */
  public void count(Metric metric, Object... labels) {
    counter(metric.declaration(), labels).increment();
  }

  /** A counter grew by that much. */
  public void add(Metric metric, double amount, Object... labels) {
    counter(metric.declaration(), labels).increment(amount);
  }

  /** It took that long. */
  public void record(Metric metric, Duration took, Object... labels) {
    timer(metric.declaration(), labels).record(took);
  }

  /** It had that size. */
  public void record(Metric metric, long bytes, Object... labels) {
    summary(metric.declaration(), labels).record(bytes);
  }

  /** From now on the gauge has the supplier's value; it must not block. */
  public void gauge(Metric metric, Supplier<Number> value, Object... labels) {
    Declaration declaration = metric.declaration();
    require(declaration, Declaration.Type.GAUGE);
    Gauge.builder(declaration.name(), value)
        .description(declaration.help())
        .tags(tags(declaration, labels))
        .strongReference(true)
        .register(registry);
  }

  /** From now on the counter has the supplier's value, which only grows. */
  public void counter(Metric metric, Supplier<Number> value, Object... labels) {
    Declaration declaration = metric.declaration();
    require(declaration, Declaration.Type.COUNTER);
    registry
        .find(declaration.name())
        .tags(tags(declaration, labels))
        .meters()
        .forEach(registry::remove);
    // Held by the function itself: the registry's own hold on the object is a weak one.
    FunctionCounter.builder(declaration.name(), registry, _ -> value.get().doubleValue())
        .description(declaration.help())
        .tags(tags(declaration, labels))
        .register(registry);
  }

  /** Something that a worker does begins. */
  public Ongoing phase(WorkerMetric.Phase phase) {
    AtomicInteger count = phases.get(phase);
    long begun = System.nanoTime();
    count.incrementAndGet();
    return () -> {
      count.decrementAndGet();
      record(WorkerMetric.ACTIVITY_SECONDS, Duration.ofNanos(System.nanoTime() - begun), phase);
    };
  }

  private Counter counter(Declaration declaration, Object... labels) {
    require(declaration, Declaration.Type.COUNTER);
    return Counter.builder(declaration.name())
        .description(declaration.help())
        .tags(tags(declaration, labels))
        .register(registry);
  }

  private Timer timer(Declaration declaration, Object... labels) {
    require(declaration, Declaration.Type.DURATION);
    return Timer.builder(declaration.name())
        .description(declaration.help())
        .serviceLevelObjectives(
            Stream.concat(Stream.of(DURATIONS), Stream.of(LONG_DURATIONS)).toArray(Duration[]::new))
        .tags(tags(declaration, labels))
        .register(registry);
  }

  private DistributionSummary summary(Declaration declaration, Object... labels) {
    require(declaration, Declaration.Type.SIZE);
    return DistributionSummary.builder(declaration.name())
        .description(declaration.help())
        .serviceLevelObjectives(SIZES)
        .tags(tags(declaration, labels))
        .register(registry);
  }

  private static void require(Declaration declaration, Declaration.Type type) {
    if (declaration.type() != type) {
      throw wrong(declaration, "it is no " + type);
    }
  }

  private static List<Tag> tags(Declaration declaration, Object... values) {
    List<Label> labels = declaration.labels();
    if (labels.size() != values.length) {
      throw wrong(declaration, "it has the labels " + labels);
    }
    List<Tag> tags = new ArrayList<>();
    for (int i = 0; i < values.length; i++) {
      String value = Label.text(values[i]);
      Label label = labels.get(i);
      if (label.isClosed() && !label.values().contains(value)) {
        throw wrong(declaration, value + " is none of " + label.values());
      }
      tags.add(Tag.of(label.name(), value));
    }
    return tags;
  }

  private static IllegalArgumentException wrong(Declaration declaration, String why) {
    return new IllegalArgumentException("metric " + declaration.name() + ": " + why);
  }
}
