package dev.slipway.e2e;

import dev.slipway.protocol.buildkit.control.ControlGrpc;
import dev.slipway.protocol.buildkit.control.SolveRequest;
import dev.slipway.protocol.buildkit.gateway.ExecMessage;
import dev.slipway.protocol.buildkit.gateway.LLBBridgeGrpc;
import dev.slipway.protocol.buildkit.gateway.Ref;
import dev.slipway.protocol.buildkit.gateway.Result;
import dev.slipway.protocol.buildkit.gateway.ReturnRequest;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import java.util.UUID;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/** A client that runs the frontend of one build itself, as buildx does, without a session. */
final class BridgeClient implements AutoCloseable {
  private final String id = "bridge-" + UUID.randomUUID();
  private final ManagedChannel channel;
  private final Future<?> build;

  BridgeClient(Farm farm) {
    channel =
        NettyChannelBuilder.forTarget(farm.endpoint().substring("tcp://".length()))
            .usePlaintext()
            .build();
    build = ControlGrpc.newFutureStub(channel).solve(SolveRequest.newBuilder().setRef(id).build());
  }

  private Metadata headers() {
    Metadata headers = new Metadata();
    headers.put(
        Metadata.Key.of("buildkit-controlapi-buildid", Metadata.ASCII_STRING_MARSHALLER), id);
    return headers;
  }

  LLBBridgeGrpc.LLBBridgeBlockingStub calls() {
    return LLBBridgeGrpc.newBlockingStub(channel)
        .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers()))
        .withDeadlineAfter(60, TimeUnit.SECONDS);
  }

  StreamObserver<ExecMessage> processes(StreamObserver<ExecMessage> heard) {
    return LLBBridgeGrpc.newStub(channel)
        .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers()))
        .execProcess(heard);
  }

  /** Ends the build with nothing. */
  @Override
  public void close() throws Exception {
    calls()
        .return_(
            ReturnRequest.newBuilder()
                .setResult(Result.newBuilder().setRef(Ref.getDefaultInstance()))
                .build());
    build.get(30, TimeUnit.SECONDS);
    channel.shutdownNow();
  }
}
