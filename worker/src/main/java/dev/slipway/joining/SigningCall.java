package dev.slipway.joining;

import com.google.protobuf.ByteString;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.protocol.worker.EnrolmentGrpc;
import dev.slipway.protocol.worker.SignRequest;
import dev.slipway.protocol.worker.SignedCertificate;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.MetadataUtils;
import java.io.ByteArrayInputStream;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Asks one coordinator for a certificate. */
final class SigningCall {
  private static final Metadata.Key<String> JOIN_TOKEN =
      Metadata.Key.of("slipway-join-token", Metadata.ASCII_STRING_MARSHALLER);

  private static final long ANSWER_SECONDS = 10;

  /** An answer is a few certificates. */
  private static final int MAX_MESSAGE_BYTES = 256 << 10;

  private SigningCall() {}

  /**
   * What came back.
   *
   * @param life from now on
   */
  record Signed(List<X509Certificate> chain, List<X509Certificate> authorities, Duration life) {}

  /**
   * Asks, and waits for the answer.
   *
   * @param channel with the TLS of the caller; it is ended here
   * @param token empty = none is shown
   * @throws SlipwayException DENIED when the farm does not want this worker, UNAVAILABLE when the
   *     coordinator does not answer
   */
  static Signed send(NettyChannelBuilder channel, String token, byte[] request)
      throws SlipwayException, InterruptedException {
    ManagedChannel open = channel.maxInboundMessageSize(MAX_MESSAGE_BYTES).build();
    try {
      Metadata headers = new Metadata();
      if (!token.isEmpty()) {
        headers.put(JOIN_TOKEN, token);
      }
      SignedCertificate answer =
          EnrolmentGrpc.newBlockingStub(open)
              .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers))
              .withDeadlineAfter(ANSWER_SECONDS, TimeUnit.SECONDS)
              .sign(SignRequest.newBuilder().setRequest(ByteString.copyFrom(request)).build());
      return new Signed(
          certificates(answer.getChainList()),
          certificates(answer.getAuthoritiesList()),
          Duration.ofMillis(answer.getLifeMillis()));
    } catch (StatusRuntimeException e) {
      if (Thread.interrupted()) {
        throw new InterruptedException();
      }
      throw failed(e.getStatus());
    } finally {
      open.shutdownNow();
    }
  }

  private static SlipwayException failed(Status status) {
    return switch (status.getCode()) {
      case UNAUTHENTICATED, PERMISSION_DENIED ->
          new SlipwayException(ErrorKind.DENIED, String.valueOf(status.getDescription()));
      case UNIMPLEMENTED ->
          new SlipwayException(
              ErrorKind.DENIED, "this farm makes no certificates for workers ([farm.ca])");
      default -> {
        // What the handshake did not like is the deepest of the causes.
        Throwable cause = status.getCause();
        while (cause != null && cause.getCause() != null) {
          cause = cause.getCause();
        }
        yield new SlipwayException(
            ErrorKind.UNAVAILABLE,
            status.getCode()
                + " "
                + status.getDescription()
                + (cause == null ? "" : ": " + cause.getMessage()));
      }
    };
  }

  private static List<X509Certificate> certificates(List<ByteString> der) throws SlipwayException {
    try {
      CertificateFactory factory = CertificateFactory.getInstance("X.509");
      List<X509Certificate> certificates = new ArrayList<>();
      for (ByteString one : der) {
        certificates.add(
            (X509Certificate)
                factory.generateCertificate(new ByteArrayInputStream(one.toByteArray())));
      }
      if (certificates.isEmpty()) {
        throw new CertificateException("there is none");
      }
      return certificates;
    } catch (CertificateException e) {
      throw new SlipwayException(
          ErrorKind.UNAVAILABLE,
          "the coordinator's answer has no certificate: " + e.getMessage(),
          e);
    }
  }
}
