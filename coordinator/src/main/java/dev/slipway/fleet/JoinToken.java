package dev.slipway.fleet;

import dev.slipway.certificates.FarmCaller;
import dev.slipway.certificates.WorkerName;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;

/**
 * Lets only calls in that carry the farm's join token, or come with the certificate that one worker
 * has got for a token.
 */
final class JoinToken implements ServerInterceptor {
  static final Metadata.Key<String> HEADER =
      Metadata.Key.of("slipway-join-token", Metadata.ASCII_STRING_MARSHALLER);

  private final byte[] expected;

  JoinToken(String token) {
    if (token.isBlank()) {
      throw new IllegalArgumentException("the join token is empty");
    }
    this.expected = token.strip().getBytes(StandardCharsets.UTF_8);
  }

  @Override
  public <Q, R> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
    if (FarmCaller.certificate().flatMap(WorkerName::idIn).isPresent()) {
      return next.startCall(call, headers);
    }
    String given = headers.get(HEADER);
    if (given == null || !MessageDigest.isEqual(expected, given.getBytes(StandardCharsets.UTF_8))) {
      call.close(Status.UNAUTHENTICATED.withDescription("the join token is wrong"), new Metadata());
      return new ServerCall.Listener<>() {};
    }
    return next.startCall(call, headers);
  }
}
