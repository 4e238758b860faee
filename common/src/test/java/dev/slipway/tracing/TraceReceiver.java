package dev.slipway.tracing;

import com.sun.net.httpserver.HttpServer;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceResponse;
import io.opentelemetry.proto.collector.trace.v1.TraceServiceGrpc;
import io.opentelemetry.proto.trace.v1.Span;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;

/** An OTLP collector on loopback, gRPC and HTTP, that keeps what it gets. @ThreadSafe */
public final class TraceReceiver extends TraceServiceGrpc.TraceServiceImplBase
    implements AutoCloseable {
  private final List<ExportTraceServiceRequest> requests = new CopyOnWriteArrayList<>();
  private final List<String> headers = new CopyOnWriteArrayList<>();
  private final HttpServer http;
  private final Server grpc;

  private TraceReceiver() throws IOException {
    InetSocketAddress any = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    http = HttpServer.create(any, 0);
    http.createContext(
        "/v1/traces",
        exchange -> {
          headers.addAll(exchange.getRequestHeaders().getOrDefault("X-team", List.of()));
          requests.add(ExportTraceServiceRequest.parseFrom(exchange.getRequestBody()));
          exchange.sendResponseHeaders(200, -1);
          exchange.close();
        });
    http.start();
    grpc = NettyServerBuilder.forAddress(any).addService(this).intercept(watch()).build().start();
  }

  /** Starts one on free ports. */
  public static TraceReceiver start() throws IOException {
    return new TraceReceiver();
  }

  private ServerInterceptor watch() {
    return new ServerInterceptor() {
      @Override
      public <Q, A> ServerCall.Listener<Q> interceptCall(
          ServerCall<Q, A> call, Metadata metadata, ServerCallHandler<Q, A> next) {
        String team = metadata.get(Metadata.Key.of("x-team", Metadata.ASCII_STRING_MARSHALLER));
        headers.addAll(Stream.ofNullable(team).toList());
        return next.startCall(call, metadata);
      }
    };
  }

  @Override
  public void export(
      ExportTraceServiceRequest spans, StreamObserver<ExportTraceServiceResponse> client) {
    requests.add(spans);
    client.onNext(ExportTraceServiceResponse.getDefaultInstance());
    client.onCompleted();
  }

  public URI grpc() {
    return URI.create("http://127.0.0.1:" + grpc.getPort());
  }

  URI http() {
    return URI.create("http://127.0.0.1:" + http.getAddress().getPort());
  }

  List<ExportTraceServiceRequest> requests() {
    return requests;
  }

  List<String> headers() {
    return headers;
  }

  /** All spans that came. */
  public List<Span> spans() {
    return requests.stream()
        .flatMap(request -> request.getResourceSpansList().stream())
        .flatMap(resource -> resource.getScopeSpansList().stream())
        .flatMap(scope -> scope.getSpansList().stream())
        .toList();
  }

  /** Values of {@code service.name}, each once. */
  public List<String> services() {
    return requests.stream()
        .flatMap(request -> request.getResourceSpansList().stream())
        .flatMap(resource -> resource.getResource().getAttributesList().stream())
        .filter(attribute -> attribute.getKey().equals("service.name"))
        .map(attribute -> attribute.getValue().getStringValue())
        .distinct()
        .sorted()
        .toList();
  }

  Span span(String name) {
    return spans().stream()
        .filter(span -> span.getName().equals(name))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no span " + name + " came: " + spans()));
  }

  @Override
  public void close() {
    grpc.shutdownNow();
    http.stop(0);
  }
}
