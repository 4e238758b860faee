package dev.slipway.frontend.dockerfile.subrequest;

import java.util.ArrayList;
import java.util.List;

/** Columns as wide as their widest cell and some blanks; the last one is as wide as it is. */
final class TextTable {
  private final int gap;
  private final List<List<String>> rows = new ArrayList<>();

  TextTable(int gap) {
    this.gap = gap;
  }

  void row(String... cells) {
    rows.add(List.of(cells));
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    for (List<String> row : rows) {
      for (int column = 0; column < row.size() - 1; column++) {
        String cell = row.get(column);
        text.append(cell).append(" ".repeat(width(column) + gap - length(cell)));
      }
      text.append(row.getLast()).append('\n');
    }
    return text.toString();
  }

  private int width(int column) {
    return rows.stream()
        .filter(row -> column < row.size() - 1)
        .mapToInt(row -> length(row.get(column)))
        .max()
        .orElse(0);
  }

  private static int length(String text) {
    return text.codePointCount(0, text.length());
  }
}
