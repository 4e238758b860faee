package dev.slipway.control;

import dev.slipway.protocol.buildkit.content.ContentGrpc;
import dev.slipway.protocol.buildkit.content.InfoRequest;
import dev.slipway.protocol.buildkit.content.InfoResponse;
import dev.slipway.protocol.buildkit.content.ListContentRequest;
import dev.slipway.protocol.buildkit.content.ListContentResponse;
import dev.slipway.protocol.buildkit.content.ReadContentRequest;
import dev.slipway.protocol.buildkit.content.ReadContentResponse;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;

/**
 * containerd's content service at the endpoint, as buildkitd has it for what its history keeps. The
 * farm keeps no content for clients: the list is empty, and nothing is found.
 */
public final class ContentService extends ContentGrpc.ContentImplBase {
  @Override
  public void list(ListContentRequest request, StreamObserver<ListContentResponse> client) {
    client.onCompleted();
  }

  @Override
  public void info(InfoRequest request, StreamObserver<InfoResponse> client) {
    client.onError(absent(request.getDigest()));
  }

  @Override
  public void read(ReadContentRequest request, StreamObserver<ReadContentResponse> client) {
    client.onError(absent(request.getDigest()));
  }

  private static RuntimeException absent(String digest) {
    return Status.NOT_FOUND
        .withDescription("content " + digest + ": not found; the farm keeps none for clients")
        .asRuntimeException();
  }
}
