package dev.slipway.frontend.gateway;

import com.google.protobuf.ByteString;
import com.google.protobuf.Timestamp;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.fetch.SourceFacts;
import dev.slipway.frontend.gateway.SourceQuestions.Answer;
import dev.slipway.frontend.gateway.SourceQuestions.Question;
import dev.slipway.graph.Op;
import dev.slipway.oci.Platform;
import dev.slipway.policy.SourcePolicy;
import dev.slipway.protocol.LlbCodec;
import dev.slipway.protocol.buildkit.gateway.ChecksumRequest;
import dev.slipway.protocol.buildkit.gateway.ChecksumResponse;
import dev.slipway.protocol.buildkit.gateway.ResolveSourceGitResponse;
import dev.slipway.protocol.buildkit.gateway.ResolveSourceHTTPResponse;
import dev.slipway.protocol.buildkit.gateway.ResolveSourceImageResponse;
import dev.slipway.protocol.buildkit.gateway.ResolveSourceMetaRequest;
import dev.slipway.protocol.buildkit.gateway.ResolveSourceMetaResponse;
import dev.slipway.protocol.buildkit.ops.SourceOp;
import dev.slipway.protocol.buildkit.policy.Policy;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Questions about sources on the wire, and their answers. Pure. */
public final class SourceMessages {
  /** As BuildKit's. */
  private static final int LONGEST_SUFFIX = 4 * 1024;

  private SourceMessages() {}

  /** Reads a question. @param byClient whether the client's policy is asked about it too */
  public static Question question(ResolveSourceMetaRequest request, boolean byClient)
      throws SlipwayException {
    if (request.getImage().getAttestationChain()
        || request.getImage().getResolveAttestationsCount() > 0) {
      throw new SlipwayException(
          ErrorKind.UNSUPPORTED, "resolving attestations of an image is not supported yet");
    }
    Optional<Platform> platform =
        request.hasPlatform()
            ? Optional.of(LlbCodec.decodePlatform(request.getPlatform()))
            : Optional.empty();
    return new Question(
        new Op.Source(request.getSource().getIdentifier(), request.getSource().getAttrsMap()),
        platform,
        request.getLogName(),
        new SourceFacts.Wanted(request.getGit().getReturnObject(), checksum(request)),
        policies(request.getSourcePoliciesList()),
        byClient);
  }

  private static Optional<SourceFacts.ChecksumRequest> checksum(ResolveSourceMetaRequest request)
      throws SlipwayException {
    if (!request.hasHTTP() || !request.getHTTP().hasChecksumRequest()) {
      return Optional.empty();
    }
    ChecksumRequest wanted = request.getHTTP().getChecksumRequest();
    if (wanted.getSuffix().size() > LONGEST_SUFFIX) {
      throw new SlipwayException(
          ErrorKind.INVALID, "http checksum request suffix exceeds max size " + LONGEST_SUFFIX);
    }
    String algorithm =
        switch (wanted.getAlgo()) {
          case CHECKSUM_ALGO_SHA256 -> "SHA-256";
          case CHECKSUM_ALGO_SHA384 -> "SHA-384";
          case CHECKSUM_ALGO_SHA512 -> "SHA-512";
          case UNRECOGNIZED ->
              throw new SlipwayException(
                  ErrorKind.INVALID, "unsupported checksum algorithm " + wanted.getAlgoValue());
        };
    return Optional.of(
        new SourceFacts.ChecksumRequest(algorithm, wanted.getSuffix().toByteArray()));
  }

  /** Reads the rules of a request. */
  public static List<SourcePolicy> policies(List<Policy> wire) throws SlipwayException {
    List<SourcePolicy> policies = new ArrayList<>();
    for (Policy policy : wire) {
      policies.add(SourcePolicy.of(policy));
    }
    return policies;
  }

  /** Writes an answer. @param noConfig whether an image's configuration is left out */
  public static ResolveSourceMetaResponse answer(Answer answer, boolean noConfig) {
    ResolveSourceMetaResponse.Builder response =
        ResolveSourceMetaResponse.newBuilder()
            .setSource(
                SourceOp.newBuilder()
                    .setIdentifier(answer.source().identifier())
                    .putAllAttrs(answer.source().attributes()));
    answer
        .image()
        .ifPresent(image -> {
          ResolveSourceImageResponse.Builder found =
              ResolveSourceImageResponse.newBuilder().setDigest(image.digest().value());
          if (!noConfig) {
            found.setConfig(ByteString.copyFrom(image.config()));
          }
          response.setImage(found);
        });
    switch (answer.facts()) {
      case SourceFacts.Http http -> response.setHTTP(http(http));
      case SourceFacts.Git git -> response.setGit(git(git));
      case SourceFacts.None _ -> {}
    }
    return response.build();
  }

  private static ResolveSourceHTTPResponse http(SourceFacts.Http facts) {
    ResolveSourceHTTPResponse.Builder http =
        ResolveSourceHTTPResponse.newBuilder()
            .setChecksum(facts.digest().value())
            .setFilename(facts.filename());
    facts
        .lastModified()
        .ifPresent(time ->
            http.setLastModified(
                Timestamp.newBuilder().setSeconds(time.getEpochSecond()).setNanos(time.getNano())));
    facts
        .suffixed()
        .ifPresent(suffixed ->
            http.setChecksumResponse(
                ChecksumResponse.newBuilder()
                    .setDigest(suffixed.digest())
                    .setSuffix(ByteString.copyFrom(suffixed.suffix()))));
    return http.build();
  }

  private static ResolveSourceGitResponse git(SourceFacts.Git facts) {
    return ResolveSourceGitResponse.newBuilder()
        .setChecksum(facts.checksum())
        .setRef(facts.ref())
        .setCommitChecksum(facts.commitChecksum())
        .setCommitObject(ByteString.copyFrom(facts.commitObject()))
        .setTagObject(ByteString.copyFrom(facts.tagObject()))
        .build();
  }
}
