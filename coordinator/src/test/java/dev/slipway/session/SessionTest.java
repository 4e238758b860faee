package dev.slipway.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.slipway.compatibility.Area;
import dev.slipway.compatibility.Feature;
import dev.slipway.config.AccessSettings.Role;
import dev.slipway.context.ContextStore;
import dev.slipway.context.ContextTree;
import dev.slipway.context.ContextTree.Entry;
import dev.slipway.context.FileMode;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.identity.Principal;
import dev.slipway.protocol.buildkit.auth.AuthGrpc;
import dev.slipway.protocol.buildkit.auth.CredentialsRequest;
import dev.slipway.protocol.buildkit.auth.CredentialsResponse;
import dev.slipway.protocol.buildkit.auth.FetchTokenRequest;
import dev.slipway.protocol.buildkit.auth.FetchTokenResponse;
import dev.slipway.protocol.buildkit.auth.GetTokenAuthorityRequest;
import dev.slipway.protocol.buildkit.auth.GetTokenAuthorityResponse;
import dev.slipway.protocol.buildkit.fsutil.Stat;
import dev.slipway.registry.Authenticator;
import dev.slipway.registry.Authenticator.TokenRequest;
import dev.slipway.session.Session.LocalRequest;
import io.grpc.Metadata;
import io.grpc.ServerServiceDefinition;
import io.grpc.protobuf.services.HealthStatusManager;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(30)
class SessionTest {
  private static final Duration PATIENCE = Duration.ofSeconds(5);
  private static final Principal ALICE = new Principal("alice", "team-a", List.of(), Role.BUILDER);
  private static final Principal BOB = new Principal("bob", "team-b", List.of(), Role.BUILDER);
  private static final String DIFF_COPY = "/moby.filesync.v1.FileSync/DiffCopy";

  @TempDir Path directory;
  private final TestDirectory files = new TestDirectory();
  private SessionRegistry registry;
  private TestDaemon daemon;

  /** Who opens the next session. */
  private volatile Principal owner = ALICE;

  @BeforeEach
  void start() throws IOException {
    registry =
        new SessionRegistry(
            new ContextStore(directory, InstantSource.system()), HealthPolicy.DEFAULT);
    daemon = new TestDaemon(registry, () -> owner);
  }

  @AfterEach
  void stop() {
    registry.close();
    daemon.close();
  }

  @Test
  @Feature(value = "transfer of a local context", area = Area.SESSION)
  void receivesADirectoryAndAsksForNothingTheSecondTime() throws Exception {
    directory(300, 1);
    try (TestClient client = client("s1", "app:node")) {
      Session session = registry.await(ALICE, "s1", PATIENCE);
      AtomicLong received = new AtomicLong();

      ContextTree first = session.receive(request("context"), received::set);

      assertThat(files.requested).hasValue(300);
      assertThat(received.get()).isGreaterThan(first.size());
      assertThat(first.readFile("dir/link"))
          .isEqualTo(files.contents.get("dir/f000001").toByteArray());
      assertThat(first.readFile("hard")).isEqualTo(files.contents.get("dir/f000000").toByteArray());
    }
    files.requested.set(0);
    try (TestClient client = client("s2", "app:node")) {
      ContextTree second =
          registry.await(ALICE, "any:s2", PATIENCE).receive(request("context"), bytes -> {});

      assertThat(files.requested).hasValue(0);
      assertThat(second.readFile("dir/f000002"))
          .isEqualTo(files.contents.get("dir/f000002").toByteArray());
      directory(300, 2);
      assertThat(
              registry
                  .await(ALICE, "s2", PATIENCE)
                  .receive(request("context"), bytes -> {})
                  .contentDigest())
          .isNotEqualTo(second.contentDigest());
      assertThat(files.requested).hasValue(300);
    }
  }

  @Test
  void receivesLargeFilesInterleavedWithSmallOnes() throws Exception {
    byte[] large = new byte[20 << 20];
    new Random(1).nextBytes(large);
    files.contents =
        Map.of("large", ByteString.copyFrom(large), "small", ByteString.copyFromUtf8("s"));
    files.stats = List.of(file("large", large.length, 1), file("small", 1, 1));
    try (TestClient client = client("s1", "")) {
      ContextTree tree =
          registry.await(ALICE, "s1", PATIENCE).receive(request("context"), bytes -> {});

      assertThat(tree.readFile("large")).isEqualTo(large);
    }
  }

  @Test
  void clientsWithoutSharedKeyShareNothing() throws Exception {
    directory(3, 1);
    try (TestClient one = client("s1", "");
        TestClient two = client("s2", "")) {
      var a = registry.await(ALICE, "s1", PATIENCE).receive(request("context"), bytes -> {});
      var b = registry.await(ALICE, "s2", PATIENCE).receive(request("context"), bytes -> {});

      assertThat(files.requested).hasValue(6);
      assertThat(a.contentDigest()).isEqualTo(b.contentDigest());
    }
  }

  @Test
  void clientsOfTwoPrincipalsShareNothingWhateverKeyTheyName() throws Exception {
    directory(3, 1);
    try (TestClient one = client("s1", "app:node")) {
      registry.await(ALICE, "s1", PATIENCE).receive(request("context"), bytes -> {});
    }
    files.requested.set(0);
    owner = BOB;
    try (TestClient two = client("s2", "app:node")) {
      registry.await(BOB, "s2", PATIENCE).receive(request("context"), bytes -> {});

      assertThat(files.requested).hasValue(3);
    }
  }

  @Test
  void aSessionIsThereForWhoOpenedItOnly() throws Exception {
    try (TestClient client = client("s1", "")) {
      registry.await(ALICE, "s1", PATIENCE);

      assertThatThrownBy(() -> registry.await(BOB, "s1", Duration.ofMillis(10)))
          .hasMessageContaining("no active session for s1");
    }
  }

  @Test
  void saysWhatTheClientSaidOfAnUnknownDirectory() throws Exception {
    try (TestClient client = client("s1", "")) {
      Session session = registry.await(ALICE, "s1", PATIENCE);

      assertThatThrownBy(() -> session.receive(request("other"), bytes -> {}))
          .isInstanceOfSatisfying(
              SlipwayException.class,
              error -> assertThat(error.kind()).isEqualTo(ErrorKind.NOT_FOUND))
          .hasMessage("no access allowed to dir \"other\"");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"../up", "/etc/passwd", "a/../../b", "..", "a//b", "a/./b"})
  void aClientThatListsPathsOutsideOfTheDirectoryEndsItsTransfer(String path) throws Exception {
    files.stats = List.of(Stat.newBuilder().setPath(path).setMode(0644).setSize(1).build());
    try (TestClient client = client("s1", "")) {
      Session session = registry.await(ALICE, "s1", PATIENCE);

      assertThatThrownBy(() -> session.receive(request("context"), bytes -> {}))
          .isInstanceOfSatisfying(
              SlipwayException.class,
              error -> assertThat(error.kind()).isEqualTo(ErrorKind.INVALID))
          .hasMessageContaining("malformed path");
    }
  }

  @Test
  void aFileIsAsLargeAsItsBytesWhateverTheClientSays() throws Exception {
    files.stats =
        List.of(Stat.newBuilder().setPath("huge").setMode(0644).setSize(Long.MAX_VALUE).build());
    files.contents = Map.of("huge", ByteString.copyFromUtf8("small"));
    try (TestClient client = client("s1", "")) {
      var tree = registry.await(ALICE, "s1", PATIENCE).receive(request("context"), bytes -> {});

      assertThat(tree.size()).isEqualTo(5);
    }
  }

  @Test
  void aPacketLargerThanAnyKnownClientsEndsTheTransfer() throws Exception {
    files.stats =
        List.of(
            Stat.newBuilder()
                .setPath("f")
                .setMode(0644)
                .putXattrs("user.x", ByteString.copyFrom(new byte[2 << 20]))
                .build());
    try (TestClient client = client("s1", "")) {
      Session session = registry.await(ALICE, "s1", PATIENCE);

      assertThatThrownBy(() -> session.receive(request("context"), bytes -> {}))
          .isInstanceOf(SlipwayException.class);
    }
  }

  @Test
  void listsWhatItDoesNotTakeInOneFile() throws Exception {
    files.stats =
        List.of(
            Stat.newBuilder().setPath("a").setMode(FileMode.DIRECTORY | 0755).build(),
            Stat.newBuilder().setPath("a/no").setMode(0644).setSize(2).build(),
            Stat.newBuilder().setPath("a/yes").setMode(0644).setSize(3).build(),
            Stat.newBuilder().setPath("b").setMode(FileMode.DIRECTORY | 0755).build(),
            Stat.newBuilder().setPath("b/no").setMode(0644).setSize(2).build());
    files.contents = Map.of("a/yes", ByteString.copyFromUtf8("yes"));
    try (TestClient client = client("s1", "")) {
      LocalRequest request =
          new LocalRequest(
              "context", List.of(), List.of(), List.of(), "", true, Optional.of(List.of("**/yes")));

      ContextTree tree = registry.await(ALICE, "s1", PATIENCE).receive(request, bytes -> {});

      assertThat(tree.entries())
          .extracting(Entry::path)
          .containsExactly(".fsutil-metadata", "a", "a/yes");
      assertThat(tree.readFile("a/yes")).isEqualTo("yes".getBytes());
      assertThat(names(tree.readFile(".fsutil-metadata")))
          .containsExactly("a", "a/no", "a/yes", "b", "b/no");
    }
  }

  private static List<String> names(byte[] listing) throws Exception {
    List<String> names = new ArrayList<>();
    ByteBuffer rest = ByteBuffer.wrap(listing).order(ByteOrder.LITTLE_ENDIAN);
    while (rest.hasRemaining()) {
      byte[] message = new byte[rest.getInt()];
      rest.get(message);
      names.add(Stat.parseFrom(message).getPath());
    }
    return names;
  }

  @Test
  void encodesPatternsThatAHeaderCannotCarry() throws Exception {
    try (TestClient client = client("s1", "")) {
      LocalRequest request =
          new LocalRequest("context", List.of("a b", "é"), List.of("plain*"), List.of(), "", true);

      var tree = registry.await(ALICE, "s1", PATIENCE).receive(request, bytes -> {});

      Metadata headers = files.headers.getLast();
      assertThat(tree.size()).isZero();
      assertThat(headers.getAll(key("include-patterns"))).containsExactly("a+b", "%C3%A9");
      assertThat(headers.get(key("include-patterns-encoded"))).isEqualTo("1");
      assertThat(headers.getAll(key("exclude-patterns"))).containsExactly("plain*");
      assertThat(headers.get(key("exclude-patterns-encoded"))).isNull();
    }
  }

  @Test
  void clientThatVanishesEndsItsTransferAndItsSession() throws Exception {
    files.silent = true;
    try (TestClient client = client("s1", "")) {
      Session session = registry.await(ALICE, "s1", PATIENCE);
      CountDownLatch closed = new CountDownLatch(1);
      session.onClose(closed::countDown);
      AtomicReference<Throwable> failure = new AtomicReference<>();
      Thread receiver =
          Thread.startVirtualThread(() -> {
            try {
              var ignored = session.receive(request("context"), bytes -> {});
            } catch (SlipwayException | InterruptedException e) {
              failure.set(e);
            }
          });

      client.vanish();

      assertThat(closed.await(10, TimeUnit.SECONDS)).isTrue();
      assertThat(receiver.join(Duration.ofSeconds(10))).isTrue();
      assertThat(failure.get())
          .isInstanceOfSatisfying(
              SlipwayException.class,
              error -> assertThat(error.kind()).isEqualTo(ErrorKind.UNAVAILABLE));
      assertThat(session.isOpen()).isFalse();
      assertThatThrownBy(() -> registry.await(ALICE, "s1", Duration.ofMillis(10)))
          .hasMessage("no active session for s1: context deadline exceeded");
    }
  }

  @Test
  void clientThatLeavesGetsTheEndOfItsStream() throws Exception {
    try (TestClient client = client("s1", "")) {
      Session session = registry.await(ALICE, "s1", PATIENCE);
      CountDownLatch closed = new CountDownLatch(1);
      session.onClose(closed::countDown);

      client.leave();

      assertThat(closed.await(10, TimeUnit.SECONDS)).isTrue();
      assertThat(client.ended.await(10, TimeUnit.SECONDS)).isTrue();
    }
  }

  @Test
  void clientThatDoesNotAnswerHealthChecksIsGone() throws Exception {
    HealthStatusManager broken = new HealthStatusManager();
    broken.clearStatus("");
    Metadata headers = TestClient.headers("s1", "", List.of());
    headers.put(key("x-buildkit-session-health-custom-timeout"), "1");
    try (TestClient client =
        new TestClient(
            daemon.address(), headers, List.of(broken.getHealthService().bindService()))) {
      CountDownLatch closed = new CountDownLatch(1);
      registry.await(ALICE, "s1", PATIENCE).onClose(closed::countDown);

      assertThat(closed.await(10, TimeUnit.SECONDS)).isTrue();
    }
  }

  @Test
  @Feature(value = "tokens fetched by the client", area = Area.SESSION)
  void tokensAreFetchedByTheClientAndCredentialsAskedForWhereItServesThem() throws Exception {
    String service = "/moby.filesync.v1.Auth/";
    List<String> methods =
        List.of(service + "Credentials", service + "FetchToken", service + "GetTokenAuthority");
    try (TestClient client =
            new TestClient(
                daemon.address(),
                "s1",
                "",
                methods,
                List.of(new TestAuth().bindService(), health()));
        TestClient plain = client("s2", "")) {
      Authenticator authenticator = registry.await(ALICE, "s1", PATIENCE).authenticator();
      TokenRequest wanted =
          new TokenRequest(
              "registry.test", "https://auth.test/token", "registry", List.of("repository:a:pull"));

      assertThat(authenticator.fetchToken(wanted))
          .contains(new Authenticator.Token("token for registry.test", 60));
      assertThat(authenticator.fetchToken(new TokenRequest("keyless.test", "r", "s", List.of())))
          .isEmpty();
      assertThat(authenticator.credentials("registry.test"))
          .contains(new Authenticator.Credentials("user", "secret"));
      assertThat(authenticator.credentials("other.test")).isEmpty();
      assertThat(registry.await(ALICE, "s2", PATIENCE).authenticator().credentials("registry.test"))
          .isEmpty();
      assertThat(registry.await(ALICE, "s2", PATIENCE).authenticator().fetchToken(wanted))
          .isEmpty();
    }
  }

  private TestClient client(String id, String sharedKey) throws IOException {
    return new TestClient(
        daemon.address(),
        id,
        sharedKey,
        List.of(DIFF_COPY.toUpperCase()),
        List.of(files.service(), health()));
  }

  private static ServerServiceDefinition health() {
    return new HealthStatusManager().getHealthService().bindService();
  }

  private static LocalRequest request(String name) {
    return new LocalRequest(name, List.of(), List.of(), List.of(), "", true);
  }

  /** One directory with files of about 2 KB, a symbolic link in it, a hard link beside it. */
  private void directory(int count, long time) {
    List<Stat> stats = new ArrayList<>();
    Map<String, ByteString> contents = new HashMap<>();
    stats.add(
        Stat.newBuilder()
            .setPath("dir")
            .setMode(FileMode.DIRECTORY | 0755)
            .setModTime(time)
            .build());
    for (int i = 0; i < count; i++) {
      String path = "dir/f%06d".formatted(i);
      ByteString content = ByteString.copyFromUtf8((i + " " + time + " ").repeat(250));
      contents.put(path, content);
      stats.add(file(path, content.size(), time));
    }
    stats.add(
        Stat.newBuilder()
            .setPath("dir/link")
            .setMode(FileMode.SYMLINK | 0777)
            .setLinkname("../dir/f000001")
            .build());
    stats.add(Stat.newBuilder().setPath("hard").setMode(0644).setLinkname("dir/f000000").build());
    files.stats = stats;
    files.contents = contents;
  }

  private static Stat file(String path, int size, long time) {
    return Stat.newBuilder().setPath(path).setMode(0644).setSize(size).setModTime(time).build();
  }

  private static Metadata.Key<String> key(String name) {
    return Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER);
  }

  private static final class TestAuth extends AuthGrpc.AuthImplBase {
    @Override
    public void getTokenAuthority(
        GetTokenAuthorityRequest request, StreamObserver<GetTokenAuthorityResponse> answer) {
      boolean keyless = request.getHost().equals("keyless.test") || request.getSalt().size() != 32;
      answer.onNext(
          GetTokenAuthorityResponse.newBuilder()
              .setPublicKey(keyless ? ByteString.EMPTY : ByteString.copyFrom(new byte[32]))
              .build());
      answer.onCompleted();
    }

    @Override
    public void fetchToken(FetchTokenRequest request, StreamObserver<FetchTokenResponse> answer) {
      answer.onNext(
          FetchTokenResponse.newBuilder().setToken("token for " + request.getHost()).build());
      answer.onCompleted();
    }

    @Override
    public void credentials(
        CredentialsRequest request, StreamObserver<CredentialsResponse> answer) {
      CredentialsResponse.Builder found = CredentialsResponse.newBuilder();
      answer.onNext(
          request.getHost().equals("registry.test")
              ? found.setUsername("user").setSecret("secret").build()
              : found.build());
      answer.onCompleted();
    }
  }
}
