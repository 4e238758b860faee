package dev.slipway.certificates;

import dev.slipway.config.TlsFiles;
import dev.slipway.error.SlipwayException;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.net.JdkSSLEngineOptions;
import io.vertx.core.net.KeyCertOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * TLS as its files say at the moment. They are looked at every second: folders that are swapped by
 * a link, as Kubernetes does it, tell nobody. Files that cannot be used leave what was there in
 * use. @ThreadSafe; one virtual thread of its own.
 */
public final class WatchedTls implements Supplier<ServerTls>, AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(WatchedTls.class);

  private static final Duration LOOK_EVERY = Duration.ofSeconds(1);

  /**
   * A certificate that ends sooner than this, or has a sixth of its life left where that is less,
   * is a line in the log, once a day. Short-lived ones are renewed at two thirds.
   */
  private static final Duration ENDS_SOON = Duration.ofDays(14);

  private static final int LAST_PART = 6;

  private static final Duration REMIND_EVERY = Duration.ofDays(1);

  private final TlsFiles files;
  private final Audience audience;
  private final InstantSource clock;
  private final Thread thread;
  private volatile ServerTls current;
  // All below belong to the thread.
  private List<String> seen;
  private List<String> failed = List.of();
  private boolean told;
  private Instant reminded = Instant.MIN;

  private WatchedTls(TlsFiles files, Audience audience, InstantSource clock)
      throws SlipwayException {
    this.files = files;
    this.audience = audience;
    this.clock = clock;
    this.seen = stamps();
    this.current = load();
    this.thread = Thread.ofVirtual().name("tls-files").unstarted(this::watch);
  }

  /** Reads the files. @throws SlipwayException when they cannot be used; the message says why */
  public static WatchedTls start(TlsFiles files, Audience audience, InstantSource clock)
      throws SlipwayException {
    WatchedTls watched = new WatchedTls(files, audience, clock);
    watched.thread.start();
    return watched;
  }

  /** Makes an HTTP server speak TLS to whoever comes, with the certificate of each moment. */
  public HttpServerOptions over(HttpServerOptions options) {
    return options
        .setSsl(true)
        .setKeyCertOptions(KeyCertOptions.wrap(new CurrentKey(this)))
        .setSslEngineOptions(new JdkSSLEngineOptions().setUseWorkerThread(true))
        .setEnabledSecureTransportProtocols(Set.of(FarmTls.PROTOCOLS))
        .setUseAlpn(false);
  }

  @Override
  public ServerTls get() {
    return current;
  }

  private ServerTls load() throws SlipwayException {
    Identity identity = Identity.read(files.cert(), files.key());
    Optional<ClientTrust> clients = Optional.empty();
    if (files.ca().isPresent()) {
      List<X509Certificate> authorities = PemFiles.certificates(files.ca().get());
      clients = Optional.of(ClientTrust.in(authorities, audience, clock));
      if (audience == Audience.FARM) {
        // A worker that joins knows the CA by its pin alone, and has to see it.
        identity = identity.with(authorities);
      }
    }
    return ServerTls.of(identity, clients, audience);
  }

  private void watch() {
    try {
      while (true) {
        remind();
        Thread.sleep(LOOK_EVERY);
        look();
      }
    } catch (InterruptedException _) {
      log.debug("certificates are not watched any more");
    }
  }

  private void look() {
    List<String> now = stamps();
    if (now.equals(seen)) {
      return;
    }
    try {
      ServerTls fresh = load();
      current = fresh;
      seen = now;
      reminded = Instant.MIN;
      log.atInfo()
          .addKeyValue("certificate", files.cert())
          .addKeyValue("serial", fresh.identity().certificate().getSerialNumber().toString(16))
          .addKeyValue("expires", fresh.identity().expires())
          .log("new certificate in use");
    } catch (SlipwayException e) {
      // Two files change one after the other: only what is wrong at the second look is told.
      if (!now.equals(failed)) {
        failed = now;
        told = false;
      } else if (!told) {
        told = true;
        log.atError()
            .addKeyValue("reason", e.getMessage())
            .log("changed certificate files cannot be used; the earlier ones stay in use");
      }
    }
  }

  private void remind() {
    Instant now = clock.instant();
    Instant expires = current.identity().expires();
    Duration part =
        Duration.between(current.identity().certificate().getNotBefore().toInstant(), expires)
            .dividedBy(LAST_PART);
    Duration soon = part.compareTo(ENDS_SOON) < 0 ? part : ENDS_SOON;
    if (now.plus(soon).isBefore(expires)
        || (!reminded.equals(Instant.MIN) && now.isBefore(reminded.plus(REMIND_EVERY)))) {
      return;
    }
    reminded = now;
    log.atWarn()
        .addKeyValue("certificate", files.cert())
        .addKeyValue("expires", expires)
        .log(
            now.isAfter(expires)
                ? "this certificate has expired, others refuse it"
                : "this certificate ends soon");
  }

  /** What changes when a file does, though its name stays. */
  private List<String> stamps() {
    List<String> stamps = new ArrayList<>();
    stamps.add(stamp(files.cert()));
    stamps.add(stamp(files.key()));
    files.ca().ifPresent(ca -> stamps.add(stamp(ca)));
    return stamps;
  }

  private static String stamp(Path file) {
    try {
      BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
      return attributes.fileKey() + " " + attributes.size() + " " + attributes.lastModifiedTime();
    } catch (IOException e) {
      return e.toString();
    }
  }

  @Override
  public void close() {
    thread.interrupt();
  }
}
