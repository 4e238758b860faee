package dev.slipway.protocol;

import static dev.slipway.protocol.LlbCodec.index;
import static dev.slipway.protocol.LlbCodec.invalid;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.slipway.error.SlipwayException;
import dev.slipway.graph.SourceMap;
import dev.slipway.oci.Digest;
import dev.slipway.protocol.buildkit.ops.Definition;
import dev.slipway.protocol.buildkit.ops.Location;
import dev.slipway.protocol.buildkit.ops.Locations;
import dev.slipway.protocol.buildkit.ops.Position;
import dev.slipway.protocol.buildkit.ops.Range;
import dev.slipway.protocol.buildkit.ops.Source;
import dev.slipway.protocol.buildkit.ops.SourceInfo;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Source locations of a definition, and their files. */
public final class SourceMapCodec {
  private SourceMapCodec() {}

  static SourceMap decode(Source wire) throws SlipwayException {
    List<SourceMap.SourceFile> files =
        wire.getInfosList().stream().map(SourceMapCodec::decode).toList();
    Map<Digest, List<SourceMap.Location>> locations = new HashMap<>();
    for (Map.Entry<String, Locations> entry : wire.getLocationsMap().entrySet()) {
      if (!Digest.isDigest(entry.getKey())) {
        throw invalid("invalid digest \"" + entry.getKey() + "\" of a source location");
      }
      List<SourceMap.Location> list = new ArrayList<>();
      for (Location location : entry.getValue().getLocationsList()) {
        int file = index(location.getSourceIndex(), 0, files.size(), "source");
        list.add(
            new SourceMap.Location(
                file, location.getRangesList().stream().map(SourceMapCodec::decode).toList()));
      }
      locations.put(new Digest(entry.getKey()), List.copyOf(list));
    }
    return new SourceMap(files, locations);
  }

  static Source encode(SourceMap sources) {
    Source.Builder wire = Source.newBuilder();
    sources.files().forEach(file -> wire.addInfos(encode(file)));
    sources
        .locations()
        .forEach((digest, list) -> {
          Locations.Builder locations = Locations.newBuilder();
          for (SourceMap.Location location : list) {
            Location.Builder builder = Location.newBuilder().setSourceIndex(location.file());
            location.ranges().forEach(range -> builder.addRanges(encode(range)));
            locations.addLocations(builder);
          }
          wire.putLocations(digest.value(), locations.build());
        });
    return wire.build();
  }

  /** Reads a file. */
  public static SourceMap.SourceFile decode(SourceInfo info) {
    return new SourceMap.SourceFile(
        info.getFilename(),
        info.getData().toByteArray(),
        info.getLanguage(),
        info.getDefinition().toByteArray());
  }

  /** Writes a file as an error or a warning shows it. */
  public static SourceInfo encode(SourceMap.SourceFile file) {
    SourceInfo.Builder info =
        SourceInfo.newBuilder()
            .setFilename(file.filename())
            .setData(ByteString.copyFrom(file.data()))
            .setLanguage(file.language());
    if (file.definition().length > 0) {
      try {
        info.setDefinition(Definition.parseFrom(file.definition()));
      } catch (InvalidProtocolBufferException e) {
        throw new IllegalStateException("a definition that was decoded before is none", e);
      }
    }
    return info.build();
  }

  /** Writes a range. */
  public static Range encode(SourceMap.Range range) {
    return Range.newBuilder()
        .setStart(
            Position.newBuilder().setLine(range.startLine()).setCharacter(range.startCharacter()))
        .setEnd(Position.newBuilder().setLine(range.endLine()).setCharacter(range.endCharacter()))
        .build();
  }

  private static SourceMap.Range decode(Range wire) {
    return new SourceMap.Range(
        wire.getStart().getLine(),
        wire.getStart().getCharacter(),
        wire.getEnd().getLine(),
        wire.getEnd().getCharacter());
  }
}
