package dev.slipway.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.slipway.error.SlipwayException;
import dev.slipway.protocol.worker.Attached;
import dev.slipway.protocol.worker.ContainerCommand;
import dev.slipway.protocol.worker.ContainerReady;
import dev.slipway.protocol.worker.ContainerReport;
import dev.slipway.protocol.worker.FarmGrpc;
import dev.slipway.protocol.worker.OpenContainer;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Calls that workers make for containers, over a real connection. */
@Timeout(30)
class AttachmentsTest extends FleetFixture {
  private final BlockingQueue<String> heard = new LinkedBlockingQueue<>();
  private FakeWorker worker;
  private ManagedChannel toFarm;

  /** The worker's end of a container's call. */
  private static final class Line implements StreamObserver<ContainerCommand> {
    final BlockingQueue<ContainerCommand> commands = new LinkedBlockingQueue<>();
    final CompletableFuture<Status> ended = new CompletableFuture<>();

    @Override
    public void onNext(ContainerCommand command) {
      commands.add(command);
    }

    @Override
    public void onError(Throwable error) {
      ended.complete(Status.fromThrowable(error));
    }

    @Override
    public void onCompleted() {
      ended.complete(Status.OK);
    }
  }

  @BeforeEach
  void join() throws Exception {
    worker = dial(TOKEN);
    worker.join(FakeWorker.hello("w1"));
    toFarm = NettyChannelBuilder.forAddress(server.address()).usePlaintext().build();
  }

  @AfterEach
  void hangUp() {
    toFarm.shutdownNow();
  }

  private StreamObserver<ContainerReport> attach(ByteString ticket, Line line) {
    Metadata headers = new Metadata();
    headers.put(Metadata.Key.of("slipway-join-token", Metadata.ASCII_STRING_MARSHALLER), TOKEN);
    StreamObserver<ContainerReport> reports =
        FarmGrpc.newStub(toFarm)
            .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers))
            .attach(line);
    reports.onNext(
        ContainerReport.newBuilder().setAttached(Attached.newBuilder().setTicket(ticket)).build());
    return reports;
  }

  private Future<ContainerLink> open() {
    ContainerListener listener =
        new ContainerListener() {
          @Override
          public void report(ContainerReport report) {
            heard.add(report.getReportCase().name());
          }

          @Override
          public void ended(String reason) {
            heard.add("ended " + reason);
          }
        };
    return callers.submit(
        () -> fleet.open("w1", OpenContainer.getDefaultInstance(), listener, Map.of()));
  }

  private String next() throws InterruptedException {
    return heard.poll(10, TimeUnit.SECONDS);
  }

  @Test
  void theEndOfAContainerIsHeardAfterItsLastWords() throws Exception {
    Future<ContainerLink> opened = open();
    Line line = new Line();
    StreamObserver<ContainerReport> reports =
        attach(worker.next().getOpenContainer().getTicket(), line);

    opened.get().end();
    assertThat(line.commands.poll(10, TimeUnit.SECONDS).hasEnd()).isTrue();
    reports.onNext(
        ContainerReport.newBuilder().setReady(ContainerReady.getDefaultInstance()).build());
    reports.onCompleted();

    assertThat(next()).isEqualTo("READY");
    assertThat(next()).isEqualTo("ended ");
    assertThat(line.ended.get(10, TimeUnit.SECONDS).isOk()).isTrue();
    assertThatThrownBy(() -> opened.get().send(ContainerCommand.getDefaultInstance()))
        .isInstanceOf(SlipwayException.class)
        .hasMessage("the container has ended");
  }

  @Test
  void aTicketIsGoodOnce() throws Exception {
    Future<ContainerLink> opened = open();
    ByteString ticket = worker.next().getOpenContainer().getTicket();
    attach(ticket, new Line());
    opened.get();
    Line second = new Line();
    attach(ticket, second);

    assertThat(second.ended.get(10, TimeUnit.SECONDS).getCode())
        .isEqualTo(Status.Code.PERMISSION_DENIED);
  }

  @Test
  void aCallThatBreaksEndsItsContainer() throws Exception {
    Future<ContainerLink> opened = open();
    StreamObserver<ContainerReport> reports =
        attach(worker.next().getOpenContainer().getTicket(), new Line());
    opened.get();
    reports.onError(Status.CANCELLED.asException());

    assertThat(next()).startsWith("ended its worker broke the call off");
  }

  @Test
  void aContainerThatIsNotWantedIsOverAtOnce() throws Exception {
    Future<ContainerLink> opened = open();
    Line line = new Line();
    attach(worker.next().getOpenContainer().getTicket(), line);

    opened.get().breakOff();

    assertThat(line.ended.get(10, TimeUnit.SECONDS).getCode()).isEqualTo(Status.Code.CANCELLED);
    assertThat(next()).startsWith("ended ");
  }
}
