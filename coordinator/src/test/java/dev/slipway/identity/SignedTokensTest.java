package dev.slipway.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSSigner;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.PlainJWT;
import com.nimbusds.jwt.SignedJWT;
import com.sun.net.httpserver.HttpServer;
import dev.slipway.config.AccessSettings.Role;
import dev.slipway.config.FarmConfig;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tokens of a provider that serves its keys over HTTP, as GitHub, GitLab and Kubernetes do. */
class SignedTokensTest {
  private static final String ISSUER = "https://token.actions.test";

  @TempDir Path folder;
  private final AtomicInteger asked = new AtomicInteger();
  private Instant now = Instant.now();
  private ECKey key;
  private HttpServer provider;
  private volatile int status = 200;

  @BeforeEach
  void start() throws IOException, JOSEException {
    key = new ECKeyGenerator(Curve.P_256).keyID("one").generate();
    provider = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    provider.createContext(
        "/jwks",
        exchange -> {
          asked.incrementAndGet();
          byte[] keys = new JWKSet(key.toPublicJWK()).toString().getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(status, status == 200 ? keys.length : -1);
          if (status == 200) {
            exchange.getResponseBody().write(keys);
          }
          exchange.close();
        });
    provider.start();
  }

  @AfterEach
  void stop() {
    provider.stop(0);
  }

  @Test
  void aBranchOfARepositoryIsABuilderAndItsPullRequestsReadTheCacheOnly() throws Exception {
    Access access = access(github());

    assertThat(access.principal(bearer(token(claims -> claims.claim("ref", "refs/heads/main")))))
        .isEqualTo(new Principal("acme/app@refs/heads/main", "acme", List.of(), Role.BUILDER));
    assertThat(access.principal(bearer(token(claims -> claims.claim("ref", "refs/pull/7/merge")))))
        .isEqualTo(
            new Principal("acme/app@refs/pull/7/merge", "acme", List.of(), Role.READ_ONLY_CACHE));
  }

  @Test
  void claimsWithinClaimsAreNamedWithDots() throws Exception {
    Access access =
        access(
            issuer("jwks-url = \"" + address() + "\"")
                + """
                [[access.rule]]
                match = { issuer = "provider", "claim.kubernetes.io.namespace" = "team-a" }
                tenant = "{claim.kubernetes.io.namespace}"
                """);

    Principal principal =
        access.principal(
            bearer(token(claims -> claims.claim("kubernetes.io", Map.of("namespace", "team-a")))));

    assertThat(principal.tenant()).isEqualTo("team-a");
    assertThat(principal.name()).isEqualTo("provider repo:acme/app");
  }

  @Test
  void keysMayStandInAFileThatChanges() throws Exception {
    Path file = folder.resolve("jwks.json");
    ECKey old = new ECKeyGenerator(Curve.P_256).keyID("old").generate();
    Files.writeString(file, new JWKSet(old.toPublicJWK()).toString());
    Access access = access(issuer("jwks-file = \"" + file + "\"") + rule("issuer = \"provider\""));
    refused(access, token(), "no matching key(s) found");

    Files.writeString(file, new JWKSet(key.toPublicJWK()).toString());
    Files.setLastModifiedTime(
        file, java.nio.file.attribute.FileTime.from(Instant.now().plusSeconds(5)));
    now = now.plusSeconds(2);

    assertThat(access.principal(bearer(token())).tenant()).isEqualTo("acme");
  }

  @Test
  void keysAreFetchedOnceForManyCalls() throws Exception {
    Access access = access(github());
    for (int i = 0; i < 10; i++) {
      int serial = i;
      access.principal(bearer(token(claims -> claims.jwtID("id-" + serial))));
    }

    assertThat(asked).hasValue(1);
  }

  @Test
  void aTokenEndsAlthoughItWasAcceptedAMomentAgo() throws Exception {
    Access access = access(github());
    String token = token();
    access.principal(bearer(token));

    now = now.plus(Duration.ofMinutes(12)); // ten of its life, one of clocks that differ

    refused(access, token, "Expired JWT");
  }

  @Test
  void tokensForOthersOrByOthersAreRefused() throws Exception {
    Access access = access(github());

    refused(access, token(claims -> claims.audience("somebody else")), "audience");
    refused(
        access, token(claims -> claims.issuer("https://evil.test")), "whom the farm does not know");
    refused(access, token(claims -> claims.expirationTime(null)), "missing required claims");
    refused(
        access, token(claims -> claims.notBeforeTime(Date.from(now.plusSeconds(600)))), "before");
  }

  @Test
  void tokensThatAnybodyCanMakeAreRefused() throws Exception {
    Access access = access(github());
    JWTClaimsSet claims = claims(all -> all);
    ECKey other = new ECKeyGenerator(Curve.P_256).keyID("one").generate();
    byte[] publicKey = key.toPublicJWK().toJSONString().getBytes(StandardCharsets.UTF_8);

    refused(
        access, signed(claims, JWSAlgorithm.ES256, new ECDSASigner(other)), "Invalid signature");
    refused(
        access,
        signed(claims, JWSAlgorithm.HS256, new MACSigner(publicKey)),
        "no matching key(s) found");
    refused(access, new PlainJWT(claims).serialize(), "not signed");
    refused(access, "eyJ.eyJ.x", "malformed");
  }

  @Test
  void aProviderThatDoesNotAnswerIsNotTheClientsFault() throws Exception {
    status = 503;
    Access access = access(github());

    assertThatThrownBy(() -> access.principal(bearer(token())))
        .isInstanceOfSatisfying(
            SlipwayException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.UNAVAILABLE))
        .hasMessageContaining("the keys of the token's issuer cannot be had");
  }

  @Test
  void aClaimWithoutItsIssuerIsNoRule() {
    assertThatThrownBy(() -> access(rule("\"claim.repository\" = \"acme/app\"")))
        .hasMessageContaining("with an issuer beside its claims");
  }

  private String github() {
    return issuer("jwks-url = \"" + address() + "\"")
        + """
        [[access.rule]]
        match = { issuer = "provider", "claim.repository" = "acme/*", "claim.ref" = "refs/heads/*" }
        tenant = "{claim.repository_owner}"
        name = "{claim.repository}@{claim.ref}"
        [[access.rule]]
        match = { issuer = "provider", "claim.repository" = "acme/*" }
        tenant = "{claim.repository_owner}"
        name = "{claim.repository}@{claim.ref}"
        role = "read-only-cache"
        """;
  }

  private static String issuer(String keys) {
    return """
    [access.issuer.provider]
    issuer = "%s"
    audiences = ["slipway"]
    %s
    """
        .formatted(ISSUER, keys);
  }

  private static String rule(String match) {
    return "[[access.rule]]\nmatch = { " + match + " }\ntenant = \"acme\"\n";
  }

  private String address() {
    return "http://127.0.0.1:" + provider.getAddress().getPort() + "/jwks";
  }

  private Access access(String toml) throws SlipwayException {
    return Access.of(FarmConfig.parse(toml, "test.toml").access(), Optional.empty(), () -> now);
  }

  private String token() throws JOSEException {
    return token(claims -> claims);
  }

  private String token(UnaryOperator<JWTClaimsSet.Builder> change) throws JOSEException {
    return signed(claims(change), JWSAlgorithm.ES256, new ECDSASigner(key));
  }

  private JWTClaimsSet claims(UnaryOperator<JWTClaimsSet.Builder> change) {
    return change
        .apply(
            new JWTClaimsSet.Builder()
                .issuer(ISSUER)
                .subject("repo:acme/app")
                .audience("slipway")
                .claim("repository", "acme/app")
                .claim("repository_owner", "Acme")
                .claim("ref", "refs/heads/main")
                .expirationTime(Date.from(now.plus(Duration.ofMinutes(10)))))
        .build();
  }

  private static String signed(JWTClaimsSet claims, JWSAlgorithm algorithm, JWSSigner signer)
      throws JOSEException {
    SignedJWT token = new SignedJWT(new JWSHeader.Builder(algorithm).keyID("one").build(), claims);
    token.sign(signer);
    return token.serialize();
  }

  private static Shown bearer(String token) {
    return new Shown(Optional.empty(), Optional.of(token), false);
  }

  private static void refused(Access access, String token, String sentence) {
    assertThatThrownBy(() -> access.principal(bearer(token)))
        .isInstanceOfSatisfying(
            SlipwayException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.DENIED))
        .hasMessageContaining(sentence);
  }
}
