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
 * containerd's content store at the endpoint, as buildkitd has it for whoever looks what it keeps.
 * The farm's blobs are with its workers, by layer and not by digest: the store here is empty.
 */
public final class ContentService extends ContentGrpc.ContentImplBase {
  @Override
  public void list(ListContentRequest request, StreamObserver<ListContentResponse> client) {
    client.onCompleted();
  }

  @Override
  public void info(InfoRequest request, StreamObserver<InfoResponse> client) {
    client.onError(missing(request.getDigest()));
  }

  @Override
  public void read(ReadContentRequest request, StreamObserver<ReadContentResponse> client) {
    client.onError(missing(request.getDigest()));
  }

  private static RuntimeException missing(String digest) {
    return Status.NOT_FOUND
        .withDescription("content " + digest + ": not found")
        .asRuntimeException();
  }
}
