package dev.slipway.e2e;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The Grafana dashboards of the tree, as far as Prometheus has to do with them. */
final class Dashboards {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Pattern LABEL_VALUES = Pattern.compile("label_values\\((.*), *(\\w+)\\)");

  private Dashboards() {}

  /**
   * A question to Prometheus.
   *
   * @param from dashboard and panel or variable, for messages
   */
  record Query(String from, String expression) {}

  static List<Path> files() {
    try (Stream<Path> files = Files.list(Workplace.tree().resolve("dashboards"))) {
      return files.filter(file -> file.toString().endsWith(".json")).sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static JsonNode read(Path file) {
    try {
      return JSON.readTree(file.toFile());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Those of all panels and variables, with what Grafana puts in for its variables. */
  static List<Query> queries() {
    List<Query> queries = new ArrayList<>();
    for (Path file : files()) {
      JsonNode board = read(file);
      for (JsonNode panel : board.path("panels")) {
        for (JsonNode target : panel.path("targets")) {
          queries.add(
              new Query(
                  board.path("uid").asText() + " / " + panel.path("title").asText(),
                  filled(target.path("expr").asText())));
        }
      }
      for (JsonNode variable : board.path("templating").path("list")) {
        Matcher matcher = LABEL_VALUES.matcher(variable.path("query").path("query").asText());
        if (matcher.matches()) {
          queries.add(
              new Query(
                  board.path("uid").asText() + " / $" + variable.path("name").asText(),
                  filled("count by (%s) (%s)".formatted(matcher.group(2), matcher.group(1)))));
        }
      }
    }
    return queries;
  }

  private static String filled(String expression) {
    return expression
        .replace("$__rate_interval", "5s")
        .replace("$__range", "30s")
        .replaceAll("\\$(farm|worker|coordinator|tenant)\\b", ".*");
  }
}
