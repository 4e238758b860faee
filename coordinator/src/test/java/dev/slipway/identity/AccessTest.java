package dev.slipway.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.certificates.Authority;
import dev.slipway.certificates.CertificateFolder;
import dev.slipway.certificates.PemFiles;
import dev.slipway.certificates.Subject;
import dev.slipway.certificates.Use;
import dev.slipway.config.AccessSettings.Role;
import dev.slipway.config.FarmConfig;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.oci.Digest;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Certificates, static tokens and sockets; signed tokens are in {@link SignedTokensTest}. */
class AccessTest {
  private static final String TOKEN = "a-token-that-nobody-guesses";

  @TempDir Path folder;
  private Instant now = Instant.now();

  @Test
  void withoutRulesEverybodyMayDoEverythingAndIsCalledByItsCertificate() throws Exception {
    Access access = access("");

    assertThat(access.isOpen()).isTrue();
    assertThat(access.principal(nothing())).isEqualTo(Principal.ANONYMOUS);
    assertThat(access.principal(shown(certificate("ci-1"))))
        .isEqualTo(new Principal("CN=ci-1", "default", List.of("*"), Role.ADMIN));
  }

  @Test
  void theFirstRuleThatFitsACertificateDecides() throws Exception {
    Access access =
        access(
            """
            [[access.rule]]
            match = { cn = "ci-*", san = "*.team-a.test" }
            tenant = "team-a"
            [[access.rule]]
            match = { cn = "*" }
            tenant = "others"
            role = "read-only-cache"
            """);

    assertThat(access.principal(shown(certificate("ci-1", "one.team-a.test"))))
        .isEqualTo(new Principal("CN=ci-1", "team-a", List.of(), Role.BUILDER));
    assertThat(access.principal(shown(certificate("ci-1", "one.team-b.test"))))
        .isEqualTo(new Principal("CN=ci-1", "others", List.of(), Role.READ_ONLY_CACHE));
  }

  @Test
  void whoeverNoRuleFitsIsToldSo() throws Exception {
    Access access = access(rule("cn = \"ci-*\"", "team-a"));

    refused(
        access, shown(certificate("admin")), "no [[access.rule]] of this farm lets CN=admin in");
    refused(access, nothing(), "was shown nothing: give a client certificate");
  }

  @Test
  void aStarStandsForAnyTextAndNothingElseIsAPattern() throws Exception {
    Access access = access(rule("cn = \"ci.[1]*\"", "team-a"));

    assertThat(access.principal(shown(certificate("ci.[1]-x"))).tenant()).isEqualTo("team-a");
    refused(access, shown(certificate("ciX1")), "no [[access.rule]]");
  }

  @Test
  void aTokenOfTheFileIsKnownByItsName() throws Exception {
    Access access = access(tokenRule(tokens("dashboard " + digest(TOKEN))));

    assertThat(access.principal(bearer(TOKEN)))
        .isEqualTo(new Principal("token dashboard", "platform", List.of("*"), Role.ADMIN));
    refused(access, bearer(TOKEN + "x"), "the token is not known here");
  }

  @Test
  void aTokenIsTakenBackByTakingItsLineOut() throws Exception {
    Path file = tokens("dashboard " + digest(TOKEN));
    Access access = access(tokenRule(file));
    assertThat(access.principal(bearer(TOKEN)).tenant()).isEqualTo("platform");

    Files.writeString(file, "# nobody any more\n");
    now = now.plus(Duration.ofSeconds(2));

    refused(access, bearer(TOKEN), "the token is not known here");
  }

  @Test
  void aTokenFileThatIsBrokenLaterLeavesTheEarlierTokens() throws Exception {
    Path file = tokens("dashboard " + digest(TOKEN));
    Access access = access(tokenRule(file));

    Files.writeString(file, "dashboard nonsense\n");
    now = now.plus(Duration.ofSeconds(2));

    assertThat(access.principal(bearer(TOKEN)).tenant()).isEqualTo("platform");
  }

  @Test
  void aTokenFileThatIsBrokenFromTheBeginningIsAnErrorWithItsLine() throws Exception {
    Path file = tokens("# ours", "dashboard nonsense");

    assertThatThrownBy(() -> access(tokenRule(file)))
        .hasMessageContaining(file + ", line 2: expected NAME SHA-256");
  }

  @Test
  void whoeverMayOpenTheSocketCanBeARule() throws Exception {
    Access access = access(rule("socket = \"unix\"", "platform"));

    assertThat(access.principal(new Shown(Optional.empty(), Optional.empty(), true)).name())
        .isEqualTo("unix socket");
    refused(access, nothing(), "was shown nothing");
  }

  @Test
  void aTenantCanBeTakenFromWhatWasShown() throws Exception {
    Access access = access(rule("cn = \"*\"", "{cn}"));

    assertThat(access.principal(shown(certificate("Team-A"))).tenant()).isEqualTo("team-a");
    refused(access, shown(certificate("two words")), "which is no name of one");
  }

  @Test
  void theFarmsOwnTokenMayDoEverything() throws Exception {
    Access access = access(rule("cn = \"ci-*\"", "team-a"));

    assertThat(access.principal(bearer(access.ownToken())).isAdmin()).isTrue();
    refused(access, bearer(access.ownToken() + "0"), "the token is not known here");
  }

  @Test
  void aCertificateIsTakenBackWhileOthersGoOn() throws Exception {
    CertificateFolder certificates = new CertificateFolder(folder, () -> now);
    certificates.init(List.of());
    certificates.addClient("ci");
    X509Certificate ci = PemFiles.certificates(folder.resolve("client-ci/cert.pem")).getFirst();
    X509Certificate first = PemFiles.certificates(folder.resolve("client/cert.pem")).getFirst();
    Access access =
        Access.of(
            FarmConfig.parse("[access]\nrevoked = \"" + folder.resolve("crl.pem") + "\"", "t")
                .access(),
            Optional.of(folder.resolve("ca.pem")),
            () -> now);
    access.principal(shown(ci));

    certificates.revokeClient("ci");
    now = now.plus(Duration.ofSeconds(2));

    refused(access, shown(ci), "the client certificate CN=ci was taken back on ");
    assertThat(access.principal(shown(first)).name()).isEqualTo("CN=client");
    certificates.revokeClient("client");
    now = now.plus(Duration.ofSeconds(2));
    refused(access, shown(ci), "was taken back");
    refused(access, shown(first), "was taken back");
  }

  @Test
  void aListOfAnotherCaIsRefused() throws Exception {
    Path ours = folder.resolve("ours");
    Path theirs = folder.resolve("theirs");
    new CertificateFolder(ours, () -> now).init(List.of());
    new CertificateFolder(theirs, () -> now).init(List.of());

    assertThatThrownBy(() ->
            Access.of(
                FarmConfig.parse("[access]\nrevoked = \"" + theirs.resolve("crl.pem") + "\"", "t")
                    .access(),
                Optional.of(ours.resolve("ca.pem")),
                () -> now))
        .hasMessageContaining("theirs/crl.pem is not of the clients' CA");
  }

  @Test
  void secretsAreNotInWhatIsLogged() {
    assertThat(bearer(TOKEN).toString()).doesNotContain(TOKEN);
  }

  private Access access(String toml) throws SlipwayException {
    return Access.of(FarmConfig.parse(toml, "test.toml").access(), Optional.empty(), () -> now);
  }

  private static String rule(String match, String tenant) {
    return "[[access.rule]]\nmatch = { " + match + " }\ntenant = \"" + tenant + "\"\n";
  }

  private static String tokenRule(Path file) {
    return """
    [access]
    tokens = "%s"
    [[access.rule]]
    match = { token = "dashboard" }
    tenant = "platform"
    other-tenants = ["*"]
    role = "admin"
    """
        .formatted(file);
  }

  private Path tokens(String... lines) throws java.io.IOException {
    return Files.write(folder.resolve("tokens"), List.of(lines));
  }

  private static String digest(String token) {
    return HexFormat.of().formatHex(Digest.sha256().digest(token.getBytes(StandardCharsets.UTF_8)));
  }

  private X509Certificate certificate(String name, String... hosts) throws SlipwayException {
    Authority authority = Authority.create("test", Duration.ofDays(1), () -> now);
    return authority
        .issue(new Subject(name, List.of(hosts), Set.of(Use.CLIENT), Duration.ofHours(1)))
        .certificate();
  }

  private static Shown shown(X509Certificate certificate) {
    return new Shown(Optional.of(certificate), Optional.empty(), false);
  }

  private static Shown bearer(String token) {
    return new Shown(Optional.empty(), Optional.of(token), false);
  }

  private static Shown nothing() {
    return new Shown(Optional.empty(), Optional.empty(), false);
  }

  private static void refused(Access access, Shown shown, String sentence) {
    assertThatThrownBy(() -> access.principal(shown))
        .isInstanceOfSatisfying(
            SlipwayException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.DENIED))
        .hasMessageContaining(sentence);
  }
}
