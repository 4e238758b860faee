package dev.slipway.telemetry;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** All metrics, and the page that documents them: docs/metrics.md. */
public final class Catalogue {
  private Catalogue() {}

  /** Theme by theme, in the order of their declaration. */
  public static List<Metric> all() {
    return Stream.of(Metric.class.getPermittedSubclasses())
        .flatMap(theme -> Stream.of(theme.getEnumConstants()))
        .map(Metric.class::cast)
        .toList();
  }

  /** Writes the page. @param arguments the file */
  public static void main(String[] arguments) throws IOException {
    Files.writeString(Path.of(arguments[0]), markdown());
  }

  /** docs/metrics.md; {@code make metrics} writes it. */
  public static String markdown() {
    StringBuilder page = new StringBuilder();
    page.append(
        """
        # Metrics

        Generated from `telemetry.Catalogue`: change it there and run `make metrics`.

        Both processes answer `GET /metrics` (Prometheus text format) at their HTTP address. Counters and histograms whose labels have a fixed set of values are
        there from the start, at zero. A histogram has `_bucket`, `_sum` and `_count`, and `_max` for the greatest value of the last minutes.
        Labels are bounded: none carries an image, a digest, a build's id or the text of an error; those are in the [logs](operations.md#what-to-watch).
        """);
    for (Class<?> theme : Metric.class.getPermittedSubclasses()) {
      page.append("\n## ").append(title(theme)).append("\n\n");
      page.append("| name | type | unit | where | labels | |\n|---|---|---|---|---|---|\n");
      for (Object metric : theme.getEnumConstants()) {
        page.append(row(((Metric) metric).declaration()));
      }
    }
    page.append(
        """

        ## Of the libraries

        | names | of |
        |---|---|
        """);
    for (Foreign foreign : Foreign.ALL) {
      page.append("| `%s…` | %s |\n".formatted(foreign.prefix(), foreign.meaning()));
    }
    return page.toString();
  }

  private static String title(Class<?> theme) {
    Theme named = theme.getAnnotation(Theme.class);
    return named == null ? theme.getSimpleName() : named.value();
  }

  private static String row(Declaration metric) {
    String labels =
        metric.labels().stream()
            .map(label ->
                "`%s`: %s"
                    .formatted(
                        label.name(),
                        label.isClosed() ? String.join(", ", label.values()) : label.meaning()))
            .collect(Collectors.joining("; "));
    return "| `%s` | %s | %s | %s | %s | %s |\n"
        .formatted(
            metric.prometheusName(),
            switch (metric.type()) {
              case COUNTER -> "counter";
              case GAUGE -> "gauge";
              case DURATION, SIZE -> "histogram";
            },
            metric.unit(),
            Label.text(metric.where()),
            labels,
            metric.help());
  }

  /**
   * Metrics that libraries declare.
   *
   * @param prefix of their Prometheus names
   */
  public record Foreign(String prefix, String meaning) {
    /** All of them. */
    public static final List<Foreign> ALL =
        List.of(
            new Foreign("jvm_", "the JVM: heap, buffers, garbage collection, threads, classes"),
            new Foreign("process_", "the process: processor time, open files, start and uptime"),
            new Foreign("system_", "the machine: processors and load"),
            new Foreign(
                "grpc_server_",
                "calls of clients at a coordinator by `service`, `method` and `statusCode`"),
            new Foreign("netty_eventexecutor_", "tasks that wait for an event loop of Vert.x"));
  }
}
