package dev.slipway.protocol;

import com.google.protobuf.ByteString;
import dev.slipway.error.SlipwayException;
import dev.slipway.protocol.worker.FarmGrpc;
import dev.slipway.protocol.worker.ForwardedBytes;
import io.grpc.stub.StreamObserver;

/** Both ends of {@code Farm.Forward}: connections that a worker makes to what a client shares. */
public final class Forwarding {
  private Forwarding() {}

  /** Opens a connection, at the worker. @param token of the stage for what it connects to */
  public static ByteCall<ForwardedBytes, ForwardedBytes> open(FarmGrpc.FarmStub farm, String token)
      throws SlipwayException, InterruptedException {
    ByteCall<ForwardedBytes, ForwardedBytes> call =
        ByteCall.call(ForwardedBytes::getData, Forwarding::data, farm::forward);
    call.start(ForwardedBytes.newBuilder().setToken(token).build());
    return call;
  }

  /**
   * Answers a connection, at the coordinator. The first bytes that are read are the token.
   *
   * @param responses of the service's method, which returns the call's {@link ByteCall#incoming}
   */
  public static ByteCall<ForwardedBytes, ForwardedBytes> answer(
      StreamObserver<ForwardedBytes> responses) {
    return ByteCall.answer(
        message -> message.hasToken() ? message.getTokenBytes() : message.getData(),
        Forwarding::data,
        responses);
  }

  private static ForwardedBytes data(ByteString bytes) {
    return ForwardedBytes.newBuilder().setData(bytes).build();
  }
}
