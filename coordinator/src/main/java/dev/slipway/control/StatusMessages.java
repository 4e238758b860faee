package dev.slipway.control;

import com.google.protobuf.ByteString;
import com.google.protobuf.Timestamp;
import dev.slipway.oci.Digest;
import dev.slipway.progress.Progress.Event;
import dev.slipway.progress.Progress.LogChunk;
import dev.slipway.progress.Progress.StatusLine;
import dev.slipway.progress.Progress.VertexState;
import dev.slipway.progress.Progress.Warning;
import dev.slipway.protocol.SourceMapCodec;
import dev.slipway.protocol.buildkit.control.StatusResponse;
import dev.slipway.protocol.buildkit.control.Vertex;
import dev.slipway.protocol.buildkit.control.VertexLog;
import dev.slipway.protocol.buildkit.control.VertexStatus;
import dev.slipway.protocol.buildkit.control.VertexWarning;
import dev.slipway.protocol.buildkit.ops.ProgressGroup;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Progress in its wire form. */
final class StatusMessages {
  private StatusMessages() {}

  /** One message with all the events; sub-lines in the order of their times, as clients expect. */
  static StatusResponse of(List<Event> events) {
    StatusResponse.Builder response = StatusResponse.newBuilder();
    List<StatusLine> lines = new ArrayList<>();
    for (Event event : events) {
      switch (event) {
        case VertexState vertex -> response.addVertexes(vertex(vertex));
        case StatusLine line -> lines.add(line);
        case LogChunk chunk -> response.addLogs(log(chunk));
        case Warning warning -> response.addWarnings(warning(warning));
      }
    }
    lines.sort(Comparator.comparing(StatusLine::timestamp));
    lines.forEach(line -> response.addStatuses(status(line)));
    return response.build();
  }

  private static Vertex vertex(VertexState state) {
    Vertex.Builder vertex =
        Vertex.newBuilder()
            .setDigest(state.digest().value())
            .setName(state.name())
            .setCached(state.cached());
    state.inputs().stream().map(Digest::value).forEach(vertex::addInputs);
    state.started().ifPresent(at -> vertex.setStarted(timestamp(at)));
    state.completed().ifPresent(at -> vertex.setCompleted(timestamp(at)));
    state.error().ifPresent(vertex::setError);
    state
        .group()
        .ifPresent(group ->
            vertex.setProgressGroup(
                ProgressGroup.newBuilder()
                    .setId(group.id())
                    .setName(group.name())
                    .setWeak(group.weak())));
    return vertex.build();
  }

  private static VertexStatus status(StatusLine line) {
    VertexStatus.Builder status =
        VertexStatus.newBuilder()
            .setID(line.id())
            .setVertex(line.vertex().value())
            .setName(line.name())
            .setCurrent(line.current())
            .setTotal(line.total())
            .setTimestamp(timestamp(line.timestamp()));
    line.started().ifPresent(at -> status.setStarted(timestamp(at)));
    line.completed().ifPresent(at -> status.setCompleted(timestamp(at)));
    return status.build();
  }

  private static VertexLog log(LogChunk chunk) {
    return VertexLog.newBuilder()
        .setVertex(chunk.vertex().value())
        .setStream(chunk.stream())
        .setTimestamp(timestamp(chunk.timestamp()))
        .setMsg(ByteString.copyFrom(chunk.data()))
        .build();
  }

  private static VertexWarning warning(Warning warning) {
    VertexWarning.Builder message =
        VertexWarning.newBuilder()
            .setVertex(warning.vertex().value())
            .setLevel(warning.level())
            .setShort(ByteString.copyFromUtf8(warning.summary()))
            .setUrl(warning.url());
    warning.detail().forEach(line -> message.addDetail(ByteString.copyFromUtf8(line)));
    warning.file().ifPresent(file -> message.setInfo(SourceMapCodec.encode(file)));
    warning.ranges().forEach(range -> message.addRanges(SourceMapCodec.encode(range)));
    return message.build();
  }

  static Timestamp timestamp(Instant instant) {
    return Timestamp.newBuilder()
        .setSeconds(instant.getEpochSecond())
        .setNanos(instant.getNano())
        .build();
  }
}
