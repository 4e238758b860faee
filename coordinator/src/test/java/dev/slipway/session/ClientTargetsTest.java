package dev.slipway.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.slipway.config.AccessSettings.Role;
import dev.slipway.context.ContextStore;
import dev.slipway.context.FileMode;
import dev.slipway.error.SlipwayException;
import dev.slipway.identity.Principal;
import dev.slipway.protocol.buildkit.content.WriteAction;
import dev.slipway.protocol.buildkit.content.WriteContentRequest;
import dev.slipway.protocol.buildkit.content.WriteContentResponse;
import dev.slipway.protocol.buildkit.control.BytesMessage;
import dev.slipway.protocol.buildkit.control.ControlGrpc;
import dev.slipway.protocol.buildkit.fsutil.Packet;
import dev.slipway.protocol.buildkit.fsutil.Packet.PacketType;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerInterceptors;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.services.HealthStatusManager;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class ClientTargetsTest {
  private static final Principal ALICE = new Principal("alice", "team-a", List.of(), Role.BUILDER);
  private static final String SEND = "/moby.filesync.v1.FileSend/DiffCopy";
  private static final Context.Key<Metadata> HEADERS = Context.key("headers");

  @TempDir Path directory;
  private SessionRegistry registry;
  private Server daemon;

  private int clients;

  /** What the client was told with the last call. */
  private volatile Metadata told = new Metadata();

  @BeforeEach
  void start() throws IOException {
    registry =
        new SessionRegistry(
            new ContextStore(directory.resolve("store"), InstantSource.system()),
            HealthPolicy.DEFAULT);
    ControlGrpc.ControlImplBase control =
        new ControlGrpc.ControlImplBase() {
          @Override
          public StreamObserver<BytesMessage> session(StreamObserver<BytesMessage> client) {
            return registry.open(ALICE, HEADERS.get(), client);
          }
        };
    daemon =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .addService(ServerInterceptors.intercept(control, new KeepingHeaders()))
            .build()
            .start();
  }

  @AfterEach
  void stop() {
    registry.close();
    daemon.shutdownNow();
  }

  private final class KeepingHeaders implements ServerInterceptor {
    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
        ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
      told = headers;
      return Contexts.interceptCall(
          Context.current().withValue(HEADERS, headers), call, headers, next);
    }
  }

  private interface Use {
    void of(ClientTargets targets) throws Exception;
  }

  private void withClient(ServerServiceDefinition service, Use use) throws Exception {
    String id = "s" + ++clients;
    try (TestClient _ =
        new TestClient(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), daemon.getPort()),
            id,
            "",
            List.of(SEND),
            List.of(
                ServerInterceptors.intercept(service, new KeepingHeaders()),
                new HealthStatusManager().getHealthService().bindService()))) {
      use.of(registry.await(ALICE, id, Duration.ofSeconds(5)).targets());
    }
  }

  private static <I, O> ServerServiceDefinition service(
      String name,
      io.grpc.MethodDescriptor<I, O> method,
      ServerCalls.BidiStreamingMethod<I, O> call) {
    return ServerServiceDefinition.builder(name)
        .addMethod(method, ServerCalls.asyncBidiStreamingCall(call))
        .build();
  }

  private String header(String name) {
    return told.get(Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER));
  }

  /** Takes a call's messages, with nothing to do at its end unless told. */
  private record Taking<I>(Function<I, Void> each, Runnable end) implements StreamObserver<I> {
    @Override
    public void onNext(I message) {
      each.apply(message);
    }

    @Override
    public void onError(Throwable error) {}

    @Override
    public void onCompleted() {
      end.run();
    }
  }

  @Test
  void aFileComesWholeWithWhatTheClientNeedsToName() throws Exception {
    byte[] content = new byte[3 << 20];
    new Random(3).nextBytes(content);
    ByteArrayOutputStream got = new ByteArrayOutputStream();
    ServerServiceDefinition send =
        service(
            "moby.filesync.v1.FileSend",
            TargetMethods.FILE,
            answers ->
                new Taking<>(
                    message -> {
                      got.writeBytes(message.getData().toByteArray());
                      return null;
                    },
                    answers::onCompleted));

    withClient(
        send,
        targets ->
            assertThat(targets.file(2, Map.of("image.name", "app:1"), out -> out.write(content)))
                .isTrue());

    assertThat(got.toByteArray()).isEqualTo(content);
    assertThat(header("buildkit-attachable-exporter-id")).isEqualTo("2");
    assertThat(header("exporter-md-image.name")).isEqualTo("app:1");
  }

  @Test
  void aClientMayHaveTheFileAlreadyAndMayRefuseIt() throws Exception {
    withClient(
        service(
            "moby.filesync.v1.FileSend",
            TargetMethods.FILE,
            answers -> {
              answers.onError(Status.ALREADY_EXISTS.asRuntimeException());
              return new Taking<>(_ -> null, () -> {});
            }),
        targets -> assertThat(targets.file(0, Map.of(), out -> out.write(new byte[9]))).isFalse());
    withClient(
        service(
            "moby.filesync.v1.FileSend",
            TargetMethods.FILE,
            answers -> {
              answers.onError(
                  Status.UNKNOWN.withDescription("exporter 0 not found").asRuntimeException());
              return new Taking<>(_ -> null, () -> {});
            }),
        targets ->
            assertThatThrownBy(() -> targets.file(0, Map.of(), out -> out.write(new byte[9])))
                .isInstanceOf(SlipwayException.class)
                .hasMessage("exporter 0 not found"));
  }

  /** Receives a directory as fsutil does: asks for every other file, last first. */
  private static final class Receiver implements StreamObserver<Packet> {
    private final StreamObserver<Packet> answers;
    private final List<String> paths = new ArrayList<>();
    private final List<Integer> wanted = new ArrayList<>();
    private final Map<String, ByteArrayOutputStream> files = new TreeMap<>();
    private int open;

    Receiver(StreamObserver<Packet> answers) {
      this.answers = answers;
    }

    @Override
    public void onNext(Packet packet) {
      switch (packet.getType()) {
        case PACKET_STAT -> {
          if (!packet.hasStat()) {
            open = wanted.size();
            wanted
                .reversed()
                .forEach(id ->
                    answers.onNext(
                        Packet.newBuilder().setType(PacketType.PACKET_REQ).setID(id).build()));
          } else {
            boolean file =
                FileMode.isRegular(packet.getStat().getMode())
                    && packet.getStat().getLinkname().isEmpty();
            if (file && wanted.size() * 2 <= paths.size()) {
              wanted.add(paths.size());
            }
            paths.add(packet.getStat().getPath());
          }
        }
        case PACKET_DATA -> {
          ByteArrayOutputStream file =
              files.computeIfAbsent(paths.get(packet.getID()), _ -> new ByteArrayOutputStream());
          file.writeBytes(packet.getData().toByteArray());
          if (packet.getData().isEmpty() && --open == 0) {
            answers.onNext(Packet.newBuilder().setType(PacketType.PACKET_FIN).build());
          }
        }
        default -> answers.onCompleted();
      }
    }

    @Override
    public void onError(Throwable error) {}

    @Override
    public void onCompleted() {}
  }

  private record Numbered(int count) implements ClientTargets.Tree {
    @Override
    public void walk(ClientTargets.Visitor visitor) throws SlipwayException, InterruptedException {
      for (int i = 0; i < count; i++) {
        visitor.visit(
            new ClientTargets.Entry(
                "f%05d".formatted(i),
                0644,
                0,
                0,
                i,
                0,
                "",
                0,
                0,
                Map.of("user.n", new byte[] {1})));
      }
    }

    @Override
    public InputStream open(int entry) {
      byte[] content = new byte[entry];
      Arrays.fill(content, (byte) entry);
      return new ByteArrayInputStream(content);
    }
  }

  @Test
  void aDirectoryComesWithTheFilesThatTheClientAsksFor() throws Exception {
    List<Receiver> receivers = new ArrayList<>();
    ServerServiceDefinition send =
        service(
            "moby.filesync.v1.FileSend",
            TargetMethods.DIRECTORY,
            answers -> {
              receivers.add(new Receiver(answers));
              return receivers.getLast();
            });

    withClient(send, targets -> targets.directory(1, true, new Numbered(2000), _ -> {}));

    Receiver receiver = receivers.getFirst();
    assertThat(receiver.paths).hasSize(2000);
    assertThat(receiver.files).hasSize(1000);
    receiver.files.forEach((path, content) -> {
      int number = Integer.parseInt(path.substring(1));
      assertThat(content.size()).isEqualTo(number);
    });
    assertThat(header("buildkit-exporter-multi-platform")).isEqualTo("1");
  }

  @Test
  void aBlobIsWrittenIntoTheClientsStore() throws Exception {
    byte[] content = new byte[1 << 20];
    new Random(5).nextBytes(content);
    Path file = Files.write(directory.resolve("blob"), content);
    ByteArrayOutputStream got = new ByteArrayOutputStream();
    List<WriteContentRequest> requests = new ArrayList<>();
    ServerServiceDefinition store =
        service(
            "containerd.services.content.v1.Content",
            TargetMethods.CONTENT,
            answers ->
                new Taking<>(
                    request -> {
                      requests.add(request.toBuilder().setData(ByteString.EMPTY).build());
                      got.writeBytes(request.getData().toByteArray());
                      answers.onNext(
                          WriteContentResponse.newBuilder()
                              .setAction(request.getAction())
                              .setOffset(got.size())
                              .build());
                      return null;
                    },
                    answers::onCompleted));

    withClient(store, targets -> targets.blob("sha256:x", content.length, file));

    assertThat(got.toByteArray()).isEqualTo(content);
    assertThat(requests.getFirst().getAction()).isEqualTo(WriteAction.STAT);
    assertThat(requests.getLast().getAction()).isEqualTo(WriteAction.COMMIT);
    assertThat(requests.getLast().getExpected()).isEqualTo("sha256:x");
    assertThat(header("buildkit-attachable-store-id")).isEqualTo("export");
  }
}
