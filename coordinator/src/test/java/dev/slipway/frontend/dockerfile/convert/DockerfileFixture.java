package dev.slipway.frontend.dockerfile.convert;

import dev.slipway.frontend.dockerfile.instruction.BuildFile;
import dev.slipway.frontend.dockerfile.parser.DockerfileParser;
import dev.slipway.frontend.dockerfile.parser.SourceText;
import dev.slipway.graph.Definition;
import dev.slipway.graph.Edge;
import dev.slipway.graph.Op;
import dev.slipway.graph.Vertex;
import dev.slipway.oci.Digest;
import dev.slipway.oci.ImageConfig;
import dev.slipway.oci.Platform;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/**
 * Converts Dockerfiles in tests; every image exists, its configuration is given or nearly empty.
 */
final class DockerfileFixture {
  private final Map<String, String> configs = new HashMap<>();
  private final Map<String, String> buildArguments = new HashMap<>();
  private Optional<String> target = Optional.empty();
  private Optional<Set<String>> noCache = Optional.empty();
  private boolean platformPrefix;
  private Platform platform = Platform.LINUX_AMD64;
  private OptionalLong epoch = OptionalLong.empty();

  DockerfileFixture image(String reference, String config) {
    configs.put(reference, config);
    return this;
  }

  DockerfileFixture buildArgument(String name, String value) {
    buildArguments.put(name, value);
    return this;
  }

  DockerfileFixture target(String name) {
    target = Optional.of(name);
    return this;
  }

  DockerfileFixture noCache(String... stages) {
    noCache = Optional.of(Set.of(stages));
    return this;
  }

  DockerfileFixture epoch(long seconds) {
    epoch = OptionalLong.of(seconds);
    return this;
  }

  DockerfileFixture multiPlatform(Platform newPlatform) {
    platformPrefix = true;
    platform = newPlatform;
    return this;
  }

  Converted convert(String dockerfile) throws Exception {
    BuildFile file =
        BuildFile.of(
            DockerfileParser.parse(
                SourceText.of("Dockerfile", dockerfile.getBytes(StandardCharsets.UTF_8))));
    ConvertOptions options =
        new ConvertOptions(
            Platform.LINUX_AMD64,
            target,
            buildArguments,
            Map.of("added", "label"),
            noCache,
            new ConvertOptions.Exec(List.of(), List.of(), "", Op.Network.SANDBOX),
            platformPrefix,
            "default",
            epoch,
            new ConvertOptions.Context("context", "session", List.of("*.tmp")));
    DockerfileConverter converter = new DockerfileConverter(file, options);
    Map<ImageKey, BaseImage> images = new HashMap<>();
    for (Set<ImageKey> missing = converter.missingImages(platform, images).keySet();
        !missing.isEmpty();
        missing = converter.missingImages(platform, images).keySet()) {
      missing.forEach(key -> images.put(key, image(key)));
    }
    return converter.convert(platform, images);
  }

  private BaseImage image(ImageKey key) {
    String config =
        configs.getOrDefault(
            key.reference(),
            "{\"architecture\":\""
                + key.platform().architecture()
                + "\",\"os\":\"linux\",\"config\":{\"Env\":[\"PATH=/bin\"],\"Cmd\":[\"sh\"]}}");
    return new BaseImage(digest(key.reference()), config.getBytes(StandardCharsets.UTF_8));
  }

  static Digest digest(String reference) {
    return Digest.ofText(reference);
  }

  static ImageConfig config(Converted converted) throws Exception {
    return ImageConfig.parse(converted.config());
  }

  /** The last vertex. */
  static Vertex result(Converted converted) {
    return converted
        .definition()
        .vertex(converted.definition().result().map(Edge::vertex).orElseThrow());
  }

  static List<String> names(Definition definition) {
    return definition.vertices().values().stream().map(Vertex::name).toList();
  }

  static Op.Exec run(Converted converted) {
    return (Op.Exec) result(converted).op();
  }

  static Op.File file(Converted converted) {
    return (Op.File) result(converted).op();
  }
}
