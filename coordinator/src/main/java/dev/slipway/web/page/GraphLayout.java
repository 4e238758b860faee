package dev.slipway.web.page;

import dev.slipway.progress.Progress.VertexState;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Places boxes in columns: each right of all that it reads, in a column next to what it is joined
 * with (Sugiyama, Tagawa, Toda 1981: layers by the longest path, order by the means of neighbours).
 */
record GraphLayout(int width, int height) {
  static final int WIDTH = 260;
  static final int ROW = 20;
  static final int TITLE = 24;
  static final int PADDING = 6;
  private static final int GAP_X = 72;
  private static final int GAP_Y = 14;
  private static final int MARGIN = 8;

  /** Rounds of ordering; more change little. */
  private static final int ROUNDS = 4;

  /** A box on its way to its place. Owned by the layout. */
  static final class Group {
    final String title;
    final List<VertexState> members = new ArrayList<>();
    final Set<Group> inputs = new LinkedHashSet<>();
    int x;
    int y;

    Group(String title) {
      this.title = title;
    }

    int rows(int most) {
      return Math.min(members.size(), most);
    }

    int height(int most) {
      return (title.isEmpty() ? 0 : TITLE) + rows(most) * ROW + 2 * PADDING;
    }

    /** The middle of a line. */
    int rowY(int index) {
      return y + PADDING + (title.isEmpty() ? 0 : TITLE) + index * ROW + ROW / 2;
    }
  }

  static GraphLayout of(List<Group> groups, int most) {
    Map<Group, Integer> layers = new HashMap<>();
    groups.forEach(group -> layer(group, layers, new LinkedHashSet<>()));
    Map<Integer, List<Group>> columns = new TreeMap<>();
    groups.forEach(
        group -> columns.computeIfAbsent(layers.get(group), _ -> new ArrayList<>()).add(group));
    Map<Group, List<Group>> readers = new HashMap<>();
    groups.forEach(group ->
        group.inputs.forEach(
            input -> readers.computeIfAbsent(input, _ -> new ArrayList<>()).add(group)));
    int height = 0;
    columns.values().forEach(column -> stack(column, most));
    for (int round = 0; round < ROUNDS; round++) {
      for (List<Group> column : columns.values()) {
        column.sort(Comparator.comparingDouble(group -> mean(group.inputs, group.y)));
        stack(column, most);
      }
      for (List<Group> column : List.copyOf(columns.values()).reversed()) {
        column.sort(
            Comparator.comparingDouble(
                group -> mean(readers.getOrDefault(group, List.of()), group.y)));
        stack(column, most);
      }
    }
    for (List<Group> column : columns.values()) {
      Group last = column.getLast();
      height = Math.max(height, last.y + last.height(most) + MARGIN);
    }
    int x = MARGIN;
    for (List<Group> column : columns.values()) {
      for (Group group : column) {
        group.x = x;
      }
      x += WIDTH + GAP_X;
    }
    return new GraphLayout(Math.max(0, x - GAP_X + MARGIN), height);
  }

  /** The longest way from a source; a circle, which no build has, is cut where it closes. */
  private static int layer(Group group, Map<Group, Integer> layers, Set<Group> path) {
    Integer known = layers.get(group);
    if (known != null) {
      return known;
    }
    path.add(group);
    int layer = 0;
    for (Group input : group.inputs) {
      if (!path.contains(input)) {
        layer = Math.max(layer, layer(input, layers, path) + 1);
      }
    }
    path.remove(group);
    layers.put(group, layer);
    return layer;
  }

  private static double mean(Iterable<Group> neighbours, int otherwise) {
    int sum = 0;
    int count = 0;
    for (Group each : neighbours) {
      sum += each.y;
      count++;
    }
    return count == 0 ? otherwise : (double) sum / count;
  }

  private static void stack(List<Group> column, int most) {
    int y = MARGIN;
    for (Group group : column) {
      group.y = y;
      y += group.height(most) + GAP_Y;
    }
  }
}
