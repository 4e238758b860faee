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
  private Optional<Platform> platform = Optional.of(Platform.LINUX_AMD64);
  private final Map<String, NamedContext> contexts = new HashMap<>();
  private ConvertOptions.Exec exec =
      new ConvertOptions.Exec(
          List.of(), List.of(), "", Op.Network.SANDBOX, 0, "", Optional.empty());
  private MainContext main = new MainContext.Local("context", "session", List.of("*.tmp"));

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

  /** A named context, by the name of its option. */
  DockerfileFixture context(String option, NamedContext context) {
    contexts.put(option, context);
    return this;
  }

  DockerfileFixture main(MainContext context) {
    main = context;
    return this;
  }

  DockerfileFixture exec(ConvertOptions.Exec options) {
    exec = options;
    return this;
  }

  /** Nobody says which platform. */
  DockerfileFixture implicitPlatform() {
    platform = Optional.empty();
    return this;
  }

  DockerfileFixture multiPlatform(Platform newPlatform) {
    platformPrefix = true;
    platform = Optional.of(newPlatform);
    return this;
  }

  Converted convert(String dockerfile) throws Exception {
    BuildFile file =
        BuildFile.of(
            DockerfileParser.parse(
                SourceText.of("Dockerfile", dockerfile.getBytes(StandardCharsets.UTF_8))));
    ConvertOptions options =
        new ConvertOptions(
            List.of(Platform.LINUX_AMD64, Platform.LINUX_ARM64),
            target,
            buildArguments,
            Map.of("added", "label"),
            noCache,
            exec,
            platformPrefix,
            "default",
            new NamedContexts(contexts.keySet()),
            main);
    DockerfileConverter converter = new DockerfileConverter(file, options);
    OptionalLong epoch =
        converter.epoch(platform) instanceof EpochSource.Seconds(long seconds)
            ? OptionalLong.of(seconds)
            : OptionalLong.empty();
    Resolved resolved = Resolved.NOTHING;
    for (Missing missing = converter.missing(platform, resolved);
        !missing.isEmpty();
        missing = converter.missing(platform, resolved)) {
      Map<ImageKey, BaseImage> images = new HashMap<>();
      missing.images().keySet().forEach(key -> images.put(key, image(key)));
      Map<ContextKey, NamedContext> named = new HashMap<>();
      missing.contexts().keySet().forEach(key -> named.put(key, contexts.get(key.option())));
      resolved = resolved.and(new Resolved(images, named));
    }
    return converter.convert(platform, resolved, epoch);
  }

  private BaseImage image(ImageKey key) {
    String config =
        configs.getOrDefault(
            key.reference(),
            "{\"architecture\":\""
                + key.platform().architecture()
                + "\",\"os\":\"linux\",\"rootfs\":{\"diff_ids\":[\"sha256:1\"]},\"config\":{\"Env\":[\"PATH=/bin\"],\"Cmd\":[\"sh\"]}}");
    return new BaseImage(
        key.reference(), digest(key.reference()), config.getBytes(StandardCharsets.UTF_8));
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
