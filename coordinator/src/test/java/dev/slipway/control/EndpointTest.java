package dev.slipway.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import dev.slipway.compatibility.Area;
import dev.slipway.compatibility.Feature;
import dev.slipway.progress.BuildSummary;
import dev.slipway.protocol.buildkit.control.BuildHistoryRequest;
import dev.slipway.protocol.buildkit.control.ControlGrpc;
import dev.slipway.protocol.buildkit.control.Exporter;
import dev.slipway.protocol.buildkit.control.InfoRequest;
import dev.slipway.protocol.buildkit.control.ListWorkersRequest;
import dev.slipway.protocol.buildkit.control.SolveRequest;
import dev.slipway.protocol.buildkit.control.SolveResponse;
import dev.slipway.protocol.buildkit.control.StatusRequest;
import dev.slipway.protocol.buildkit.control.StatusResponse;
import dev.slipway.protocol.buildkit.gateway.LLBBridgeGrpc;
import dev.slipway.protocol.buildkit.gateway.PingRequest;
import dev.slipway.protocol.buildkit.gateway.PongResponse;
import dev.slipway.protocol.buildkit.gateway.ReadFileRequest;
import dev.slipway.protocol.buildkit.gateway.Ref;
import dev.slipway.protocol.buildkit.gateway.Result;
import dev.slipway.protocol.buildkit.gateway.ReturnRequest;
import dev.slipway.protocol.buildkit.gateway.WarnRequest;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.MetadataUtils;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The endpoint over a real connection, with a farm made by hand behind it. */
class EndpointTest {
  private final ReadyFarm farm = new ReadyFarm();
  private EndpointServer server;
  private ManagedChannel channel;

  @BeforeEach
  void start() throws Exception {
    server = EndpointServer.start(List.of("tcp://127.0.0.1:0"), Optional.empty(), farm.services());
    channel =
        NettyChannelBuilder.forTarget(server.addresses().getFirst().substring("tcp://".length()))
            .usePlaintext()
            .build();
  }

  @AfterEach
  void stop() {
    channel.shutdownNow();
    server.close();
  }

  @Test
  void saysWhatItIs() {
    assertThat(control().info(InfoRequest.getDefaultInstance()).getBuildkitVersion().getVersion())
        .startsWith("v");
    assertThat(
            control()
                .listWorkers(ListWorkersRequest.getDefaultInstance())
                .getRecord(0)
                .getPlatformsList())
        .extracting(platform -> platform.getOS() + "/" + platform.getArchitecture())
        .containsExactly("linux/amd64", "linux/arm64");
  }

  @Test
  void stopsWithinSecondsThoughABuildRuns() throws Exception {
    Future<SolveResponse> solve =
        call(() -> control().solve(SolveRequest.newBuilder().setRef("endless").build()));
    await().until(() -> farm.jobs.running() == 1);
    long began = System.nanoTime();

    server.close();

    assertThat(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began)).isLessThan(3_500);
    assertThatThrownBy(() -> solve.get(5, TimeUnit.SECONDS))
        .hasRootCauseInstanceOf(StatusRuntimeException.class);
    await().until(() -> farm.jobs.running() == 0);
  }

  @Test
  void answersAProbeWhosePingCameBeforeItsSolve() throws Exception {
    Future<PongResponse> pong = call(() -> bridge("probe").ping(PingRequest.getDefaultInstance()));
    Future<SolveResponse> solve =
        call(() ->
            control().solve(SolveRequest.newBuilder().setRef("probe").setInternal(true).build()));

    assertThat(pong.get(5, TimeUnit.SECONDS).getFrontendAPICapsList())
        .extracting("iD")
        .contains("return", "proto.refarray");
    assertThat(pong.get().getLLBCapsList())
        .extracting("iD")
        .contains("source.local")
        .doesNotContain("exporter.image.attestations");
    bridge("probe")
        .return_(
            ReturnRequest.newBuilder()
                .setResult(Result.newBuilder().setRef(Ref.getDefaultInstance()))
                .build());
    assertThat(solve.get(5, TimeUnit.SECONDS).getExporterResponseMap()).isEmpty();
    assertThat(farm.jobs.recent()).isEmpty();
  }

  @Test
  void cancelsABuildWhoseTimeIsOver() throws Exception {
    server.close();
    farm.buildTimeout = java.time.Duration.ofMillis(200);
    start();
    Future<SolveResponse> solve =
        call(() -> control().solve(SolveRequest.newBuilder().setRef("endless").build()));

    assertThatThrownBy(() -> solve.get(5, TimeUnit.SECONDS))
        .hasMessageContaining(
            "RESOURCE_EXHAUSTED: build endless was cancelled: it ran for 200ms, as long as queue.build-timeout allows");
    assertThat(farm.jobs.running()).isZero();
  }

  @Test
  void aBuildSaysItsPlaceInTheQueueOnce() throws Exception {
    Future<SolveResponse> solve = call(() -> control().solve(request("b1").build()));
    var first =
        farm.dockerfileRequest().toBuilder().putFrontendOpt("build-arg:SLIPWAY_TENANT", "a");
    bridge("b1").solve(first.build());

    assertThatThrownBy(
            () -> bridge("b1").solve(first.putFrontendOpt("build-arg:SLIPWAY_TENANT", "b").build()))
        .hasMessageContaining("asks for two places in the queue");
    assertThatThrownBy(() ->
            bridge("b1").solve(first.putFrontendOpt("build-arg:SLIPWAY_TENANT", "B!").build()))
        .hasMessageContaining("tenant \"B!\" (SLIPWAY_TENANT)");
    assertThat(farm.seenOptions).containsExactly(java.util.Map.of());
    solve.cancel(true);
  }

  @Test
  @Feature(value = "Solve and Return of a client that is the frontend", area = Area.GATEWAY)
  void buildsWhatTheClientsFrontendReturns() throws Exception {
    Future<SolveResponse> solve =
        call(() -> control().solve(request("b1").addExporters(image()).build()));
    var answer = bridge("b1").solve(farm.dockerfileRequest());
    Result result = answer.getResult();
    assertThat(result.getRef().getId()).hasSize(25);
    assertThat(result.getRef().getDef().getDefCount()).isEqualTo(2);
    ByteString data =
        bridge("b1")
            .readFile(
                ReadFileRequest.newBuilder()
                    .setRef(result.getRef().getId())
                    .setFilePath("/file")
                    .build())
            .getData();
    assertThat(data.toStringUtf8()).isEqualTo("content of file");

    bridge("b1").return_(ReturnRequest.newBuilder().setResult(result).build());

    assertThat(solve.get(5, TimeUnit.SECONDS).getExporterResponseMap())
        .containsEntry("containerimage.digest", "sha256:exported")
        .containsEntry("frontend.note", "kept");
    assertThat(farm.jobs.recent().getFirst().state()).isEqualTo(BuildSummary.State.SUCCEEDED);
    assertThat(farm.forgotten).contains("b1");
  }

  @Test
  void buildsDirectlyWithAFrontend() {
    SolveResponse response =
        control().solve(request("d1").setFrontend("dockerfile.v0").addExporters(image()).build());

    assertThat(response.getExporterResponseMap()).containsKey("containerimage.digest");
  }

  @Test
  void statusMayComeFirstAndManyMayRead() throws Exception {
    Future<List<StatusResponse>> early = call(() -> status("s1"));
    control().solve(request("s1").setFrontend("dockerfile.v0").build());
    List<StatusResponse> late = status("s1");

    assertThat(
            early.get(5, TimeUnit.SECONDS).stream()
                .flatMap(response -> response.getVertexesList().stream()))
        .isNotEmpty();
    assertThat(late.getFirst().getVertexes(0).getName()).isEqualTo("fake step");
  }

  @Test
  void statusBeginsWithTheTime() throws Exception {
    CompletableFuture<Metadata> headers = new CompletableFuture<>();
    ClientCall<StatusRequest, StatusResponse> status =
        channel.newCall(ControlGrpc.getStatusMethod(), CallOptions.DEFAULT);
    status.start(
        new ClientCall.Listener<>() {
          @Override
          public void onHeaders(Metadata received) {
            headers.complete(received);
          }
        },
        new Metadata());
    status.sendMessage(StatusRequest.newBuilder().setRef("nobody").build());
    status.halfClose();
    status.request(1);

    assertThat(headers.get(2, TimeUnit.SECONDS).get(TimestampHeader.KEY)).startsWith("20");
    status.cancel("seen", null);
  }

  @Test
  void clientThatGoesAwayCancelsItsBuild() throws Exception {
    farm.hang = true;
    ClientCall<SolveRequest, SolveResponse> solve =
        channel.newCall(ControlGrpc.getSolveMethod(), CallOptions.DEFAULT);
    solve.start(new ClientCall.Listener<>() {}, new Metadata());
    solve.sendMessage(request("c1").setFrontend("dockerfile.v0").build());
    solve.halfClose();
    await().atMost(5, TimeUnit.SECONDS).until(() -> farm.solving);

    solve.cancel("client left", null);

    await().atMost(5, TimeUnit.SECONDS).until(() -> farm.interrupted);
    await().atMost(5, TimeUnit.SECONDS).until(() -> farm.jobs.running() == 0);
    assertThat(farm.jobs.recent().getFirst().state()).isEqualTo(BuildSummary.State.CANCELLED);
  }

  @Test
  @Feature(value = "a client that goes away", note = "Its build is cancelled.", area = Area.SESSION)
  void endOfTheSessionCancelsItsBuild() throws Exception {
    farm.hang = true;
    SolveRequest request =
        request("v1").setFrontend("dockerfile.v0").setSession(ReadyFarm.OPEN_SESSION).build();
    var answer = call(() -> control().solve(request));
    await().atMost(5, TimeUnit.SECONDS).until(() -> farm.solving);

    farm.sessionEnd.complete(null);

    await().atMost(5, TimeUnit.SECONDS).until(() -> farm.interrupted);
    assertThatThrownBy(answer::get).hasMessageContaining("CANCELLED");
  }

  @Test
  void endOfTheBuildInterruptsItsOtherCalls() throws Exception {
    farm.hang = true;
    Future<SolveResponse> solve = call(() -> control().solve(request("e1").build()));
    var answer = bridge("e1").solve(farm.dockerfileRequest());
    Future<?> read =
        call(() ->
            bridge("e1")
                .readFile(
                    ReadFileRequest.newBuilder()
                        .setRef(answer.getResult().getRef().getId())
                        .setFilePath("/x")
                        .build()));
    await().atMost(5, TimeUnit.SECONDS).until(() -> farm.solving);

    bridge("e1")
        .return_(
            ReturnRequest.newBuilder()
                .setError(
                    com.google.rpc.Status.newBuilder().setCode(2).setMessage("changed my mind"))
                .build());

    assertThatThrownBy(() -> solve.get(5, TimeUnit.SECONDS))
        .hasMessageContaining("changed my mind");
    assertThatThrownBy(() -> read.get(5, TimeUnit.SECONDS)).hasMessageContaining("CANCELLED");
  }

  @Test
  void secondReturnIsRefused() throws Exception {
    Future<SolveResponse> solve = call(() -> control().solve(request("r1").build()));
    farm.hang = true;
    var answer = bridge("r1").solve(farm.dockerfileRequest());
    bridge("r1").return_(ReturnRequest.newBuilder().setResult(answer.getResult()).build());

    assertThatThrownBy(() ->
            bridge("r1").return_(ReturnRequest.newBuilder().setResult(answer.getResult()).build()))
        .hasMessageContaining("gateway result is already set");
    solve.cancel(true);
  }

  @Test
  void aHistoryIsEmptyAndBuildxIsToldThatThereIsNone() {
    BuildHistoryRequest all = BuildHistoryRequest.newBuilder().setEarlyExit(true).build();

    assertThat(control().listenBuildHistory(all)).toIterable().isEmpty();
    assertThatThrownBy(() ->
            control()
                .listenBuildHistory(
                    all.toBuilder().setRef("buildx-test-history-api-feature").build())
                .hasNext())
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> assertThat(e.getStatus().getCode()).isEqualTo(Code.UNIMPLEMENTED));
  }

  @Test
  void callsOfNoBuildAreRefused() {
    assertThatThrownBy(
            () -> LLBBridgeGrpc.newBlockingStub(channel).ping(PingRequest.getDefaultInstance()))
        .hasMessageContaining("no buildid found in context");
    assertThatThrownBy(() -> bridge("unknown").warn(WarnRequest.getDefaultInstance()))
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> assertThat(e.getStatus().getCode()).isEqualTo(Code.NOT_FOUND))
        .hasMessageContaining("no such job unknown");
  }

  @Test
  void refusesWhatItCannotDoBeforeAnythingIsBuilt() {
    assertThatThrownBy(() ->
            control()
                .solve(request("x2").addExporters(Exporter.newBuilder().setType("magic")).build()))
        .hasMessageContaining("there is no magic");
    assertThatThrownBy(
            () -> control().solve(request("x3").addEntitlements("security.insecure").build()))
        .hasMessageContaining("granting entitlement security.insecure is not allowed");
    assertThat(farm.solving).isFalse();
  }

  @Test
  @Feature(
      value = "# syntax=docker/dockerfile",
      note = "The farm's own frontend answers for it; nothing is pulled.",
      area = Area.GATEWAY)
  void servesDockersFrontendImageByItself() {
    assertThat(
            control()
                .solve(
                    request("g1")
                        .setFrontend("gateway.v0")
                        .putFrontendAttrs("source", "docker/dockerfile:1.7")
                        .build())
                .getExporterResponseMap())
        .containsEntry("frontend.note", "kept");
  }

  private List<StatusResponse> status(String ref) {
    List<StatusResponse> responses = new ArrayList<>();
    Iterator<StatusResponse> stream =
        control().status(StatusRequest.newBuilder().setRef(ref).build());
    stream.forEachRemaining(responses::add);
    return responses;
  }

  private static SolveRequest.Builder request(String ref) {
    return SolveRequest.newBuilder().setRef(ref);
  }

  private static Exporter image() {
    return Exporter.newBuilder().setType("image").putAttrs("name", "registry.test/app").build();
  }

  private ControlGrpc.ControlBlockingStub control() {
    return ControlGrpc.newBlockingStub(channel).withDeadlineAfter(20, TimeUnit.SECONDS);
  }

  private LLBBridgeGrpc.LLBBridgeBlockingStub bridge(String build) {
    Metadata headers = new Metadata();
    headers.put(LlbBridgeService.BUILD_ID, build);
    Channel tagged =
        io.grpc.ClientInterceptors.intercept(
            channel, MetadataUtils.newAttachHeadersInterceptor(headers));
    return LLBBridgeGrpc.newBlockingStub(tagged).withDeadlineAfter(20, TimeUnit.SECONDS);
  }

  private static <T> Future<T> call(java.util.function.Supplier<T> call) {
    return CompletableFuture.supplyAsync(call, Thread::startVirtualThread);
  }
}
