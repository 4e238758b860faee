package dev.slipway.policy;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.graph.Op;
import dev.slipway.identity.Principal;
import dev.slipway.oci.Platform;
import dev.slipway.protocol.LlbCodec;
import dev.slipway.protocol.buildkit.gateway.ResolveSourceMetaRequest;
import dev.slipway.protocol.buildkit.gateway.ResolveSourceMetaResponse;
import dev.slipway.protocol.buildkit.ops.SourceOp;
import dev.slipway.protocol.buildkit.policysession.CheckPolicyRequest;
import dev.slipway.protocol.buildkit.policysession.CheckPolicyResponse;
import dev.slipway.protocol.buildkit.policysession.DecisionResponse;
import dev.slipway.protocol.buildkit.policysession.DenyMessage;
import dev.slipway.protocol.buildkit.policysession.PolicyVerifierGrpc;
import dev.slipway.session.ClientErrors;
import dev.slipway.session.Session;
import dev.slipway.session.Sessions;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Asks a client's program about a source. It answers, or wants to know more first: then it is asked
 * again with that. @ThreadSafe
 */
public final class ClientPolicy {
  /** Questions about one source, conversions included. */
  private static final int MOST_QUESTIONS = 10;

  /** A program that looks at signatures may ask other servers for them. */
  private static final Duration PATIENCE = Duration.ofMinutes(5);

  private static final Duration SESSION_PATIENCE = Duration.ofSeconds(5);

  private final Sessions sessions;
  private final Principal principal;
  private final String sessionId;
  private final MetadataQuestions questions;

  /**
   * @param sessionId of the session that serves the program
   */
  public ClientPolicy(
      Sessions sessions, Principal principal, String sessionId, MetadataQuestions questions) {
    this.sessions = sessions;
    this.principal = principal;
    this.sessionId = sessionId;
    this.questions = questions;
  }

  /** Looks at a source again after the program replaced it. */
  interface Again {
    Op.Source evaluate(Op.Source source) throws SlipwayException;
  }

  /**
   * Returns the source that the program allows.
   *
   * @param again the rules of the request, for what the program makes of it
   * @throws SlipwayException {@link PolicyDenied}, or what the program failed with
   */
  Op.Source decide(Op.Source source, Optional<Platform> platform, Again again)
      throws SlipwayException, InterruptedException {
    Session session = sessions.await(principal, sessionId, SESSION_PATIENCE);
    Op.Source current = source;
    ResolveSourceMetaResponse known = unknown(current);
    for (int left = MOST_QUESTIONS; left > 0; left--) {
      CheckPolicyResponse answer = ask(session, current, platform, known);
      switch (answer.getResultCase()) {
        case REQUEST -> known = resolve(current, answer.getRequest());
        case DECISION -> {
          DecisionResponse decision = answer.getDecision();
          switch (decision.getAction()) {
            case ALLOW -> {
              return current;
            }
            case CONVERT -> {
              current = again.evaluate(converted(decision));
              known = unknown(current);
            }
            case DENY, UNRECOGNIZED ->
                throw new PolicyDenied(
                    "source \""
                        + current.identifier()
                        + "\" not allowed by policy: action "
                        + decision.getAction(),
                    decision.getDenyMessagesList().stream().map(DenyMessage::getMessage).toList());
          }
        }
        case RESULT_NOT_SET -> throw SourcePolicy.invalid("no decision in policy response");
      }
    }
    throw SourcePolicy.invalid("too many policy requests");
  }

  private static CheckPolicyResponse ask(
      Session session,
      Op.Source source,
      Optional<Platform> platform,
      ResolveSourceMetaResponse known)
      throws SlipwayException, InterruptedException {
    String what = "asking the client's policy about " + source.identifier();
    CheckPolicyRequest.Builder request = CheckPolicyRequest.newBuilder().setSource(known);
    platform.ifPresent(value -> request.setPlatform(LlbCodec.encodePlatform(value)));
    try {
      return PolicyVerifierGrpc.newBlockingStub(session.channel())
          .withDeadlineAfter(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)
          .checkPolicy(request.build());
    } catch (StatusRuntimeException e) {
      if (Thread.interrupted()) {
        throw new InterruptedException(what + " was interrupted");
      }
      throw ClientErrors.of(session, e.getStatus().withCause(e), what, ErrorKind.DENIED);
    }
  }

  private ResolveSourceMetaResponse resolve(Op.Source source, ResolveSourceMetaRequest wanted)
      throws SlipwayException, InterruptedException {
    SourceOp named = wanted.getSource();
    if (!named.getIdentifier().equals(source.identifier())) {
      throw SourcePolicy.invalid(
          "policy requested different source identifier: \""
              + named.getIdentifier()
              + "\" != \""
              + source.identifier()
              + "\"");
    }
    if (!named.getAttrsMap().equals(source.attributes())) {
      throw SourcePolicy.invalid("policy requested different source attrs");
    }
    try {
      return questions.resolve(wanted);
    } catch (SlipwayException e) {
      throw new SlipwayException(
          e.kind(), "error resolving source metadata from policy request: " + e.getMessage(), e);
    } catch (IOException e) {
      throw new SlipwayException(
          ErrorKind.UNAVAILABLE,
          "error resolving source metadata from policy request: " + e.getMessage(),
          e);
    }
  }

  private static Op.Source converted(DecisionResponse decision) throws SlipwayException {
    if (!decision.hasUpdate()) {
      throw SourcePolicy.invalid("convert action requires updated source");
    }
    return new Op.Source(decision.getUpdate().getIdentifier(), decision.getUpdate().getAttrsMap());
  }

  private static ResolveSourceMetaResponse unknown(Op.Source source) {
    return ResolveSourceMetaResponse.newBuilder()
        .setSource(
            SourceOp.newBuilder()
                .setIdentifier(source.identifier())
                .putAllAttrs(source.attributes()))
        .build();
  }
}
