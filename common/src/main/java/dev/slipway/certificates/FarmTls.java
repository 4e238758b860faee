package dev.slipway.certificates;

import dev.slipway.config.TlsFiles;
import dev.slipway.error.SlipwayException;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.vertx.core.http.ClientAuth;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.net.TrustOptions;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSession;
import javax.net.ssl.TrustManager;
import org.jspecify.annotations.Nullable;

/**
 * TLS in which coordinators and workers show each other certificates of the farm's CA. A
 * coordinator's stands for the host name {@link #COORDINATOR}, whatever addresses it has, a
 * worker's for its {@link WorkerName}: so no worker can pass for a coordinator, and none for
 * another worker. Files that change are used for the next handshakes. @ThreadSafe
 */
public final class FarmTls implements AutoCloseable {
  /** Host name in a coordinator's certificate. */
  public static final String COORDINATOR = "coordinator.slipway.internal";

  static final String[] PROTOCOLS = {"TLSv1.3", "TLSv1.2"};

  /** Who has not said who it is by then is nobody of the farm. */
  private static final long HANDSHAKE_SECONDS = 20;

  private final WatchedTls watched;

  private FarmTls(WatchedTls watched) {
    this.watched = watched;
  }

  /**
   * Reads the files.
   *
   * @param files with a CA
   */
  public static FarmTls start(TlsFiles files, InstantSource clock) throws SlipwayException {
    if (files.ca().isEmpty()) {
      throw new IllegalArgumentException("the farm's TLS needs a CA");
    }
    return new FarmTls(WatchedTls.start(files, Audience.FARM, clock));
  }

  Supplier<ServerTls> current() {
    return watched;
  }

  /** When the certificate that is shown now ends. */
  public Instant expires() {
    return watched.get().identity().expires();
  }

  /** The certificate that is shown now. */
  public X509Certificate certificate() {
    return watched.get().identity().certificate();
  }

  /** Those that issue the farm's certificates. */
  public List<X509Certificate> authorities() {
    return watched.get().clients().map(ClientTrust::authorities).orElse(List.of());
  }

  /** Makes a server let only the farm's processes in. */
  public void protect(NettyServerBuilder server, Executor handshakes) {
    protect(server, new TlsFront(watched, handshakes));
  }

  /**
   * Makes a server let the farm's processes in, and those that have no certificate at all: its
   * services have to tell them apart ({@link FarmCaller}).
   */
  public void protectWithStrangers(NettyServerBuilder server, Executor handshakes) {
    protect(server, TlsFront.withStrangers(watched, handshakes));
  }

  private static void protect(NettyServerBuilder server, TlsFront front) {
    server.protocolNegotiator(front).handshakeTimeout(HANDSHAKE_SECONDS, TimeUnit.SECONDS);
  }

  /** Makes a channel to a coordinator secure, or plain where the farm has no TLS. */
  public static NettyChannelBuilder dial(Optional<FarmTls> tls, NettyChannelBuilder channel) {
    return tls.isEmpty() ? channel.usePlaintext() : tls.get().dial(channel);
  }

  private NettyChannelBuilder dial(NettyChannelBuilder channel) {
    return dial(
        channel,
        SslContextBuilder.forClient()
            .keyManager(new CurrentKey(watched))
            .trustManager(new CurrentTrust(watched)));
  }

  /** Makes a channel to a coordinator secure for somebody without a certificate. */
  public static NettyChannelBuilder dialAsStranger(
      TrustManager coordinators, NettyChannelBuilder channel) {
    return dial(channel, SslContextBuilder.forClient().trustManager(coordinators));
  }

  private static NettyChannelBuilder dial(NettyChannelBuilder channel, SslContextBuilder tls) {
    try {
      return channel
          .overrideAuthority(COORDINATOR)
          .sslContext(GrpcSslContexts.configure(tls.protocols(PROTOCOLS), SslProvider.JDK).build());
    } catch (SSLException e) {
      throw new IllegalStateException("every JDK has TLS for HTTP/2", e);
    }
  }

  /**
   * Makes an HTTP server speak TLS. Handshakes take any client certificate and none; each request
   * is to be judged by {@link #judge}.
   */
  public HttpServerOptions over(HttpServerOptions options) {
    return watched
        .over(options)
        .setTrustOptions(TrustOptions.wrap(new JudgedLater()))
        .setClientAuth(ClientAuth.REQUEST);
  }

  /** What the other end of an HTTP connection may do here. */
  public sealed interface Caller {
    /**
     * It is of the farm.
     *
     * @param worker its id; empty = a coordinator, or a worker whose certificate is that of all
     */
    record Member(Optional<String> worker) implements Caller {}

    /**
     * @param reason a sentence for it
     */
    record Refused(String reason) implements Caller {}
  }

  /** Who the other end of the session is. */
  public Caller judge(@Nullable SSLSession session) {
    Optional<X509Certificate> certificate =
        session == null ? Optional.empty() : FarmCaller.of(session);
    Optional<String> refusal =
        watched
            .get()
            .clients()
            .flatMap(trust -> trust.refusal(certificate.map(List::of).orElse(List.of())));
    return refusal.isPresent()
        ? new Caller.Refused(refusal.get())
        : new Caller.Member(certificate.flatMap(WorkerName::idIn));
  }

  /** Whether a certificate that was let in is a coordinator's. */
  static boolean isCoordinator(X509Certificate certificate) {
    try {
      return Subject.hostsOf(certificate).contains(COORDINATOR);
    } catch (CertificateParsingException _) {
      return false;
    }
  }

  @Override
  public void close() {
    watched.close();
  }
}
