package dev.slipway.tracing;

import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Map;

/** OTLP/HTTP with binary bodies. */
final class HttpCollector implements Collector {
  private final HttpClient client = HttpClient.newBuilder().connectTimeout(PATIENCE).build();
  private final HttpRequest.Builder request;

  HttpCollector(URI endpoint, Map<String, String> headers) {
    boolean bare = endpoint.getPath().isEmpty() || endpoint.getPath().equals("/");
    this.request =
        HttpRequest.newBuilder(bare ? endpoint.resolve("/v1/traces") : endpoint)
            .timeout(PATIENCE)
            .header("Content-Type", "application/x-protobuf");
    headers.forEach(request::header);
  }

  @Override
  public void send(ExportTraceServiceRequest spans) throws IOException, InterruptedException {
    HttpRequest post =
        request.copy().POST(HttpRequest.BodyPublishers.ofByteArray(spans.toByteArray())).build();
    int status = client.send(post, HttpResponse.BodyHandlers.discarding()).statusCode();
    if (status / 100 != 2) {
      throw new IOException("the collector of traces answered " + status);
    }
  }

  @Override
  public void close() {
    client.shutdownNow();
  }
}
