package dev.slipway.web.page;

import dev.slipway.oci.Digest;
import dev.slipway.progress.BuildDetail;
import dev.slipway.progress.Progress.VertexState;
import dev.slipway.progress.ProgressLog.Vertex;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A build's graph, drawn: what belongs to one stage of a Dockerfile is one box with a line for each
 * vertex; what is read stands left of what reads it. Lengths are pixels.
 *
 * @param apart vertices without edges, which are not drawn
 * @param hidden vertices that are beyond what can be looked at
 */
record Graph(int width, int height, List<Box> boxes, List<Edge> edges, int apart, int hidden) {
  /** More than this nobody finds anything in; the list of steps has all. */
  private static final int MAX_VERTICES = 500;

  /** Lines of one box. */
  private static final int MAX_ROWS = 40;

  private static final Pattern IN_STAGE = Pattern.compile("^\\[([^\\]]{1,80}?) +\\d+/\\d+\\] *");

  /** A stage, or a vertex that belongs to none. */
  record Box(int x, int y, int height, String title, List<Row> rows) {}

  /** A vertex. @param y of the line's middle */
  record Row(int y, int step, String label, String title, Status status) {}

  /** From a vertex to one that reads it. */
  record Edge(String path, boolean done) {}

  static Graph of(BuildDetail build) {
    Steps steps = new Steps(build);
    List<VertexState> all = steps.all().stream().map(Vertex::state).toList();
    Set<Digest> read = new HashSet<>();
    all.forEach(vertex -> read.addAll(vertex.inputs()));
    List<VertexState> joined =
        all.stream()
            .filter(vertex -> !vertex.inputs().isEmpty() || read.contains(vertex.digest()))
            .toList();
    List<VertexState> drawn = joined.stream().limit(MAX_VERTICES).toList();
    Map<String, GraphLayout.Group> groups = new LinkedHashMap<>();
    Map<Digest, GraphLayout.Group> places = new HashMap<>();
    for (VertexState vertex : drawn) {
      String stage = stage(vertex.name());
      String key = stage.isEmpty() ? vertex.digest().value() : "stage " + stage;
      GraphLayout.Group group = groups.computeIfAbsent(key, _ -> new GraphLayout.Group(stage));
      group.members.add(vertex);
      places.put(vertex.digest(), group);
    }
    for (VertexState vertex : drawn) {
      for (Digest input : vertex.inputs()) {
        GraphLayout.Group from = places.get(input);
        GraphLayout.Group to = places.get(vertex.digest());
        if (from != null && from != to) {
          to.inputs.add(from);
        }
      }
    }
    GraphLayout layout = GraphLayout.of(List.copyOf(groups.values()), MAX_ROWS);
    return new Graph(
        layout.width(),
        layout.height(),
        boxes(groups.values(), steps),
        edges(drawn, places),
        all.size() - joined.size(),
        joined.size() - drawn.size());
  }

  private static List<Box> boxes(Iterable<GraphLayout.Group> groups, Steps steps) {
    List<Box> boxes = new ArrayList<>();
    for (GraphLayout.Group group : groups) {
      List<Row> rows = new ArrayList<>();
      int shown = group.rows(MAX_ROWS);
      for (int i = 0; i < shown; i++) {
        VertexState vertex = group.members.get(i);
        boolean rest = i == shown - 1 && group.members.size() > shown;
        rows.add(
            new Row(
                group.rowY(i),
                steps.number(vertex.digest()),
                rest
                    ? "and " + (group.members.size() - shown + 1) + " more"
                    : shortName(vertex.name()),
                vertex.name(),
                status(vertex)));
      }
      boxes.add(new Box(group.x, group.y, group.height(MAX_ROWS), group.title, rows));
    }
    return boxes;
  }

  private static List<Edge> edges(List<VertexState> drawn, Map<Digest, GraphLayout.Group> places) {
    List<Edge> edges = new ArrayList<>();
    for (VertexState vertex : drawn) {
      GraphLayout.Group to = places.get(vertex.digest());
      for (Digest input : vertex.inputs()) {
        GraphLayout.Group from = places.get(input);
        if (from == null || from == to) {
          continue;
        }
        int x1 = from.x + GraphLayout.WIDTH;
        int y1 = from.rowY(Math.min(index(from, input), from.rows(MAX_ROWS) - 1));
        int x2 = to.x;
        int y2 = to.rowY(Math.min(index(to, vertex.digest()), to.rows(MAX_ROWS) - 1));
        int bend = Math.max(24, (x2 - x1) / 2);
        edges.add(
            new Edge(
                "M%d %dC%d %d %d %d %d %d".formatted(x1, y1, x1 + bend, y1, x2 - bend, y2, x2, y2),
                vertex.completed().isPresent()));
      }
    }
    return edges;
  }

  private static int index(GraphLayout.Group group, Digest vertex) {
    for (int i = 0; i < group.members.size(); i++) {
      if (group.members.get(i).digest().equals(vertex)) {
        return i;
      }
    }
    return 0;
  }

  private static String stage(String name) {
    Matcher matcher = IN_STAGE.matcher(name);
    return matcher.find() ? matcher.group(1) : "";
  }

  private static String shortName(String name) {
    return IN_STAGE.matcher(name).replaceFirst("");
  }

  private static Status status(VertexState vertex) {
    if (vertex.error().isPresent()) {
      return Status.FAILED;
    }
    if (vertex.cached()) {
      return Status.CACHED;
    }
    return vertex.completed().isPresent()
        ? Status.SUCCEEDED
        : vertex.started().isPresent() ? Status.RUNNING : Status.PENDING;
  }
}
