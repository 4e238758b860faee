package dev.slipway.fleet;

import com.google.protobuf.ByteString;
import dev.slipway.certificates.WorkerName;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.protocol.worker.ContainerCommand;
import dev.slipway.protocol.worker.ContainerReport;
import dev.slipway.protocol.worker.CoordinatorMessage;
import dev.slipway.protocol.worker.OpenContainer;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Brings those who want a container together with the calls that workers make for it. A ticket is
 * good once, and where the farm has TLS for its worker only. @ThreadSafe
 */
final class Attachments {
  /** A worker calls at once, whether it takes the container or not. */
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private static final int TICKET_BYTES = 16;

  private final SecureRandom random = new SecureRandom();
  private final Map<ByteString, Expected> expected = new ConcurrentHashMap<>();

  private record Expected(
      String workerId, ContainerListener listener, CompletableFuture<ContainerLink> link) {}

  /**
   * Sends the order to the worker and waits for its call.
   *
   * @param over runs when there is no container, or no more
   */
  ContainerLink open(
      Member member, OpenContainer container, ContainerListener listener, Runnable over)
      throws SlipwayException, InterruptedException {
    boolean opened = false;
    try {
      ContainerLink link = open(member, container, new Telling(listener, over));
      opened = true;
      return link;
    } finally {
      if (!opened) {
        over.run();
      }
    }
  }

  /** Passes everything on. */
  private record Telling(ContainerListener listener, Runnable over) implements ContainerListener {
    @Override
    public void report(ContainerReport report) {
      listener.report(report);
    }

    @Override
    public void ended(String reason) {
      over.run();
      listener.ended(reason);
    }
  }

  private ContainerLink open(Member member, OpenContainer container, ContainerListener listener)
      throws SlipwayException, InterruptedException {
    byte[] bytes = new byte[TICKET_BYTES];
    random.nextBytes(bytes);
    ByteString ticket = ByteString.copyFrom(bytes);
    Expected call = new Expected(member.id(), listener, new CompletableFuture<>());
    expected.put(ticket, call);
    try {
      member.send(
          CoordinatorMessage.newBuilder()
              .setOpenContainer(container.toBuilder().setTicket(ticket))
              .build());
      return call.link().get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      throw new SlipwayException(
          ErrorKind.UNAVAILABLE,
          "worker "
              + member.id()
              + " did not call for a container in "
              + PATIENCE.toSeconds()
              + " s",
          e);
    } catch (ExecutionException e) {
      throw new IllegalStateException("a link never fails to be made", e);
    } finally {
      expected.remove(ticket);
    }
  }

  /** A worker calls. */
  StreamObserver<ContainerReport> attach(
      ServerCallStreamObserver<ContainerCommand> worker, Optional<X509Certificate> certificate) {
    Call call = new Call(worker, certificate);
    worker.setOnReadyHandler(call.link::ready);
    worker.setOnCancelHandler(call.link::lost);
    // The only word of a call that this side has broken off.
    worker.setOnCloseHandler(() -> call.ended("the call was broken off"));
    return call;
  }

  /** A worker's call. gRPC hands everything of it in one by one. */
  private final class Call implements StreamObserver<ContainerReport> {
    private final ServerCallStreamObserver<ContainerCommand> worker;
    private final Optional<X509Certificate> certificate;
    private final ContainerLink link;
    private @Nullable ContainerListener listener;
    private boolean over;

    Call(ServerCallStreamObserver<ContainerCommand> worker, Optional<X509Certificate> certificate) {
      this.worker = worker;
      this.certificate = certificate;
      this.link = new ContainerLink(worker);
    }

    @Override
    public void onNext(ContainerReport report) {
      if (listener != null) {
        listener.report(report);
        return;
      }
      Expected call = expected.remove(report.getAttached().getTicket());
      if (call == null
          || certificate.filter(one -> !WorkerName.isFor(one, call.workerId())).isPresent()) {
        worker.onError(
            Status.PERMISSION_DENIED
                .withDescription("nobody waits for this container")
                .asRuntimeException());
        return;
      }
      listener = call.listener();
      call.link().complete(link);
    }

    @Override
    public void onError(Throwable error) {
      link.lost();
      ended("its worker broke the call off: " + Status.fromThrowable(error).getCode());
    }

    @Override
    public void onCompleted() {
      ended("");
      link.complete();
    }

    void ended(String reason) {
      if (listener != null && !over) {
        over = true;
        listener.ended(reason);
      }
    }
  }
}
