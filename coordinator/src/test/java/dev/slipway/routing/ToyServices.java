package dev.slipway.routing;

import com.google.protobuf.ByteString;
import dev.slipway.protocol.buildkit.control.BytesMessage;
import dev.slipway.protocol.buildkit.control.ControlGrpc;
import dev.slipway.protocol.buildkit.control.SolveRequest;
import dev.slipway.protocol.buildkit.control.SolveResponse;
import dev.slipway.protocol.buildkit.control.StatusRequest;
import dev.slipway.protocol.buildkit.control.StatusResponse;
import dev.slipway.protocol.buildkit.control.VertexLog;
import dev.slipway.protocol.buildkit.gateway.ExecMessage;
import dev.slipway.protocol.buildkit.gateway.LLBBridgeGrpc;
import dev.slipway.protocol.buildkit.gateway.PingRequest;
import dev.slipway.protocol.buildkit.gateway.PongResponse;
import dev.slipway.protocol.buildkit.worker.WorkerRecord;
import io.grpc.BindableService;
import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.Metadata;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;

/** BuildKit's services that say where they were called. */
final class ToyServices {
  static final Metadata.Key<byte[]> DETAIL =
      Metadata.Key.of("toy-detail-bin", Metadata.BINARY_BYTE_MARSHALLER);

  /** Ref of a build that goes on until it is cancelled. */
  static final String ENDLESS = "endless";

  /** Ref of a build that fails with details. */
  static final String FAILING = "failing";

  final BlockingQueue<Optional<Deadline>> started = new LinkedBlockingQueue<>();
  final CountDownLatch cancelled = new CountDownLatch(1);
  final AtomicInteger sent = new AtomicInteger();
  private final String name;

  ToyServices(String name) {
    this.name = name;
  }

  List<ServerServiceDefinition> all() {
    return List.of(((BindableService) new Control()).bindService(), new Bridge().bindService());
  }

  private final class Control extends ControlGrpc.ControlImplBase {
    @Override
    public StreamObserver<BytesMessage> session(StreamObserver<BytesMessage> client) {
      client.onNext(BytesMessage.newBuilder().setData(ByteString.copyFromUtf8(name)).build());
      return new StreamObserver<>() {
        @Override
        public void onNext(BytesMessage message) {
          client.onNext(message);
        }

        @Override
        public void onError(Throwable error) {
          cancelled.countDown();
        }

        @Override
        public void onCompleted() {
          client.onCompleted();
        }
      };
    }

    @Override
    public void solve(SolveRequest request, StreamObserver<SolveResponse> client) {
      if (request.getRef().equals(FAILING)) {
        Metadata trailers = new Metadata();
        trailers.put(DETAIL, new byte[] {1, 2, 3});
        client.onError(
            Status.UNKNOWN.withDescription("step failed at " + name).asException(trailers));
        return;
      }
      if (request.getRef().equals(ENDLESS)) {
        Context.current().addListener(_ -> cancelled.countDown(), Runnable::run);
        started.add(Optional.ofNullable(Context.current().getDeadline()));
        return;
      }
      client.onNext(SolveResponse.newBuilder().putExporterResponse("by", name).build());
      client.onCompleted();
    }

    /** Sends many messages, as fast as the client takes them. */
    @Override
    public void status(StatusRequest request, StreamObserver<StatusResponse> observer) {
      ServerCallStreamObserver<StatusResponse> client =
          (ServerCallStreamObserver<StatusResponse>) observer;
      StatusResponse message =
          StatusResponse.newBuilder()
              .addLogs(VertexLog.newBuilder().setMsg(ByteString.copyFrom(new byte[10_000])))
              .build();
      client.setOnReadyHandler(() -> {
        while (client.isReady() && sent.get() < RoutingTest.MESSAGES) {
          sent.incrementAndGet();
          client.onNext(message);
          if (sent.get() == RoutingTest.MESSAGES) {
            client.onCompleted();
          }
        }
      });
    }
  }

  private final class Bridge extends LLBBridgeGrpc.LLBBridgeImplBase {
    @Override
    public void ping(PingRequest request, StreamObserver<PongResponse> client) {
      client.onNext(
          PongResponse.newBuilder().addWorkers(WorkerRecord.newBuilder().setID(name)).build());
      client.onCompleted();
    }

    @Override
    public StreamObserver<ExecMessage> execProcess(StreamObserver<ExecMessage> client) {
      return new StreamObserver<>() {
        @Override
        public void onNext(ExecMessage message) {
          client.onNext(message.toBuilder().setProcessID(name + message.getProcessID()).build());
        }

        @Override
        public void onError(Throwable error) {
          cancelled.countDown();
        }

        @Override
        public void onCompleted() {
          client.onCompleted();
        }
      };
    }
  }
}
