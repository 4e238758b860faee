package dev.slipway.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.slipway.compatibility.Area;
import dev.slipway.compatibility.Feature;
import dev.slipway.protocol.buildkit.gateway.ExecMessage;
import dev.slipway.protocol.buildkit.gateway.ExitMessage;
import dev.slipway.protocol.buildkit.gateway.FdMessage;
import dev.slipway.protocol.buildkit.gateway.InitMessage;
import dev.slipway.protocol.buildkit.gateway.NewContainerRequest;
import dev.slipway.protocol.buildkit.gateway.ReadFileRequest;
import dev.slipway.protocol.buildkit.gateway.ReleaseContainerRequest;
import dev.slipway.protocol.buildkit.gateway.ResizeMessage;
import dev.slipway.protocol.buildkit.gateway.SignalMessage;
import dev.slipway.protocol.buildkit.gateway.SolveRequest;
import dev.slipway.protocol.buildkit.ops.Definition;
import dev.slipway.protocol.buildkit.ops.Input;
import dev.slipway.protocol.buildkit.ops.Meta;
import dev.slipway.protocol.buildkit.ops.Mount;
import dev.slipway.protocol.buildkit.ops.MountType;
import dev.slipway.protocol.buildkit.ops.Op;
import dev.slipway.protocol.buildkit.ops.Platform;
import dev.slipway.protocol.buildkit.ops.SourceOp;
import io.grpc.stub.StreamObserver;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Containers that a client's frontend runs processes in, as debuggers do. */
@OnSharedFarm
class GatewayContainersE2eTest {
  private static final Duration SOON = Duration.ofSeconds(30);

  private final BridgeClient client = new BridgeClient(SharedFarm.get());
  private final Heard heard = new Heard();
  private StreamObserver<ExecMessage> processes;

  /** What the farm says of one process. */
  private static final class Heard implements StreamObserver<ExecMessage> {
    final CompletableFuture<Boolean> started = new CompletableFuture<>();
    final CompletableFuture<ExitMessage> exit = new CompletableFuture<>();
    final CompletableFuture<Boolean> done = new CompletableFuture<>();
    private final StringBuilder text = new StringBuilder();

    @Override
    public synchronized void onNext(ExecMessage message) {
      switch (message.getInputCase()) {
        case STARTED -> started.complete(true);
        case FILE -> text.append(message.getFile().getData().toStringUtf8());
        case EXIT -> exit.complete(message.getExit());
        case DONE -> done.complete(true);
        default -> throw new AssertionError("unexpected " + message);
      }
    }

    synchronized String text() {
      return text.toString();
    }

    @Override
    public void onError(Throwable error) {
      started.completeExceptionally(error);
      exit.completeExceptionally(error);
    }

    @Override
    public void onCompleted() {
      done.complete(false);
    }
  }

  @BeforeEach
  void open() {
    String busybox = solve(image());
    client
        .calls()
        .newContainer(
            NewContainerRequest.newBuilder()
                .setContainerID("c1")
                .addMounts(Mount.newBuilder().setDest("/").setResultID(busybox))
                .addMounts(Mount.newBuilder().setDest("/memory").setMountType(MountType.TMPFS))
                .build());
    processes = client.processes(heard);
  }

  @AfterEach
  void close() throws Exception {
    client.close();
  }

  private static Op image() {
    return Op.newBuilder()
        .setPlatform(Platform.newBuilder().setOS("linux").setArchitecture("amd64"))
        .setSource(
            SourceOp.newBuilder().setIdentifier("docker-image://docker.io/library/busybox:latest"))
        .build();
  }

  private String solve(Op op) {
    Op last =
        Op.newBuilder()
            .addInputs(Input.newBuilder().setDigest(CraftedImage.digest(op.toByteArray())))
            .build();
    return client
        .calls()
        .solve(
            SolveRequest.newBuilder()
                .setAllowResultReturn(true)
                .setAllowResultArrayRef(true)
                .setDefinition(
                    Definition.newBuilder().addDef(op.toByteString()).addDef(last.toByteString()))
                .build())
        .getResult()
        .getRef()
        .getId();
  }

  private void start(boolean terminal, List<Integer> fds, String... command) throws Exception {
    say(
        ExecMessage.newBuilder()
            .setInit(
                InitMessage.newBuilder()
                    .setContainerID("c1")
                    .setMeta(Meta.newBuilder().addAllArgs(List.of(command)))
                    .setTty(terminal)
                    .addAllFds(fds)));
    heard.started.get(SOON.toSeconds(), TimeUnit.SECONDS);
  }

  private void say(ExecMessage.Builder message) {
    processes.onNext(message.setProcessID("c1:p1").build());
  }

  private void type(String text) {
    say(
        ExecMessage.newBuilder()
            .setFile(FdMessage.newBuilder().setData(ByteString.copyFromUtf8(text))));
  }

  private ExitMessage exit() throws Exception {
    return heard.exit.get(SOON.toSeconds(), TimeUnit.SECONDS);
  }

  @Test
  @Feature(
      value = {"NewContainer", "ExecProcess with a terminal", "exit codes of processes"},
      area = Area.GATEWAY)
  void aShellAtATerminalAnswersWhatIsTyped() throws Exception {
    start(true, List.of(0, 1, 2), "sh");
    say(ExecMessage.newBuilder().setResize(ResizeMessage.newBuilder().setRows(40).setCols(80)));
    Awaitility.await()
        .atMost(SOON)
        .until(() -> {
          type("stty size\n");
          return heard.text().contains("40 80");
        });
    type("exit 9\n");

    assertThat(exit().getCode()).isEqualTo(9);
    assertThat(exit().getError().getMessage()).isEqualTo("exit code: 9");
    assertThat(exit().getError().getDetails(0).getTypeUrl())
        .isEqualTo("github.com/moby/buildkit/gatewayapi.ExitMessage+json");
    assertThat(heard.done.get(SOON.toSeconds(), TimeUnit.SECONDS)).isTrue();
  }

  @Test
  @Feature(value = "ReadFileContainer", area = Area.GATEWAY)
  void filesOfAMountAreReadWhileAProcessRuns() throws Exception {
    start(false, List.of(0, 1), "sh", "-c", "echo written > /file; echo ready; cat");
    Awaitility.await().atMost(SOON).until(() -> heard.text().contains("ready"));

    ByteString data =
        client
            .calls()
            .readFileContainer(
                ReadFileRequest.newBuilder().setRef("c1").setFilePath("/file").build())
            .getData();

    assertThat(data.toString(StandardCharsets.UTF_8)).isEqualTo("written\n");
    assertThatThrownBy(() ->
            client
                .calls()
                .readFileContainer(
                    ReadFileRequest.newBuilder()
                        .setRef("c1")
                        .setFilePath("/x")
                        .setMountIndex(1)
                        .build()))
        .hasMessageContaining("mountable 1 not found");
  }

  @Test
  @Feature(value = "signals to processes", area = Area.GATEWAY)
  void aSignalReachesTheProcess() throws Exception {
    start(false, List.of(1), "sh", "-c", "trap 'exit 4' HUP; echo ready; sleep 100 & wait");
    Awaitility.await().atMost(SOON).until(() -> heard.text().contains("ready"));
    say(ExecMessage.newBuilder().setSignal(SignalMessage.newBuilder().setName("HUP")));

    assertThat(exit().getCode()).isEqualTo(4);
  }

  @Test
  @Feature(value = "ReleaseContainer", area = Area.GATEWAY)
  void aReleaseEndsAllThatRuns() throws Exception {
    start(false, List.of(), "sleep", "100");

    assertThatThrownBy(() ->
            client
                .calls()
                .releaseContainer(
                    ReleaseContainerRequest.newBuilder().setContainerID("c1").build()))
        .hasMessageContaining("context canceled");
    assertThat(exit().getCode()).isEqualTo(137);
  }
}
