package dev.slipway.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What Grafana and whoever looks at a board need of its JSON, as strictly as can be said without a
 * Grafana. That the queries return data is {@link PrometheusE2eTest}'s.
 */
class DashboardsTest {
  /** Grafana's kinds of panels that the boards use, and its ids of units. */
  private static final Set<String> KINDS =
      Set.of("timeseries", "stat", "gauge", "bargauge", "heatmap", "table");

  private static final Set<String> UNITS =
      Set.of("short", "s", "ms", "bytes", "Bps", "percentunit", "ops", "dateTimeFromNow", "none");

  private static final String SOURCE = "{\"type\":\"prometheus\",\"uid\":\"${datasource}\"}";
  private static final Pattern VARIABLE = Pattern.compile("\\$\\{?(\\w+)");
  private static final Set<String> GRAFANAS_OWN =
      Set.of("__rate_interval", "__range", "__interval");

  static Stream<Path> boards() {
    return Dashboards.files().stream();
  }

  private static Stream<JsonNode> each(JsonNode list) {
    return StreamSupport.stream(list.spliterator(), false);
  }

  private static Stream<JsonNode> panels(Path board) {
    return each(Dashboards.read(board).path("panels"))
        .filter(panel -> !panel.path("type").asText().equals("row"));
  }

  @ParameterizedTest
  @MethodSource("boards")
  void aBoardHasANameAndNoIdOfAnInstallation(Path file) {
    JsonNode board = Dashboards.read(file);

    assertThat(board.has("id")).isFalse();
    assertThat(file.getFileName().toString()).isEqualTo(board.path("uid").asText() + ".json");
    assertThat(board.path("uid").asText()).hasSizeLessThanOrEqualTo(40);
    assertThat(board.path("title").asText()).startsWith("Slipway / ");
    assertThat(board.path("description").asText()).endsWith(".");
    assertThat(board.path("schemaVersion").asInt()).isGreaterThanOrEqualTo(39);
    assertThat(board.path("refresh").asText()).isNotEmpty();
    assertThat(board.path("time").path("from").asText()).isNotEmpty();
  }

  @ParameterizedTest
  @MethodSource("boards")
  void everyPanelSaysWhatItShowsAndInWhichUnit(Path file) {
    panels(file)
        .forEach(panel -> {
          String title = panel.path("title").asText();
          assertThat(title).as("%s: %s", file, panel).isNotBlank();
          assertThat(KINDS).as(title).contains(panel.path("type").asText());
          assertThat(panel.path("description").asText("")).as(title).isNotBlank().endsWith(".");
          assertThat(UNITS)
              .as(title)
              .contains(panel.at("/fieldConfig/defaults/unit").asText("missing"));
          assertThat(panel.at("/fieldConfig/defaults/thresholds/steps").size())
              .as(title)
              .isPositive();
          if (panel.path("type").asText().equals("timeseries")) {
            assertThat(panel.at("/options/legend/displayMode").asText()).isEqualTo("table");
          }
        });
  }

  @ParameterizedTest
  @MethodSource("boards")
  void everyQueryHasALegendAndALetterOfItsOwn(Path file) {
    panels(file)
        .forEach(panel -> {
          String title = panel.path("title").asText();
          List<JsonNode> targets = each(panel.path("targets")).toList();
          assertThat(targets).as(title).isNotEmpty();
          assertThat(targets)
              .as(title)
              .allSatisfy(target -> {
                assertThat(target.path("legendFormat").asText()).isNotBlank();
                assertThat(target.path("expr").asText()).isNotBlank();
              })
              .extracting(target -> target.path("refId").asText())
              .doesNotHaveDuplicates();
        });
  }

  @ParameterizedTest
  @MethodSource("boards")
  void everythingAsksTheSourceThatTheReaderChose(Path file) {
    JsonNode board = Dashboards.read(file);

    assertThat(board.at("/templating/list/0/type").asText()).isEqualTo("datasource");
    assertThat(board.findValues("datasource"))
        .isNotEmpty()
        .allSatisfy(source -> assertThat(source.toString()).isEqualTo(SOURCE));
  }

  @ParameterizedTest
  @MethodSource("boards")
  void variablesThatAreUsedAreThereAndThoseThatAreThereAreUsed(Path file) {
    JsonNode board = Dashboards.read(file);
    Set<String> declared =
        each(board.at("/templating/list"))
            .map(variable -> variable.path("name").asText())
            .collect(Collectors.toSet());
    Set<String> used = new HashSet<>();
    Stream.concat(
            board.findValues("expr").stream(),
            Stream.concat(board.findValues("query").stream(), board.findValues("uid").stream()))
        .map(JsonNode::asText)
        .forEach(text ->
            VARIABLE
                .matcher(text)
                .results()
                .map((MatchResult match) -> match.group(1))
                .forEach(used::add));
    used.removeAll(GRAFANAS_OWN);

    assertThat(used).isEqualTo(declared);
  }
}
