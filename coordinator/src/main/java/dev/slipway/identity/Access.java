package dev.slipway.identity;

import dev.slipway.certificates.RevocationList;
import dev.slipway.config.AccessSettings;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.oci.Digest;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collections;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Who a client is, by what it shows and the rules of {@code [access]}. May block while an issuer's
 * keys are fetched. @ThreadSafe
 */
public final class Access {
  private static final int OWN_BYTES = 32;

  /** Longest token looked at; those of providers have two or three thousand letters. */
  private static final int MAX_TOKEN = 16 << 10;

  /** Tokens that were verified lately; a client shows the same one with each call. */
  private static final int REMEMBERED = 1_000;

  /** A token is looked at again after that time, in case its key was taken back. */
  private static final Duration REMEMBERED_FOR = Duration.ofMinutes(5);

  private final AccessSettings settings;
  private final Rules rules;
  private final Optional<StaticTokens> fixed;
  private final Optional<SignedTokens> signed;
  private final Optional<RevocationList> revoked;
  private final InstantSource clock;
  private final String own;
  private final Map<String, Remembered> verified =
      Collections.synchronizedMap(
          new LinkedHashMap<>(16, 0.75f, true) {
            private static final long serialVersionUID = 1L;

            @Override
            protected boolean removeEldestEntry(Map.Entry<String, Remembered> eldest) {
              return size() > REMEMBERED;
            }
          });

  private record Remembered(Facts facts, Instant until) {}

  private Access(AccessSettings settings, Optional<Path> clientsCa, InstantSource clock)
      throws SlipwayException {
    this.settings = settings;
    this.clock = clock;
    this.rules = new Rules(settings.rules());
    this.fixed =
        settings.tokens().isPresent()
            ? Optional.of(StaticTokens.in(settings.tokens().get(), clock))
            : Optional.empty();
    this.signed =
        settings.issuers().isEmpty()
            ? Optional.empty()
            : Optional.of(new SignedTokens(settings.issuers(), clock));
    this.revoked = revoked(settings, clientsCa, clock);
    byte[] random = new byte[OWN_BYTES];
    new SecureRandom().nextBytes(random);
    this.own = HexFormat.of().formatHex(random);
  }

  /**
   * A token for whoever may read the farm's own files: it may do everything, as long as this
   * process lives.
   */
  public String ownToken() {
    return own;
  }

  /**
   * Reads what the settings name.
   *
   * @param clientsCa file of the CA of clients' certificates
   * @throws SlipwayException naming what cannot be used
   */
  public static Access of(AccessSettings settings, Optional<Path> clientsCa, InstantSource clock)
      throws SlipwayException {
    return new Access(settings, clientsCa, clock);
  }

  private static Optional<RevocationList> revoked(
      AccessSettings settings, Optional<Path> clientsCa, InstantSource clock)
      throws SlipwayException {
    if (settings.revoked().isEmpty()) {
      return Optional.empty();
    }
    Path ca =
        clientsCa.orElseThrow(() ->
            new SlipwayException(
                ErrorKind.INVALID,
                "access.revoked takes certificates of clients back, and no client needs one: name"
                    + " their CA (grpc.tls.ca, --tlscacert)"));
    return Optional.of(RevocationList.in(settings.revoked().get(), ca, clock));
  }

  /** Whether everybody who gets a connection may do everything. */
  public boolean isOpen() {
    return settings.isOpen();
  }

  /** Whether clients may show tokens instead of certificates. */
  public boolean takesTokens() {
    return fixed.isPresent() || !settings.issuers().isEmpty();
  }

  /**
   * Returns who that is.
   *
   * @throws SlipwayException DENIED with a sentence for the client; UNAVAILABLE when that cannot be
   *     told now
   */
  public Principal principal(Shown shown) throws SlipwayException {
    Facts facts = Facts.NONE;
    if (shown.unixSocket()) {
      facts = facts.and(new Facts("unix socket", Map.of("socket", List.of("unix"))));
    }
    if (shown.certificate().isPresent()) {
      refuseRevoked(shown.certificate().get());
      facts = facts.and(CertificateFacts.of(shown.certificate().get()));
    }
    if (isOpen()) {
      return Principal.everybody(shown.certificate().isPresent() ? facts.shown() : "anonymous");
    }
    if (shown.bearer().filter(this::isOwn).isPresent()) {
      return Principal.everybody("the farm's own");
    }
    if (shown.bearer().isPresent()) {
      facts = facts.and(token(shown.bearer().get()));
    }
    Optional<Principal> principal = rules.principal(facts);
    if (principal.isEmpty()) {
      throw new SlipwayException(
          ErrorKind.DENIED,
          facts.values().isEmpty()
              ? "this farm asks who you are and was shown nothing: " + remedy()
              : "no [[access.rule]] of this farm lets " + facts.shown() + " in");
    }
    return principal.get();
  }

  private void refuseRevoked(X509Certificate certificate) throws SlipwayException {
    Optional<Instant> since = revoked.flatMap(list -> list.revokedAt(certificate));
    if (since.isPresent()) {
      throw new SlipwayException(
          ErrorKind.DENIED,
          "the client certificate "
              + certificate.getSubjectX500Principal().getName()
              + " was taken back on "
              + since.get()
              + ": get a new one");
    }
  }

  private String remedy() {
    return takesTokens()
        ? "give a bearer token in the header Authorization, or a client certificate"
        : "give a client certificate (docker buildx create --driver-opt cacert=…,cert=…,key=…)";
  }

  private boolean isOwn(String token) {
    return MessageDigest.isEqual(
        own.getBytes(StandardCharsets.UTF_8), token.getBytes(StandardCharsets.UTF_8));
  }

  private Facts token(String text) throws SlipwayException {
    if (text.length() > MAX_TOKEN) {
      throw new SlipwayException(
          ErrorKind.DENIED, "the token is longer than " + MAX_TOKEN + " letters");
    }
    if (SignedTokens.isOne(text)) {
      return signed(text);
    }
    return fixed
        .flatMap(tokens -> tokens.facts(text))
        .orElseThrow(() -> new SlipwayException(ErrorKind.DENIED, "the token is not known here"));
  }

  private Facts signed(String text) throws SlipwayException {
    MessageDigest hash = Digest.sha256();
    String key = Digest.ofHash(hash.digest(text.getBytes(StandardCharsets.UTF_8))).value();
    Instant now = clock.instant();
    Remembered known = verified.get(key);
    if (known != null && now.isBefore(known.until())) {
      return known.facts();
    }
    SignedTokens.Verified fresh =
        signed
            .orElseThrow(() ->
                new SlipwayException(
                    ErrorKind.DENIED,
                    "the token is one that an issuer signed, and this farm knows none: name it with"
                        + " [access.issuer.NAME]"))
            .verify(text);
    Instant expires = fresh.expires().toInstant();
    Instant look = now.plus(REMEMBERED_FOR);
    verified.put(key, new Remembered(fresh.facts(), expires.isBefore(look) ? expires : look));
    return fresh.facts();
  }
}
