package dev.slipway.enrolment;

import com.google.protobuf.ByteString;
import dev.slipway.certificates.Authority;
import dev.slipway.certificates.FarmCaller;
import dev.slipway.certificates.SigningRequest;
import dev.slipway.certificates.Subject;
import dev.slipway.certificates.Use;
import dev.slipway.certificates.WorkerName;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.fleet.FarmFleet;
import dev.slipway.protocol.worker.EnrolmentGrpc;
import dev.slipway.protocol.worker.SignRequest;
import dev.slipway.protocol.worker.SignedCertificate;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerInterceptors;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes workers' certificates: the first for a join token, the next for the one before. @ThreadSafe
 */
public final class EnrolmentService extends EnrolmentGrpc.EnrolmentImplBase {
  private static final Logger log = LoggerFactory.getLogger(EnrolmentService.class);

  private static final Metadata.Key<String> HEADER =
      Metadata.Key.of("slipway-join-token", Metadata.ASCII_STRING_MARSHALLER);
  private static final Context.Key<String> TOKEN = Context.key("slipway-join-token");

  /** As what workers say of themselves is read. */
  private static final Pattern WORKER_ID = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,127}");

  private final Parts parts;

  /**
   * What it works with.
   *
   * @param life of the certificates
   * @param refusal why nothing can be decided just now: too few coordinators see each other
   */
  public record Parts(
      Authority authority,
      Duration life,
      Register register,
      JoinTokens tokens,
      Supplier<Optional<String>> refusal,
      InstantSource clock) {}

  private EnrolmentService(Parts parts) {
    this.parts = parts;
  }

  /** The service, for a server that lets strangers in. */
  public static ServerServiceDefinition of(Parts parts) {
    return ServerInterceptors.intercept(
        new EnrolmentService(parts), new ShownToken(), FarmCaller.orStranger());
  }

  @Override
  public void sign(SignRequest message, StreamObserver<SignedCertificate> answers) {
    try {
      Optional<String> refusal = parts.refusal().get();
      if (refusal.isPresent()) {
        throw new SlipwayException(ErrorKind.UNAVAILABLE, refusal.get());
      }
      answers.onNext(sign(SigningRequest.read(message.getRequest().toByteArray())));
      answers.onCompleted();
    } catch (SlipwayException e) {
      log.atWarn().addKeyValue("reason", e.getMessage()).log("no certificate was made");
      answers.onError(status(e.kind()).withDescription(e.getMessage()).asRuntimeException());
    }
  }

  private static Status status(ErrorKind kind) {
    return switch (kind) {
      case INVALID -> Status.INVALID_ARGUMENT;
      case DENIED -> Status.PERMISSION_DENIED;
      case UNAVAILABLE -> Status.UNAVAILABLE;
      case EXHAUSTED -> Status.RESOURCE_EXHAUSTED;
      default -> Status.INTERNAL;
    };
  }

  private SignedCertificate sign(SigningRequest request) throws SlipwayException {
    String id = request.name();
    if (!WORKER_ID.matcher(id).matches()) {
      throw new SlipwayException(ErrorKind.INVALID, "the worker's id is malformed");
    }
    if (parts.register().evicted().contains(id)) {
      throw new SlipwayException(ErrorKind.DENIED, FarmFleet.evictedReason(id));
    }
    String key = JoinTokens.hash(request.key().getEncoded());
    Optional<X509Certificate> shown = FarmCaller.certificate();
    if (shown.isPresent()) {
      checkName(shown.get(), id);
    } else {
      parts.tokens().use(Optional.ofNullable(TOKEN.get()).orElse(""), id, key);
    }
    parts
        .register()
        .certify(
            id,
            key,
            parts.clock().instant().plus(parts.life()).truncatedTo(ChronoUnit.MILLIS),
            shown.isPresent());
    X509Certificate made =
        parts
            .authority()
            .issue(
                new Subject(
                    id, List.of(WorkerName.of(id)), Set.of(Use.SERVER, Use.CLIENT), parts.life()),
                request.key());
    log.atInfo()
        .addKeyValue("worker", id)
        .addKeyValue("serial", made.getSerialNumber().toString(16))
        .addKeyValue("expires", made.getNotAfter().toInstant())
        .log(shown.isPresent() ? "worker's certificate renewed" : "worker enrolled");
    SignedCertificate.Builder answer =
        SignedCertificate.newBuilder().addChain(der(made)).setLifeMillis(parts.life().toMillis());
    for (X509Certificate authority : parts.authority().chain()) {
      answer.addAuthorities(der(authority));
    }
    return answer.build();
  }

  private static void checkName(X509Certificate shown, String id) throws SlipwayException {
    if (!WorkerName.idIn(shown).equals(Optional.of(id))) {
      throw new SlipwayException(
          ErrorKind.DENIED,
          "the certificate of "
              + WorkerName.idIn(shown).orElse(shown.getSubjectX500Principal().getName())
              + " gets none for "
              + id);
    }
  }

  private static ByteString der(X509Certificate certificate) {
    try {
      return ByteString.copyFrom(certificate.getEncoded());
    } catch (CertificateEncodingException e) {
      throw new IllegalStateException("a certificate that was made or read has bytes", e);
    }
  }

  /** Hands the token of a call to the service. */
  private static final class ShownToken implements ServerInterceptor {
    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
        ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
      String token = headers.get(HEADER);
      return Contexts.interceptCall(
          Context.current().withValue(TOKEN, token == null ? "" : token), call, headers, next);
    }
  }
}
