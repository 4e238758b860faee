package dev.slipway.web.page;

import dev.slipway.oci.Digest;
import dev.slipway.progress.BuildDetail;
import dev.slipway.progress.Progress.VertexState;
import dev.slipway.progress.ProgressLog.Vertex;
import dev.slipway.progress.StageRecord;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * A build over time: a lane for each worker with the stages that ran there, one for what waited,
 * one for what the coordinator did, one for what was known. Places are percentages of the width.
 *
 * @param ticks of the axis
 */
record Timeline(List<Tick> ticks, List<Lane> lanes) {
  /** Shorter waits are nobody's concern. */
  private static final Duration NOTICEABLE = Duration.ofMillis(100);

  /** Else it could neither be seen nor hit. */
  private static final double MIN_WIDTH = 0.6;

  /** Rows of what waits that have words in them. */
  private static final int MAX_TALL = 4;

  /** Bars in one timeline; the list below it has everything. */
  private static final int MAX_BARS = 600;

  /** A mark of the axis. */
  record Tick(double at, String label) {}

  /** Bars below each other where they overlap. */
  record Lane(String title, String kind, List<List<Bar>> rows) {
    int count() {
      return rows.stream().mapToInt(List::size).sum();
    }

    /** Whether its rows are too many for words in them. */
    boolean thin() {
      return kind.equals("waits") && rows.size() > MAX_TALL;
    }

    /** In pixels. */
    int rowHeight() {
      return thin() ? 9 : 24;
    }
  }

  /**
   * A piece of time.
   *
   * @param kind how it is drawn: waiting, running, succeeded, failed, cancelled, cached
   * @param title the whole of it in words
   * @param step number of the step that it leads to
   */
  record Bar(double at, double width, String kind, String label, String title, int step) {}

  private record Span(
      Instant from, Instant to, String kind, String label, String title, int step) {}

  static Timeline of(BuildDetail build, Steps steps, Instant end) {
    Instant start = build.summary().startedAt();
    Duration whole = Duration.between(start, end);
    if (whole.toMillis() < 1) {
      whole = Duration.ofMillis(1);
    }
    List<Lane> lanes = new ArrayList<>();
    Map<String, List<Span>> byWorker = new TreeMap<>(Comparator.comparing(Timeline::sortable));
    for (StageRecord stage : build.stages()) {
      if (stage.placed().isPresent()) {
        byWorker
            .computeIfAbsent(stage.worker(), _ -> new ArrayList<>())
            .add(run(stage, steps, end));
      }
    }
    for (Map.Entry<String, List<Span>> worker : byWorker.entrySet()) {
      add(lanes, worker.getKey(), "worker", worker.getValue(), start, whole);
    }
    add(lanes, "Waiting", "waits", waits(build, steps, end), start, whole);
    add(lanes, "Coordinator", "coordinator", own(build, steps, end), start, whole);
    add(lanes, "Cached", "cache", known(steps), start, whole);
    return new Timeline(ticks(whole), lanes);
  }

  private static void add(
      List<Lane> lanes,
      String title,
      String kind,
      List<Span> spans,
      Instant start,
      Duration whole) {
    int shown = lanes.stream().mapToInt(Lane::count).sum();
    List<Span> some =
        spans.stream()
            .sorted(Comparator.comparing(Span::from))
            .limit(Math.max(0, MAX_BARS - shown))
            .toList();
    if (!some.isEmpty()) {
      List<List<Bar>> rows =
          kind.equals("cache")
              ? List.of(some.stream().map(span -> bar(span, start, whole)).toList())
              : pack(some, start, whole);
      lanes.add(new Lane(title, kind, rows));
    }
  }

  /** Each bar goes into the first row that is free by then. */
  private static List<List<Bar>> pack(List<Span> spans, Instant start, Duration whole) {
    List<List<Bar>> rows = new ArrayList<>();
    for (Span span : spans) {
      Bar bar = bar(span, start, whole);
      List<Bar> free =
          rows.stream()
              .filter(row -> row.getLast().at() + row.getLast().width() <= bar.at() + 0.001)
              .findFirst()
              .orElse(null);
      if (free == null) {
        free = new ArrayList<>();
        rows.add(free);
      }
      free.add(bar);
    }
    return rows;
  }

  private static Bar bar(Span span, Instant start, Duration whole) {
    double at =
        Math.clamp(percent(Duration.between(start, span.from()), whole), 0, 100 - MIN_WIDTH);
    double width =
        Math.min(
            Math.max(percent(Duration.between(span.from(), span.to()), whole), MIN_WIDTH),
            100 - at);
    return new Bar(at, width, span.kind(), span.label(), span.title(), span.step());
  }

  private static double percent(Duration part, Duration whole) {
    return Math.round(part.toMillis() * 1e5 / whole.toMillis()) / 1e3;
  }

  private static List<Span> waits(BuildDetail build, Steps steps, Instant end) {
    List<Span> spans = new ArrayList<>();
    for (StageRecord stage : build.stages()) {
      Instant until = stage.placed().or(stage::ended).orElse(end);
      Duration time = Duration.between(stage.queued(), until);
      if (time.compareTo(NOTICEABLE) >= 0) {
        Digest first = stage.steps().getFirst();
        String why = stage.waits().isEmpty() ? "waiting for a worker" : stage.waits().getLast();
        spans.add(
            new Span(
                stage.queued(),
                until,
                "waiting",
                steps.name(first),
                steps.name(first) + ": " + why + ", " + Text.duration(time),
                steps.number(first)));
      }
    }
    return spans;
  }

  private static Span run(StageRecord stage, Steps steps, Instant end) {
    Instant from = stage.placed().orElseThrow();
    Instant to = stage.ended().orElse(end);
    Digest at = steps.at(stage);
    String kind =
        stage.ended().isEmpty()
            ? "running"
            : switch (stage.outcome()) {
              case "succeeded" -> "succeeded";
              case "failed" -> "failed";
              default -> "cancelled";
            };
    String names = stage.steps().stream().map(steps::name).collect(Collectors.joining("; "));
    String state = stage.ended().isEmpty() ? "running" : stage.outcome();
    return new Span(
        from,
        to,
        kind,
        steps.name(at),
        names
            + ": "
            + state
            + " on "
            + stage.worker()
            + ", "
            + Text.duration(Duration.between(from, to)),
        steps.number(at));
  }

  /** Vertices that no worker ran: contexts, image names, exports. */
  private static List<Span> own(BuildDetail build, Steps steps, Instant end) {
    Set<Digest> staged = new HashSet<>();
    build.stages().forEach(stage -> staged.addAll(stage.steps()));
    List<Span> spans = new ArrayList<>();
    for (Vertex vertex : steps.all()) {
      VertexState state = vertex.state();
      if (staged.contains(state.digest()) || state.cached() || state.started().isEmpty()) {
        continue;
      }
      Instant from = state.started().get();
      Instant to = state.completed().orElse(end);
      String kind =
          state.error().isPresent()
              ? "failed"
              : state.completed().isPresent() ? "succeeded" : "running";
      spans.add(
          new Span(
              from,
              to,
              kind,
              state.name(),
              state.name() + ", " + Text.duration(Duration.between(from, to)),
              steps.number(state.digest())));
    }
    return spans;
  }

  private static List<Span> known(Steps steps) {
    return steps.all().stream()
        .map(Vertex::state)
        .filter(VertexState::cached)
        .flatMap(state ->
            state.completed().stream()
                .map(at ->
                    new Span(
                        at,
                        at,
                        "cached",
                        "",
                        state.name() + ": cached",
                        steps.number(state.digest()))))
        .toList();
  }

  private static List<Tick> ticks(Duration whole) {
    long[] steps = {
      100,
      200,
      500,
      1_000,
      2_000,
      5_000,
      10_000,
      15_000,
      30_000,
      60_000,
      120_000,
      300_000,
      600_000,
      900_000,
      1_800_000,
      3_600_000,
      7_200_000,
      14_400_000
    };
    long millis = whole.toMillis();
    long step = steps[steps.length - 1];
    for (long each : steps) {
      if (millis / each <= 6) {
        step = each;
        break;
      }
    }
    List<Tick> ticks = new ArrayList<>();
    for (long at = 0; at <= millis && ticks.size() < 50; at += step) {
      ticks.add(new Tick(percent(Duration.ofMillis(at), whole), label(at, step)));
    }
    return ticks;
  }

  private static String label(long millis, long step) {
    if (step < 1000) {
      return String.format(Locale.ROOT, "%.1f s", millis / 1000.0);
    }
    long seconds = millis / 1000;
    return seconds < 60 || step < 60_000 && millis < 60_000
        ? seconds + " s"
        : seconds / 60 + ":" + String.format(Locale.ROOT, "%02d", seconds % 60) + " min";
  }

  /** worker-2 comes before worker-10. */
  private static String sortable(String name) {
    return Optional.of(name)
        .map(text ->
            java.util.regex.Pattern.compile("\\d{1,9}")
                .matcher(text)
                .replaceAll(
                    match -> String.format(Locale.ROOT, "%09d", Long.parseLong(match.group()))))
        .orElseThrow();
  }
}
