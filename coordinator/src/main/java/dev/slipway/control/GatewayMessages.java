package dev.slipway.control;

import com.google.protobuf.ByteString;
import com.google.rpc.Status;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.frontend.gateway.FileStat;
import dev.slipway.frontend.gateway.GatewayBuild;
import dev.slipway.frontend.gateway.GatewayBuild.Answer;
import dev.slipway.graph.SourceMap;
import dev.slipway.oci.Digest;
import dev.slipway.progress.Progress.Warning;
import dev.slipway.protocol.LlbCodec;
import dev.slipway.protocol.SourceMapCodec;
import dev.slipway.protocol.buildkit.fsutil.Stat;
import dev.slipway.protocol.buildkit.gateway.Ref;
import dev.slipway.protocol.buildkit.gateway.RefMap;
import dev.slipway.protocol.buildkit.gateway.RefMapDeprecated;
import dev.slipway.protocol.buildkit.gateway.Result;
import dev.slipway.protocol.buildkit.gateway.WarnRequest;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The gateway's values in their wire form, and back. */
final class GatewayMessages {
  private GatewayMessages() {}

  /** A result; {@code arrays} = the client knows references with definitions. */
  static Result result(Answer answer, GatewayBuild build, boolean arrays) throws SlipwayException {
    Result.Builder result = Result.newBuilder();
    answer.metadata().forEach((key, value) -> result.putMetadata(key, ByteString.copyFrom(value)));
    if (answer.single().isPresent()) {
      String id = answer.single().get();
      return arrays ? result.setRef(ref(id, build)).build() : result.setRefDeprecated(id).build();
    }
    if (!arrays) {
      return result
          .setRefsDeprecated(RefMapDeprecated.newBuilder().putAllRefs(answer.byPlatform()))
          .build();
    }
    RefMap.Builder refs = RefMap.newBuilder();
    for (Map.Entry<String, String> entry : answer.byPlatform().entrySet()) {
      refs.putRefs(entry.getKey(), ref(entry.getValue(), build));
    }
    return result.setRefs(refs).build();
  }

  private static Ref ref(String id, GatewayBuild build) throws SlipwayException {
    return Ref.newBuilder()
        .setId(id)
        .setDef(LlbCodec.encode(build.reference(id).definition()))
        .build();
  }

  /** What a client returns. @throws SlipwayException when it is more than this farm can export */
  static Answer answer(Result result) throws SlipwayException {
    if (result.getAttestationsMap().values().stream()
        .anyMatch(list -> list.getAttestationCount() > 0)) {
      throw new SlipwayException(
          ErrorKind.UNSUPPORTED, "returning attestations is not supported yet");
    }
    Map<String, byte[]> metadata = new HashMap<>();
    result.getMetadataMap().forEach((key, value) -> metadata.put(key, value.toByteArray()));
    Map<String, String> byPlatform = new LinkedHashMap<>();
    Optional<String> single = Optional.empty();
    switch (result.getResultCase()) {
      case REF -> single = Optional.of(result.getRef().getId());
      case REFDEPRECATED -> single = Optional.of(result.getRefDeprecated());
      case REFS ->
          result.getRefs().getRefsMap().forEach((id, ref) -> byPlatform.put(id, ref.getId()));
      case REFSDEPRECATED -> byPlatform.putAll(result.getRefsDeprecated().getRefsMap());
      case RESULT_NOT_SET -> single = Optional.of("");
    }
    return new Answer(single, byPlatform, metadata);
  }

  static Stat stat(FileStat stat) {
    return Stat.newBuilder()
        .setPath(stat.name())
        .setMode(stat.mode())
        .setUid(stat.uid())
        .setGid(stat.gid())
        .setSize(stat.size())
        .setModTime(stat.modificationTime())
        .setLinkname(stat.linkName())
        .setDevmajor(stat.deviceMajor())
        .setDevminor(stat.deviceMinor())
        .build();
  }

  static Warning warning(WarnRequest request) throws SlipwayException {
    if (!Digest.isDigest(request.getDigest())) {
      throw new SlipwayException(
          ErrorKind.INVALID, "warning for \"" + request.getDigest() + "\", which is no vertex");
    }
    List<SourceMap.Range> ranges =
        request.getRangesList().stream()
            .map(range ->
                new SourceMap.Range(
                    range.getStart().getLine(),
                    range.getStart().getCharacter(),
                    range.getEnd().getLine(),
                    range.getEnd().getCharacter()))
            .toList();
    Optional<SourceMap.SourceFile> file = Optional.empty();
    if (request.hasInfo()) {
      file = Optional.of(SourceMapCodec.decode(request.getInfo()));
    }
    return new Warning(
        new Digest(request.getDigest()),
        (int) request.getLevel(),
        request.getShort().toStringUtf8(),
        request.getDetailList().stream().map(ByteString::toStringUtf8).toList(),
        request.getUrl(),
        file,
        ranges);
  }

  /** Why the client's frontend gave up. */
  static dev.slipway.frontend.gateway.ClientFailure failure(Status status) {
    return new dev.slipway.frontend.gateway.ClientFailure(
        status.getMessage(), status.toByteArray());
  }
}
