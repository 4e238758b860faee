package dev.slipway.certificates;

import dev.slipway.config.TlsFiles;
import dev.slipway.error.SlipwayException;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLException;

/**
 * TLS in which coordinators and workers show each other certificates of the farm's CA. A
 * coordinator's stands for the host name {@link #COORDINATOR}, whatever addresses it has, a
 * worker's does not: so no worker can pass for a coordinator. Files that change are used for the
 * next handshakes. @ThreadSafe
 */
public final class FarmTls implements AutoCloseable {
  /** Host name in a coordinator's certificate. */
  public static final String COORDINATOR = "coordinator.slipway.internal";

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

  /** Makes a server let only the farm's processes in. */
  public void protect(NettyServerBuilder server, Executor handshakes) {
    server
        .protocolNegotiator(new TlsFront(watched, handshakes))
        .handshakeTimeout(HANDSHAKE_SECONDS, TimeUnit.SECONDS);
  }

  /** Makes a channel to a coordinator secure, or plain where the farm has no TLS. */
  public static NettyChannelBuilder dial(Optional<FarmTls> tls, NettyChannelBuilder channel) {
    return tls.isEmpty() ? channel.usePlaintext() : tls.get().dial(channel);
  }

  private NettyChannelBuilder dial(NettyChannelBuilder channel) {
    try {
      return channel
          .overrideAuthority(COORDINATOR)
          .sslContext(
              GrpcSslContexts.configure(
                      SslContextBuilder.forClient()
                          .keyManager(new CurrentKey(watched))
                          .trustManager(new CurrentTrust(watched))
                          .protocols("TLSv1.3", "TLSv1.2"),
                      SslProvider.JDK)
                  .build());
    } catch (SSLException e) {
      throw new IllegalStateException("every JDK has TLS for HTTP/2", e);
    }
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
