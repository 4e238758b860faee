package dev.slipway.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.oci.Digest;
import dev.slipway.oci.ImageReference;
import dev.slipway.oci.MediaTypes;
import dev.slipway.oci.Platform;
import dev.slipway.registry.RegistryClient.PushAccess;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class RegistryClientTest {
  static final RetryPolicy FAST =
      new RetryPolicy(
          4,
          Duration.ofMillis(1),
          Duration.ofMillis(5),
          Duration.ofSeconds(20),
          Duration.ofSeconds(5));
  private static final Authenticator FARMER =
      new FixedAuthenticator(FakeRegistry.USER, FakeRegistry.PASSWORD);
  private static final TestImage IMAGE = TestImage.of("layer bytes", Platform.LINUX_AMD64);

  private FakeRegistry registry;
  private RegistryClient client;

  @AfterEach
  void close() {
    client.close();
    registry.close();
  }

  private void start(FakeRegistry.Auth auth) throws Exception {
    registry = FakeRegistry.start(auth);
    client = new RegistryClient(RegistryHosts.DEFAULT, FAST, Clock.systemUTC());
  }

  private ImageReference reference(String repositoryAndTag) {
    return ImageReference.parse(registry.host() + "/" + repositoryAndTag);
  }

  private Repository open(String repository, Authenticator authenticator, String... mountFrom)
      throws Exception {
    return client.open(
        new PushAccess(reference(repository), authenticator, false, Set.of(mountFrom)));
  }

  @Test
  void resolvesThePlatformOfAnIndex() throws Exception {
    start(FakeRegistry.Auth.NONE);
    IMAGE.putInto(registry, "app", "1");

    ResolvedImage image =
        client.resolve(reference("app:1"), Platform.LINUX_AMD64, Authenticator.ANONYMOUS);

    assertThat(image.root().digest()).isEqualTo(Digest.of(IMAGE.index()));
    assertThat(image.manifestDescriptor().digest()).isEqualTo(Digest.of(IMAGE.manifest()));
    assertThat(image.config()).isEqualTo(IMAGE.config());
    assertThat(image.layers()).hasSize(1);
    assertThat(image.layers().getFirst().diffId()).isEqualTo(TestImage.DIFF_ID);
    assertThat(image.layers().getFirst().chainId()).isEqualTo(TestImage.DIFF_ID);
    assertThat(image.layers().getFirst().blob().mediaType()).isEqualTo(MediaTypes.OCI_LAYER_GZIP);
  }

  @Test
  void asksOnlyForTheRootWhenTheImageIsKnown() throws Exception {
    start(FakeRegistry.Auth.NONE);
    IMAGE.putInto(registry, "app", "1");
    client.resolve(reference("app:1"), Platform.LINUX_AMD64, Authenticator.ANONYMOUS);
    int before = registry.requests().size();

    client.resolve(reference("app:1"), Platform.LINUX_AMD64, Authenticator.ANONYMOUS);

    assertThat(registry.requests()).hasSize(before + 1);
  }

  @Test
  void saysThatAnImageIsNotFound() throws Exception {
    start(FakeRegistry.Auth.NONE);

    assertThatThrownBy(
            () -> client.resolve(reference("app:1"), Platform.LINUX_AMD64, Authenticator.ANONYMOUS))
        .isInstanceOfSatisfying(
            SlipwayException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.NOT_FOUND))
        .hasMessage(
            "failed to resolve source metadata for "
                + registry.host()
                + "/app:1: "
                + registry.host()
                + "/app:1: not found");
  }

  @Test
  void refusesAnIndexOfAMillionEntriesWithoutReadingItToItsEnd() throws Exception {
    start(FakeRegistry.Auth.NONE);
    String entry = "{\"digest\":\"" + TestImage.DIFF_ID + "\",\"size\":1},";
    registry.putManifest(
        "app",
        "1",
        MediaTypes.OCI_INDEX,
        ("{\"schemaVersion\":2,\"manifests\":[" + entry.repeat(1_000_000)).getBytes());

    assertThatThrownBy(
            () -> client.resolve(reference("app:1"), Platform.LINUX_AMD64, Authenticator.ANONYMOUS))
        .isInstanceOfSatisfying(
            SlipwayException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.EXHAUSTED))
        .hasMessageContaining("the answer is longer than 8388608 bytes");
  }

  @Test
  void saysThatAPlatformIsMissing() throws Exception {
    start(FakeRegistry.Auth.NONE);
    IMAGE.putInto(registry, "app", "1");

    assertThatThrownBy(
            () -> client.resolve(reference("app:1"), Platform.LINUX_ARM64, Authenticator.ANONYMOUS))
        .hasMessageContaining("no match for platform in manifest");
  }

  @Test
  void fetchesATokenOncePerScope() throws Exception {
    start(FakeRegistry.Auth.TOKEN);
    IMAGE.putInto(registry, "app", "1");

    client.resolve(reference("app:1"), Platform.LINUX_AMD64, Authenticator.ANONYMOUS);

    assertThat(registry.count("GET /token")).isEqualTo(1);
    assertThat(registry.requests())
        .anyMatch(request ->
            request.startsWith("GET /token") && request.contains("scope=repository%3Aapp%3Apull"));
  }

  @Test
  void fetchesAnotherTokenWhenTheOldOneIsRefused() throws Exception {
    start(FakeRegistry.Auth.TOKEN);
    IMAGE.putInto(registry, "app", "1");
    client.resolve(reference("app:1"), Platform.LINUX_AMD64, Authenticator.ANONYMOUS);
    registry.revokeTokens();

    client.resolve(reference("app:1"), Platform.LINUX_AMD64, Authenticator.ANONYMOUS);

    assertThat(registry.count("GET /token")).isEqualTo(2);
  }

  @Test
  void prefersATokenThatTheClientFetches() throws Exception {
    start(FakeRegistry.Auth.TOKEN);
    Authenticator session =
        new Authenticator() {
          @Override
          public Optional<Credentials> credentials(String host) {
            throw new AssertionError("credentials asked for although the client fetches tokens");
          }

          @Override
          public Optional<Token> fetchToken(TokenRequest request) {
            assertThat(request.host()).isEqualTo(registry.host());
            assertThat(request.scopes()).containsExactly("repository:app:pull,push");
            return Optional.of(new Token("from-client", 60));
          }
        };

    BlobAccess access = client.access(reference("app"), true, session);

    assertThat(access.sites().getFirst().authorization()).isEqualTo("Bearer from-client");
  }

  @Test
  void pushesWithATokenForItsCredentials() throws Exception {
    start(FakeRegistry.Auth.TOKEN);
    Repository repository = open("app", FARMER);

    repository.pushBlob(IMAGE.config());
    repository.pushManifest("1", MediaTypes.OCI_MANIFEST, IMAGE.manifest());

    assertThat(registry.blob("app", Digest.of(IMAGE.config()))).isPresent();
    assertThat(registry.manifest("app", "1")).contains(IMAGE.manifest());
  }

  @Test
  void saysThatAnonymousPushIsDenied() throws Exception {
    start(FakeRegistry.Auth.TOKEN);
    Repository repository = open("app", Authenticator.ANONYMOUS);

    assertThatThrownBy(() -> repository.pushBlob(IMAGE.config()))
        .isInstanceOfSatisfying(
            RegistryException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.DENIED))
        .hasMessageContaining("401 UNAUTHORIZED: authentication required");
  }

  @Test
  void keepsBasicCredentialsFromWorkers() throws Exception {
    start(FakeRegistry.Auth.BASIC);
    open("app", FARMER).pushBlob(IMAGE.config());

    BlobAccess access = client.access(reference("app"), true, FARMER);

    assertThat(access.onlyBasic()).isTrue();
    assertThat(access.sites().getFirst().authorization()).isEmpty();
    assertThat(registry.blob("app", Digest.of(IMAGE.config()))).isPresent();
  }

  @Test
  void saysThatAccessIsDenied() throws Exception {
    start(FakeRegistry.Auth.BASIC);

    assertThatThrownBy(() ->
            client.resolve(
                reference("app:1"),
                Platform.LINUX_AMD64,
                new FixedAuthenticator("farmer", "wrong")))
        .isInstanceOfSatisfying(
            SlipwayException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.DENIED))
        .hasMessageContaining(
            "pull access denied, repository does not exist or may require authorization");
    assertThat(registry.requests().size()).isLessThan(5);
  }

  @Test
  void sendsNothingWhenTheBlobIsThere() throws Exception {
    start(FakeRegistry.Auth.NONE);
    registry.putBlob("app", IMAGE.config());

    boolean sent = open("app", FARMER).pushBlob(IMAGE.config());

    assertThat(sent).isFalse();
    assertThat(registry.requests()).hasSize(1);
  }

  @Test
  void mountsBlobsAcrossRepositories() throws Exception {
    start(FakeRegistry.Auth.TOKEN);
    registry.putBlob("base", IMAGE.layer());
    Repository repository = open("app", FARMER, "base");

    boolean mounted = repository.mountBlob(Digest.of(IMAGE.layer()), "base");
    boolean unknown = repository.mountBlob(Digest.ofText("nowhere"), "base");

    assertThat(mounted).isTrue();
    assertThat(unknown).isFalse();
    assertThat(registry.blob("app", Digest.of(IMAGE.layer()))).isPresent();
  }

  @Test
  void triesAgainAfterErrorsThatPass() throws Exception {
    start(FakeRegistry.Auth.NONE);
    IMAGE.putInto(registry, "app", "1");
    registry.fail("GET", "/manifests/1", FakeRegistry.Kind.SERVER_ERROR, 1);
    registry.fail("GET", "/manifests/1", FakeRegistry.Kind.TOO_MANY_REQUESTS, 1);
    registry.fail("GET", "/manifests/1", FakeRegistry.Kind.NO_ANSWER, 1);

    ResolvedImage image =
        client.resolve(reference("app:1"), Platform.LINUX_AMD64, Authenticator.ANONYMOUS);

    assertThat(image.root().digest()).isEqualTo(Digest.of(IMAGE.index()));
  }

  @Test
  void givesUpAfterItsAttempts() throws Exception {
    start(FakeRegistry.Auth.NONE);
    registry.fail("PUT", "/manifests/1", FakeRegistry.Kind.SERVER_ERROR, 100);
    Repository repository = open("app", FARMER);

    assertThatThrownBy(
            () -> repository.pushManifest("1", MediaTypes.OCI_MANIFEST, IMAGE.manifest()))
        .isInstanceOfSatisfying(RegistryException.class, e -> assertThat(e.status()).isEqualTo(500))
        .hasMessageContaining("something broke");
    assertThat(registry.count("PUT")).isEqualTo(FAST.attempts());
  }

  @Test
  void asksMirrorsFirstAndSaysForWhom() throws Exception {
    registry = FakeRegistry.start(FakeRegistry.Auth.NONE);
    RegistryHosts.Host hub =
        new RegistryHosts.Host(List.of("127.0.0.1:1", registry.host() + "/cache"), false, false);
    client =
        new RegistryClient(new RegistryHosts(Map.of("docker.io", hub)), FAST, Clock.systemUTC());
    IMAGE.putInto(registry, "cache/library/app", "1");

    ResolvedImage image =
        client.resolve(
            ImageReference.parse("app:1"), Platform.LINUX_AMD64, Authenticator.ANONYMOUS);

    assertThat(image.repository()).isEqualTo("docker.io/library/app");
    assertThat(registry.requests().getFirst())
        .isEqualTo("GET /v2/cache/library/app/manifests/1?ns=docker.io");
  }

  @Test
  void aMirrorsAnswerSaysMoreThanTheSilenceOfTheHostBehindIt() throws Exception {
    registry = FakeRegistry.start(FakeRegistry.Auth.NONE);
    RegistryHosts.Host silent = new RegistryHosts.Host(List.of(registry.host()), true, false);
    client =
        new RegistryClient(
            new RegistryHosts(Map.of("127.0.0.1:1", silent)), FAST, Clock.systemUTC());

    assertThatThrownBy(() ->
            client.resolve(
                ImageReference.parse("127.0.0.1:1/app:1"),
                Platform.LINUX_AMD64,
                Authenticator.ANONYMOUS))
        .isInstanceOfSatisfying(
            SlipwayException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.NOT_FOUND))
        .hasMessageContaining("127.0.0.1:1/app:1: not found (and ");
  }

  @Test
  void asksAMirrorAgainWhenTheHostBehindItCannotBeReached() throws Exception {
    registry = FakeRegistry.start(FakeRegistry.Auth.NONE);
    RegistryHosts.Host behind = new RegistryHosts.Host(List.of(registry.host()), true, false);
    client =
        new RegistryClient(
            new RegistryHosts(Map.of("127.0.0.1:1", behind)), FAST, Clock.systemUTC());
    IMAGE.putInto(registry, "app", "1");
    registry.fail("GET", "/", FakeRegistry.Kind.NO_ANSWER, 2);
    registry.fail("GET", "/", FakeRegistry.Kind.SERVER_ERROR, 2);

    ResolvedImage image =
        client.resolve(
            ImageReference.parse("127.0.0.1:1/app:1"),
            Platform.LINUX_AMD64,
            Authenticator.ANONYMOUS);

    assertThat(image.root().digest()).isEqualTo(Digest.of(IMAGE.index()));
  }

  @Test
  void doesNotWaitForAHostWhoseMirrorHasAnswered() throws Exception {
    registry = FakeRegistry.start(FakeRegistry.Auth.NONE);
    RegistryHosts.Host section = new RegistryHosts.Host(List.of(registry.host()), false, false);
    RetryPolicy slow =
        new RetryPolicy(
            6,
            Duration.ofHours(1),
            Duration.ofHours(1),
            Duration.ofHours(2),
            Duration.ofSeconds(5));
    client =
        new RegistryClient(
            new RegistryHosts(Map.of("127.0.0.1:1", section)), slow, Clock.systemUTC());

    BlobAccess access =
        CompletableFuture.supplyAsync(this::accessBehindTheMirror).get(30, TimeUnit.SECONDS);

    assertThat(access.sites())
        .extracting(site -> site.registryUrl().getAuthority())
        .containsExactly(registry.host());
  }

  private BlobAccess accessBehindTheMirror() {
    try {
      return client.access(
          ImageReference.parse("127.0.0.1:1/app:1"), false, Authenticator.ANONYMOUS);
    } catch (SlipwayException | InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void fallsBackToPlainHttpAtAnInsecureRegistry() throws Exception {
    start(FakeRegistry.Auth.NONE);

    client.open(new PushAccess(reference("app"), FARMER, true, Set.of())).pushBlob(IMAGE.config());

    assertThat(registry.blob("app", Digest.of(IMAGE.config()))).isPresent();
  }

  @Test
  void saysWhoRefusedTheConnectionAndWhatToDo() throws Exception {
    start(FakeRegistry.Auth.NONE);
    ImageReference gone = reference("app:1");
    registry.close();

    assertThatThrownBy(() -> client.resolve(gone, Platform.LINUX_AMD64, Authenticator.ANONYMOUS))
        .isInstanceOfSatisfying(
            SlipwayException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.UNAVAILABLE))
        .hasMessageContaining(
            "registry " + gone.host() + " refused the connection: check that it runs");
  }

  /** A user with one name and password. */
  record FixedAuthenticator(String user, String password) implements Authenticator {
    @Override
    public Optional<Credentials> credentials(String host) {
      return Optional.of(new Credentials(user, password));
    }

    @Override
    public Optional<Token> fetchToken(TokenRequest request) {
      return Optional.empty();
    }
  }
}
