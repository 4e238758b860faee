package dev.slipway.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.protocol.buildkit.control.ControlGrpc;
import dev.slipway.protocol.buildkit.control.ListWorkersRequest;
import dev.slipway.protocol.buildkit.control.StatusRequest;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.MetadataUtils;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLException;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Two teams, the pull requests of one of them, and the platform team, each with certificates of
 * their own, on one farm.
 */
class TenantsE2eTest {
  private static final Path CERTIFICATES = Workplace.folder("certificates").resolve("farm");
  private static final Path TOKENS = CERTIFICATES.resolveSibling("tokens");
  private static Farm farm;
  private static String token;
  private static Buildx teamA;
  private static Buildx teamB;
  private static Buildx fork;
  private static Buildx admin;

  private final LocalRegistry registry = LocalRegistry.shared();

  @BeforeAll
  static void start() {
    slipway("certs", "init", "--dir", CERTIFICATES.toString());
    for (String name : List.of("team-a", "team-b", "team-a-pull-7", "small", "nobody")) {
      slipway("certs", "client", "--dir", CERTIFICATES.toString(), "--name", name);
    }
    token = slipway("token", "add", "--file", TOKENS.toString(), "--name", "dashboard").strip();
    LocalRegistry registry = LocalRegistry.shared();
    farm =
        Farm.startWithClientTls(
            2,
            CERTIFICATES,
            registry.mirrorConfig()
                + """
                [access]
                tokens = "%s"
                [[access.rule]]
                match = { cn = "client" }
                tenant = "platform"
                other-tenants = ["*"]
                role = "admin"
                [[access.rule]]
                match = { cn = "team-a-pull-*" }
                tenant = "team-a"
                role = "read-only-cache"
                [[access.rule]]
                match = { cn = "team-a" }
                tenant = "team-a"
                [[access.rule]]
                match = { cn = "team-b" }
                tenant = "team-b"
                [[access.rule]]
                match = { cn = "small" }
                tenant = "small"
                [[access.rule]]
                match = { token = "dashboard" }
                tenant = "platform"
                [tenant.team-b]
                push = ["%s/team-b/*"]
                [tenant.small]
                cache-bytes = "1MB"
                """
                    .formatted(TOKENS, registry.address()));
    teamA = client("client-team-a");
    teamB = client("client-team-b");
    fork = client("client-team-a-pull-7");
    admin = client("client");
  }

  @AfterAll
  static void stop() {
    if (farm != null) {
      farm.close();
    }
  }

  private static String slipway(String... arguments) {
    List<String> words = new ArrayList<>(List.of(Workplace.slipway()));
    words.addAll(List.of(arguments));
    return Command.run(Duration.ofMinutes(2), words).orThrow().output();
  }

  private static Buildx client(String pair) {
    Path folder = CERTIFICATES.resolve(pair);
    return new Buildx(
        farm.endpoint(),
        "cacert=%s/ca.pem,cert=%s/cert.pem,key=%s/key.pem,servername=localhost"
            .formatted(CERTIFICATES, folder, folder));
  }

  private static Path step(String name) {
    return BuildDirectory.of("FROM busybox\nRUN echo " + name + " > /file\n").path();
  }

  private static String built(Buildx client, Path directory, String... flags) {
    return client.build(directory, flags).orThrow().output();
  }

  @Test
  void whatOneTeamBuiltIsNotCachedForTheOther() {
    Path directory = step("of-a-team");
    built(teamA, directory);

    assertThat(built(teamA, directory)).contains("CACHED");
    assertThat(built(teamB, directory)).doesNotContain("CACHED");
  }

  @Test
  void aPullRequestTakesItsTeamsCacheAndLeavesNothingInIt() {
    Path ofTeam = step("of-the-team");
    built(teamA, ofTeam);
    assertThat(built(fork, ofTeam)).contains("CACHED");

    Path ofFork = step("of-the-pull-request");
    built(fork, ofFork);

    assertThat(built(fork, ofFork)).contains("CACHED");
    assertThat(built(teamA, ofFork)).doesNotContain("CACHED");
  }

  @Test
  void aPullRequestDoesNotReachItsTeamsCacheMounts() {
    String write = "FROM busybox\nRUN --mount=type=cache,target=/c echo poison > /c/file\n";
    String read = "FROM busybox\nRUN --mount=type=cache,target=/c test ! -e /c/file\n";
    built(fork, BuildDirectory.of(write).path());

    built(teamA, BuildDirectory.of(read).path());
  }

  @Test
  void aTeamCannotBuildAsTheOther() {
    Command.Result result =
        teamA.build(step("in-disguise"), "--build-arg", "SLIPWAY_TENANT=team-b");

    assertThat(result.exitCode()).isNotZero();
    assertThat(result.output())
        .contains("builds as tenant \"team-a\" and may not be \"team-b\"")
        .contains("CN=team-a");
  }

  @Test
  void thePlatformTeamMayBuildAsAnyTenant() {
    Path directory = step("for-team-b");
    built(admin, directory, "--build-arg", "SLIPWAY_TENANT=team-b");

    assertThat(built(teamB, directory)).contains("CACHED");
  }

  @Test
  void onlyThePlatformTeamListsAndPrunesTheCache() {
    admin.run("du").orThrow();

    for (String call : List.of("du", "prune")) {
      Command.Result result = call.equals("du") ? teamA.run("du") : teamA.run("prune", "--force");
      assertThat(result.exitCode()).as(call).isNotZero();
      assertThat(result.output()).contains("takes the role admin").contains("is builder");
    }
  }

  @Test
  void aTeamsImagesGoWhereTheyMayAndTheRefusalComesBeforeTheBuild() {
    Path directory = step("pushed");
    built(teamB, directory, "-t", registry.image("team-b/app:1"), "--push");

    Command.Result result =
        teamB.build(step("not-pushed"), "-t", registry.image("team-a/app:1"), "--push");

    assertThat(result.exitCode()).isNotZero();
    assertThat(result.output())
        .contains(
            "push to " + registry.address() + "/team-a/app is not allowed for tenant \"team-b\"")
        .doesNotContain("echo not-pushed");
  }

  @Test
  void whoeverNoRuleNamesIsToldSo() {
    Command.Result result = client("client-nobody").run("inspect", "--bootstrap", "farm");

    assertThat(result.exitCode()).isNotZero();
    assertThat(result.output()).contains("no [[access.rule]] of this farm lets CN=nobody in");
  }

  @Test
  void aTokenIsEnoughWhereNoCertificateIsShown() throws SSLException {
    ManagedChannel channel = channel();
    try {
      assertThat(
              stub(channel, token)
                  .listWorkers(ListWorkersRequest.getDefaultInstance())
                  .getRecordList())
          .isNotEmpty();
      assertThatThrownBy(
              () -> stub(channel, "wrong").listWorkers(ListWorkersRequest.getDefaultInstance()))
          .hasMessageContaining("UNAUTHENTICATED: the token is not known here");
      assertThatThrownBy(() ->
              ControlGrpc.newBlockingStub(channel)
                  .withDeadlineAfter(10, TimeUnit.SECONDS)
                  .listWorkers(ListWorkersRequest.getDefaultInstance()))
          .hasMessageContaining(
              "UNAUTHENTICATED: this farm asks who you are and was shown nothing");
    } finally {
      channel.shutdownNow();
    }
  }

  @Test
  void buildsOfOthersDoNotExist() throws SSLException {
    Path directory = BuildDirectory.of("FROM busybox\nRUN echo started && sleep 20\n").path();
    ManagedChannel channel = channel();
    try (Command build = teamA.startBuild(directory)) {
      build.awaitStepLog(Duration.ofMinutes(1), "started");
      String ref = farm.newestBuild();

      assertThatThrownBy(() ->
              stub(channel, token).status(StatusRequest.newBuilder().setRef(ref).build()).hasNext())
          .hasMessageContaining("no such job " + ref);
      build.terminate();
    } finally {
      channel.shutdownNow();
    }
  }

  @Test
  void thePageAndItsApiAskWhoOneIsAndShowHisTenantsBuildsOnly() {
    built(teamA, step("to-be-listed"));

    assertThat(farm.httpAs("", "/api/v1/builds")).contains("was shown nothing");
    assertThat(farm.httpAs(token, "/api/v1/builds")).isEqualTo("{\"builds\":[]}");
    assertThat(farm.http("/api/v1/builds")).contains("\"tenant\":\"team-a\"");
    assertThat(
            Command.run(
                    Duration.ofSeconds(30),
                    List.of(Workplace.slipway(), "status", "--root", farm.root().toString()))
                .orThrow()
                .output())
        .containsPattern("(?m)^\\w{12}  succeeded ");
  }

  @Test
  void aTenantThatHasTooMuchLosesWhatItUsedLongestAgo() {
    Buildx small = client("client-small");
    Path directory =
        BuildDirectory.of("FROM busybox\nRUN head -c 3000000 /dev/urandom > /file\n").path();
    built(small, directory);

    Awaitility.await()
        .atMost(Duration.ofSeconds(60))
        .untilAsserted(() ->
            assertThat(farm.http("/metrics"))
                .contains("slipway_tenant_cache_collected_bytes_total 3000000.0"));
    assertThat(built(small, directory)).doesNotContain("CACHED");
  }

  @Test
  void theAuditLogSaysWhoAndOfWhichTenant() {
    built(fork, step("to-be-logged"));

    assertThat(farm.logs())
        .containsPattern(
            "audit: built who=\"CN=team-a-pull-7\" from=\"127.0.0.1\" tenant=\"team-a\"");
  }

  @Test
  void secretsOfClientsAreInNoLog() {
    assertThat(farm.logs()).doesNotContain(token);
  }

  private static ManagedChannel channel() throws SSLException {
    return NettyChannelBuilder.forTarget(farm.endpoint().substring("tcp://".length()))
        .overrideAuthority("localhost")
        .sslContext(
            GrpcSslContexts.forClient()
                .trustManager(CERTIFICATES.resolve("ca.pem").toFile())
                .build())
        .build();
  }

  private static ControlGrpc.ControlBlockingStub stub(ManagedChannel channel, String bearer) {
    Metadata headers = new Metadata();
    headers.put(
        Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER), "Bearer " + bearer);
    return ControlGrpc.newBlockingStub(channel)
        .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers))
        .withDeadlineAfter(10, TimeUnit.SECONDS);
  }
}
