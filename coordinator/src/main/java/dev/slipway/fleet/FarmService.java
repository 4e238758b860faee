package dev.slipway.fleet;

import dev.slipway.certificates.FarmCaller;
import dev.slipway.certificates.WorkerName;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.protocol.worker.ContainerCommand;
import dev.slipway.protocol.worker.ContainerReport;
import dev.slipway.protocol.worker.CoordinatorMessage;
import dev.slipway.protocol.worker.FarmGrpc;
import dev.slipway.protocol.worker.ForwardedBytes;
import dev.slipway.protocol.worker.Hello;
import dev.slipway.protocol.worker.WorkerMessage;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.security.cert.X509Certificate;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The worker protocol's server side: one call per membership, and one per connection that a stage
 * makes to what its client shares. gRPC hands the messages of a call in one by one.
 */
final class FarmService extends FarmGrpc.FarmImplBase {
  private static final Logger LOG = LoggerFactory.getLogger(FarmService.class);

  private final FarmFleet fleet;

  FarmService(FarmFleet fleet) {
    this.fleet = fleet;
  }

  @Override
  public StreamObserver<WorkerMessage> join(StreamObserver<CoordinatorMessage> responses) {
    return new Reader(
        WorkerLink.open((ServerCallStreamObserver<CoordinatorMessage>) responses),
        FarmCaller.certificate());
  }

  @Override
  public StreamObserver<ContainerReport> attach(StreamObserver<ContainerCommand> responses) {
    return fleet
        .attachments()
        .attach((ServerCallStreamObserver<ContainerCommand>) responses, FarmCaller.certificate());
  }

  @Override
  public StreamObserver<ForwardedBytes> forward(StreamObserver<ForwardedBytes> responses) {
    return fleet.connections().answer(responses);
  }

  private final class Reader implements StreamObserver<WorkerMessage> {
    private final WorkerLink link;
    private final Optional<X509Certificate> certificate;
    private @Nullable Member member;

    Reader(WorkerLink link, Optional<X509Certificate> certificate) {
      this.link = link;
      this.certificate = certificate;
    }

    @Override
    public void onNext(WorkerMessage message) {
      Member joined = member;
      try {
        if (joined != null) {
          fleet.receive(joined, message);
        } else if (message.hasHello()) {
          checkName(message.getHello());
          member = fleet.join(message.getHello(), link);
        } else {
          link.close(Status.INVALID_ARGUMENT.withDescription("the first message must be hello"));
        }
      } catch (SlipwayException e) {
        LOG.atWarn().addKeyValue("reason", e.getMessage()).log("worker turned away");
        Status status =
            e.kind() == ErrorKind.DENIED ? Status.PERMISSION_DENIED : Status.INVALID_ARGUMENT;
        link.close(status.withDescription(e.getMessage()));
      } catch (RuntimeException e) {
        LOG.atError()
            .addKeyValue("worker", joined == null ? "" : joined.id())
            .setCause(e)
            .log("message of a worker could not be handled");
        end(Status.INTERNAL.withDescription("the coordinator could not handle a message"));
      }
    }

    /** With TLS a worker is who its certificate says, and its server has TLS too. */
    private void checkName(Hello hello) throws SlipwayException {
      if (certificate.isEmpty()) {
        return;
      }
      if (!WorkerName.isFor(certificate.get(), hello.getWorkerId())) {
        throw new SlipwayException(
            ErrorKind.DENIED,
            "the worker says that it is "
                + hello.getWorkerId()
                + ", but its certificate "
                + certificate.get().getSubjectX500Principal().getName()
                + " does not have the name "
                + WorkerName.of(hello.getWorkerId())
                + " or "
                + WorkerName.ANY);
      }
      if (!hello.getBlobUrl().startsWith("https://")) {
        throw new SlipwayException(
            ErrorKind.DENIED, "the worker's server has no TLS, though this farm has");
      }
    }

    @Override
    public void onError(Throwable error) {
      end(
          Status.UNAVAILABLE.withDescription(
              "its stream broke: " + Status.fromThrowable(error).getCode()));
    }

    @Override
    public void onCompleted() {
      end(Status.OK.withDescription("it said goodbye"));
    }

    private void end(Status reason) {
      if (member != null) {
        fleet.leave(member, reason);
      }
      link.close(reason);
    }
  }
}
