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
    ContextFiles files = ContextFiles.read(options, bridge);
    Optional<Syntax> syntax =
        Syntax.of(request.options(), files.dockerfile().file().data())
            .filter(asked -> !bridge.isBuiltIn(asked.image()));
    if (syntax.isPresent()) {
      return ForwardedBuild.of(syntax.get(), files.dockerfile(), request, bridge);
    }
    DockerfileBuild build = new DockerfileBuild(options, files, bridge);
    if (options.question().isPresent()) {
      return new Subrequests(build).answer(options.question().get());
    }
    Map<Platform, Converted> converted = build.convert(options.platforms());
    return options.multiPlatform()
        ? several(converted, options)
        : single(converted.values().iterator().next(), options);
  }

  private static FrontendResult single(Converted converted, FrontendOptions options) {
    Map<String, byte[]> metadata = new LinkedHashMap<>();
    putMetadata(metadata, "", converted, options);
    metadata.put(
        "refs.platforms", platforms(Map.of(converted.platform().id(), converted.platform())));
    return new FrontendResult(Optional.of(converted.definition()), Map.of(), metadata);
  }

  private static FrontendResult several(
      Map<Platform, Converted> converted, FrontendOptions options) {
    Map<String, Definition> definitions = new LinkedHashMap<>();
    Map<String, byte[]> metadata = new LinkedHashMap<>();
    Map<String, Platform> ids = new LinkedHashMap<>();
    converted.forEach((platform, result) -> {
      definitions.put(platform.id(), result.definition());
      putMetadata(metadata, "/" + platform.id(), result, options);
      ids.put(platform.id(), platform);
    });
    metadata.put("refs.platforms", platforms(ids));
    return new FrontendResult(Optional.empty(), definitions, metadata);
  }

  private static void putMetadata(
      Map<String, byte[]> metadata, String suffix, Converted converted, FrontendOptions options) {
    metadata.put("containerimage.config" + suffix, converted.config());
    converted
        .baseConfig()
        .ifPresent(config -> metadata.put("containerimage.base.config" + suffix, config));
    options
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
