package dev.slipway.web.page;

import dev.slipway.config.HostPort;
import dev.slipway.error.SlipwayException;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import io.vertx.httpproxy.HttpProxy;
import io.vertx.httpproxy.ProxyContext;
import io.vertx.httpproxy.ProxyInterceptor;
import io.vertx.httpproxy.ProxyResponse;
import java.util.concurrent.TimeUnit;

/**
 * Passes requests on to the coordinator that has what they ask for, with all that the browser said
 * of itself: who may see it is asked there again. In a farm with TLS of its own nothing is passed
 * on, because tokens would be in the clear: the browser is sent there. @ThreadSafe
 */
final class OtherCoordinators {
  /** Says that a coordinator sent it: it is not passed on a second time. */
  private static final String PASSED = "X-Slipway-Passed-On";

  private static final int CONNECT_MILLIS = 2_000;

  /** Longer than the silence of a stream of events. */
  private static final int IDLE_SECONDS = 60;

  private final boolean plain;
  private final HttpClient client;

  /**
   * @param plain whether coordinators may talk to each other without TLS; else a browser is sent
   *     there
   */
  OtherCoordinators(Vertx vertx, boolean plain) {
    this.plain = plain;
    this.client =
        vertx.createHttpClient(
            new HttpClientOptions()
                .setConnectTimeout(CONNECT_MILLIS)
                .setIdleTimeout(IDLE_SECONDS)
                .setIdleTimeoutUnit(TimeUnit.SECONDS));
  }

  /** Whether a coordinator sent the request. */
  boolean passedOn(RoutingContext context) {
    return context.request().headers().contains(PASSED);
  }

  /**
   * Lets that coordinator answer; 502 when it does not. The request's body must not have been read.
   *
   * @throws SlipwayException INVALID when that is no address
   */
  void pass(RoutingContext context, String address) throws SlipwayException {
    HostPort to = HostPort.parse(address);
    HttpServerRequest request = context.request();
    if (!plain) {
      context.vertx().runOnContext(_ -> request.resume());
      context
          .response()
          .setStatusCode(307)
          .putHeader(HttpHeaders.LOCATION, "//" + to + request.uri())
          .end();
      return;
    }
    context
        .vertx()
        .runOnContext(_ ->
            HttpProxy.reverseProxy(client)
                .origin(to.port(), to.host())
                .addInterceptor(new Mark())
                .handle(request));
  }

  private static final class Mark implements ProxyInterceptor {
    @Override
    public Future<ProxyResponse> handleProxyRequest(ProxyContext context) {
      context.request().putHeader(PASSED, "1");
      return context.sendRequest();
    }
  }
}
