package dev.slipway.frontend.dockerfile;

import dev.slipway.error.SlipwayException;
import dev.slipway.frontend.Frontend;
import dev.slipway.frontend.FrontendBridge;
import dev.slipway.frontend.FrontendRequest;
import dev.slipway.frontend.FrontendResult;
import dev.slipway.frontend.dockerfile.convert.Converted;
import dev.slipway.graph.Definition;
import dev.slipway.oci.OciJson;
import dev.slipway.oci.Platform;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** {@code dockerfile.v0}. @ThreadSafe */
public final class DockerfileFrontend implements Frontend {
  @Override
  public FrontendResult solve(FrontendRequest request, FrontendBridge bridge)
      throws SlipwayException, IOException, InterruptedException {
    FrontendOptions options = FrontendOptions.parse(request);
    BuildInputs inputs = BuildInputs.read(options, bridge);
    Optional<Syntax> syntax =
        Syntax.of(request.options(), inputs.dockerfile().file().data())
            .filter(asked -> !bridge.isBuiltIn(asked.image()));
    if (syntax.isPresent()) {
      return ForwardedBuild.of(syntax.get(), inputs.dockerfile(), request, bridge);
    }
    DockerfileBuild build = new DockerfileBuild(options, inputs, bridge);
    if (options.question().isPresent()) {
      return new Subrequests(build).answer(options.question().get());
    }
    List<Converted> converted = build.convert(options.platforms());
    return options.multiPlatform() ? several(converted) : single(converted.getFirst());
  }

  private static FrontendResult single(Converted converted) {
    Map<String, byte[]> metadata = new LinkedHashMap<>();
    putMetadata(metadata, "", converted);
    metadata.put(
        "refs.platforms", platforms(Map.of(converted.platform().id(), converted.platform())));
    return new FrontendResult(Optional.of(converted.definition()), Map.of(), metadata);
  }

  private static FrontendResult several(List<Converted> converted) {
    Map<String, Definition> definitions = new LinkedHashMap<>();
    Map<String, byte[]> metadata = new LinkedHashMap<>();
    Map<String, Platform> ids = new LinkedHashMap<>();
    for (Converted result : converted) {
      String id = result.platform().id();
      definitions.put(id, result.definition());
      putMetadata(metadata, "/" + id, result);
      ids.put(id, result.platform());
    }
    metadata.put("refs.platforms", platforms(ids));
    return new FrontendResult(Optional.empty(), definitions, metadata);
  }

  private static void putMetadata(
      Map<String, byte[]> metadata, String suffix, Converted converted) {
    metadata.put("containerimage.config" + suffix, converted.config());
    converted
        .baseConfig()
        .ifPresent(config -> metadata.put("containerimage.base.config" + suffix, config));
    converted
        .epoch()
        .ifPresent(seconds ->
            metadata.put(
                "source.date.epoch" + suffix,
                Long.toString(seconds).getBytes(StandardCharsets.UTF_8)));
  }

  private static byte[] platforms(Map<String, Platform> ids) {
    List<Map<String, Object>> list =
        ids.entrySet().stream()
            .map(entry -> {
              Map<String, Object> item = new LinkedHashMap<>();
              item.put("ID", entry.getKey());
              item.put("Platform", entry.getValue());
              return item;
            })
            .toList();
    return OciJson.compact(Map.of("Platforms", list));
  }
}
