package dev.slipway.certificates;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import io.netty.handler.codec.http2.Http2SecurityUtil;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.ssl.SupportedCipherSuiteFilter;
import java.util.Optional;
import javax.net.ssl.SSLException;

/**
 * How a server speaks TLS: 1.2 or later; HTTP/2 for those that name it (ALPN) and for those that
 * name nothing.
 *
 * @param audience who connects
 * @param clients given: they need a certificate that it lets in
 */
public record ServerTls(
    SslContext context, Identity identity, Optional<ClientTrust> clients, Audience audience) {

  public static ServerTls of(Identity identity, Optional<ClientTrust> clients, Audience audience)
      throws SlipwayException {
    SslContextBuilder builder =
        SslContextBuilder.forServer(identity.key(), identity.chain())
            .sslProvider(SslProvider.JDK)
            .protocols("TLSv1.3", "TLSv1.2")
            .ciphers(Http2SecurityUtil.CIPHERS, SupportedCipherSuiteFilter.INSTANCE)
            .applicationProtocolConfig(
                new ApplicationProtocolConfig(
                    ApplicationProtocolConfig.Protocol.ALPN,
                    ApplicationProtocolConfig.SelectorFailureBehavior.FATAL_ALERT,
                    ApplicationProtocolConfig.SelectedListenerFailureBehavior.ACCEPT,
                    ApplicationProtocolNames.HTTP_2));
    // The handshake takes any certificate, so that TlsFront can say what is wrong with it: an alert
    // of TLS has no room for a sentence.
    if (clients.isPresent()) {
      builder.clientAuth(ClientAuth.OPTIONAL).trustManager(new JudgedLater());
    }
    try {
      return new ServerTls(builder.build(), identity, clients, audience);
    } catch (SSLException e) {
      throw new SlipwayException(
          ErrorKind.INVALID,
          "TLS with the certificate of "
              + identity.certificate().getSubjectX500Principal()
              + " is not possible: "
              + e.getMessage(),
          e);
    }
  }
}
