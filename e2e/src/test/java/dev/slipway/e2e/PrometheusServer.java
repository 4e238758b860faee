package dev.slipway.e2e;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;

/** Debian's Prometheus, scraping one farm every second and following the tree's rules. */
final class PrometheusServer implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration START = Duration.ofSeconds(20);

  private final HttpClient http = HttpClient.newHttpClient();
  private final Command server;
  private final String url;

  private PrometheusServer(Command server, String url) {
    this.server = server;
    this.url = url;
  }

  /**
   * Starts it.
   *
   * @param coordinators host:port of their HTTP sides
   * @param workers the same
   */
  static PrometheusServer start(List<String> coordinators, List<String> workers) {
    Path folder = Workplace.folder("prometheus");
    try {
      Path config = folder.resolve("prometheus.yml");
      String address = "127.0.0.1:" + LocalRegistry.freePort();
      Files.writeString(
          config,
          """
          global: {scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}
          rule_files: ["%s/deploy/prometheus/rules/*.yml"]
          scrape_configs:
            - job_name: slipway-coordinator
              static_configs: [{targets: %s, labels: {farm: e2e}}]
            - job_name: slipway-worker
              static_configs: [{targets: %s, labels: {farm: e2e}}]
          """
              .formatted(Workplace.tree(), quoted(coordinators), quoted(workers)));
      Command server =
          Command.start(
              Map.of(),
              folder,
              List.of(
                  "prometheus",
                  "--config.file=" + config,
                  "--storage.tsdb.path=" + folder.resolve("data"),
                  "--web.listen-address=" + address,
                  "--log.level=warn"));
      Workplace.atEnd(server::close);
      PrometheusServer prometheus = new PrometheusServer(server, "http://" + address);
      Awaitility.await("Prometheus answers").atMost(START).until(prometheus::isReady);
      return prometheus;
    } catch (IOException e) {
      throw new AssertionError("cannot start Prometheus", e);
    }
  }

  private static String quoted(List<String> addresses) {
    return addresses.stream().map(address -> "\"" + address + "\"").toList().toString();
  }

  private boolean isReady() {
    if (!server.alive()) {
      throw new AssertionError("prometheus ended: " + server.output());
    }
    try {
      return send("/-/ready").statusCode() == 200;
    } catch (IOException e) {
      return false;
    }
  }

  /** The result of a query now: a list of series. Fails when it does not parse. */
  JsonNode query(String expression) {
    return get("/api/v1/query?query=" + URLEncoder.encode(expression, StandardCharsets.UTF_8))
        .path("result");
  }

  /** The value of the only series of a query; NaN when there is none. */
  double value(String expression) {
    JsonNode result = query(expression);
    return result.size() == 1 ? result.path(0).path("value").path(1).asDouble() : Double.NaN;
  }

  /** {@code data} of what the API answers. */
  JsonNode get(String path) {
    try {
      HttpResponse<String> response = send(path);
      JsonNode answer = JSON.readTree(response.body());
      if (!answer.path("status").asText().equals("success")) {
        throw new AssertionError(path + ": " + response.body());
      }
      return answer.path("data");
    } catch (IOException e) {
      throw new AssertionError(path, e);
    }
  }

  private HttpResponse<String> send(String path) throws IOException {
    try {
      return http.send(
          HttpRequest.newBuilder(URI.create(url + path)).timeout(Duration.ofSeconds(10)).build(),
          HttpResponse.BodyHandlers.ofString());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  @Override
  public void close() {
    server.close();
  }
}
