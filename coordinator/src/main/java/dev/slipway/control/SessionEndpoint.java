package dev.slipway.control;

import dev.slipway.identity.Principal;
import dev.slipway.protocol.buildkit.control.BytesMessage;
import io.grpc.Metadata;
import io.grpc.stub.StreamObserver;

/** Takes clients' session streams. */
@FunctionalInterface
public interface SessionEndpoint {
  /** Opens a session; returns where the client's messages go. Must not block. */
  StreamObserver<BytesMessage> open(
      Principal owner, Metadata headers, StreamObserver<BytesMessage> client);
}
