package dev.slipway.identity;

import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.source.JWKSource;
import com.nimbusds.jose.jwk.source.JWKSourceBuilder;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jose.util.DefaultResourceRetriever;
import dev.slipway.certificates.PemFiles;
import dev.slipway.config.AccessSettings.Issuer;
import dev.slipway.config.AccessSettings.Keys;
import dev.slipway.config.WatchedFile;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import java.io.IOException;
import java.net.MalformedURLException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.text.ParseException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManagerFactory;

/**
 * The keys with which an issuer signs (JWKS, RFC 7517): fetched when first needed, kept for five
 * minutes, used for four hours more when the issuer does not answer; an unknown key makes them be
 * fetched again, at most twice in half a minute. Those of a file are read again when it changes.
 */
final class IssuerKeys {
  private static final int CONNECT_MILLIS = 3_000;
  private static final int READ_MILLIS = 3_000;
  private static final int MAX_BYTES = 1 << 20;
  private static final Duration OUTAGE = Duration.ofHours(4);

  private IssuerKeys() {}

  static JWKSource<SecurityContext> of(Issuer issuer, InstantSource clock) throws SlipwayException {
    return switch (issuer.keys()) {
      case Keys.At(var address) -> {
        try {
          yield JWKSourceBuilder.create(
                  address.toURL(),
                  new DefaultResourceRetriever(
                      CONNECT_MILLIS, READ_MILLIS, MAX_BYTES, true, trusting(issuer.ca())))
              .outageTolerant(OUTAGE.toMillis())
              .build();
        } catch (MalformedURLException e) {
          throw new SlipwayException(ErrorKind.INVALID, "jwks-url " + address + " is none", e);
        }
      }
      case Keys.In(var file) -> {
        WatchedFile<JWKSet> keys = WatchedFile.of(file, IssuerKeys::read, clock);
        yield (selector, _) -> selector.select(keys.get());
      }
    };
  }

  private static SSLSocketFactory trusting(Optional<Path> ca) throws SlipwayException {
    if (ca.isEmpty()) {
      return (SSLSocketFactory) SSLSocketFactory.getDefault();
    }
    try {
      KeyStore anchors = KeyStore.getInstance(KeyStore.getDefaultType());
      anchors.load(null, null);
      for (X509Certificate each : PemFiles.certificates(ca.get())) {
        anchors.setCertificateEntry(each.getSerialNumber().toString(), each);
      }
      TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
      trust.init(anchors);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, trust.getTrustManagers(), null);
      return context.getSocketFactory();
    } catch (GeneralSecurityException | IOException e) {
      throw new SlipwayException(
          ErrorKind.INVALID, "the issuer's CA " + ca.get() + " cannot be used: " + e, e);
    }
  }

  private static JWKSet read(Path file) throws SlipwayException {
    try {
      return JWKSet.load(file.toFile());
    } catch (IOException | ParseException e) {
      throw new SlipwayException(
          ErrorKind.INVALID, "reading the keys in " + file + " failed: " + e.getMessage(), e);
    }
  }
}
