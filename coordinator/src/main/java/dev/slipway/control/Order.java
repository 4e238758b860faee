package dev.slipway.control;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.frontend.gateway.GatewayBuild.Question;
import dev.slipway.graph.Definition;
import dev.slipway.identity.Rights;
import dev.slipway.protocol.LlbCodec;
import dev.slipway.protocol.buildkit.control.CacheOptions;
import dev.slipway.protocol.buildkit.control.CacheOptionsEntry;
import dev.slipway.protocol.buildkit.control.Exporter;
import dev.slipway.protocol.buildkit.control.SolveRequest;
import dev.slipway.schedule.Standing;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A Solve request, checked and without its deprecated fields.
 *
 * @param rights of its client
 * @param gatewayMode whether the client runs the frontend and returns the result by itself
 * @param question what to solve otherwise
 * @param inputs graphs that the client's frontend may ask for
 * @param standing what it brings to the queue, as far as the request says
 * @param cacheImports what to import, as shown to the user
 */
record Order(
    String ref,
    String sessionId,
    Rights rights,
    boolean internal,
    boolean gatewayMode,
    Question question,
    Map<String, Definition> inputs,
    Optional<Standing> standing,
    List<Export> exports,
    List<String> cacheImports,
    String name) {
  private static final Set<String> KNOWN_EXPORTERS =
      Set.of("image", "local", "tar", "oci", "docker");
  private static final Set<Long> COMPATIBILITY_VERSIONS = Set.of(0L, 10L, 20L, 30L);
  private static final String EPOCH = "build-arg:SOURCE_DATE_EPOCH";

  /** One exporter with its attributes. */
  record Export(String type, Map<String, String> attributes) {}

  /**
   * @param own what its client may do
   */
  static Order of(SolveRequest request, Rights own) throws SlipwayException {
    if (request.getRef().isEmpty()) {
      throw invalid("the request has no build ref");
    }
    if (!COMPATIBILITY_VERSIONS.contains(request.getCompatibilityVersion())) {
      throw invalid(
          "unsupported compatibility-version "
              + request.getCompatibilityVersion()
              + ": known are 10, 20 and 30");
    }
    QueueOptions options = QueueOptions.of(request.getFrontendAttrsMap(), own.tenant());
    Rights rights = options.standing().isEmpty() ? own : own.as(options.standing().get().tenant());
    rights.checkEntitlements(request.getEntitlementsList());
    if (request.hasSourcePolicy() || !request.getSourcePolicySession().isEmpty()) {
      throw unsupported("a source policy");
    }
    if (request.getEnableSessionExporter()) {
      throw unsupported("an exporter in the session");
    }
    checkCacheExports(request.getCache());
    boolean gatewayMode = !request.hasDefinition() && request.getFrontend().isEmpty();
    Map<String, String> attributes = options.others();
    Map<String, Definition> inputs = decode(request.getFrontendInputsMap());
    Optional<Definition> definition =
        request.hasDefinition()
            ? Optional.of(LlbCodec.decode(request.getDefinition()))
            : Optional.empty();
    return new Order(
        request.getRef(),
        request.getSession(),
        own,
        request.getInternal(),
        gatewayMode,
        new Question(definition, request.getFrontend(), attributes, inputs, false),
        inputs,
        options.standing(),
        exports(request),
        cacheImports(request),
        name(attributes));
  }

  static Map<String, Definition> decode(
      Map<String, dev.slipway.protocol.buildkit.ops.Definition> wire) throws SlipwayException {
    Map<String, Definition> definitions = new HashMap<>();
    for (Map.Entry<String, dev.slipway.protocol.buildkit.ops.Definition> entry : wire.entrySet()) {
      definitions.put(entry.getKey(), LlbCodec.decode(entry.getValue()));
    }
    return definitions;
  }

  private static List<Export> exports(SolveRequest request) throws SlipwayException {
    List<Export> exports = new ArrayList<>();
    for (Exporter exporter : request.getExportersList()) {
      exports.add(export(exporter.getType(), exporter.getAttrsMap(), request));
    }
    if (exports.isEmpty() && !request.getExporterDeprecated().isEmpty()) {
      exports.add(
          export(
              request.getExporterDeprecated(), request.getExporterAttrsDeprecatedMap(), request));
    }
    return exports;
  }

  private static Export export(String type, Map<String, String> given, SolveRequest request)
      throws SlipwayException {
    if (!KNOWN_EXPORTERS.contains(type)) {
      throw new SlipwayException(
          ErrorKind.NOT_FOUND, "exporter \"" + type + "\" could not be found");
    }
    if (!type.equals("image")) {
      throw unsupported("exporter \"" + type + "\"");
    }
    Map<String, String> attributes = new HashMap<>(given);
    String epoch = request.getFrontendAttrsMap().get(EPOCH);
    if (epoch != null && epoch.matches("[0-9]*")) {
      attributes.putIfAbsent("source-date-epoch", epoch);
    }
    return new Export(type, attributes);
  }

  private static void checkCacheExports(CacheOptions cache) throws SlipwayException {
    if (!cache.getExportRefDeprecated().isEmpty()) {
      throw unsupported("cache exporter \"registry\"");
    }
    for (CacheOptionsEntry entry : cache.getExportsList()) {
      throw unsupported("cache exporter \"" + entry.getType() + "\"");
    }
  }

  /** Imports are a help, not a need: BuildKit goes on without one that fails, so do we. */
  private static List<String> cacheImports(SolveRequest request) {
    List<String> imports = new ArrayList<>(request.getCache().getImportRefsDeprecatedList());
    for (CacheOptionsEntry entry : request.getCache().getImportsList()) {
      imports.add(entry.getAttrsOrDefault("ref", entry.getType()));
    }
    return imports;
  }

  private static String name(Map<String, String> attributes) {
    String file = attributes.getOrDefault("filename", "");
    String target = attributes.getOrDefault("target", "");
    return target.isEmpty() ? file : file.isEmpty() ? target : file + " (" + target + ")";
  }

  /** What people know it by: the images that it makes, and the file and target it makes them of. */
  String title() {
    String images =
        exports.stream()
            .map(export -> export.attributes().getOrDefault("name", ""))
            .filter(image -> !image.isEmpty())
            .collect(java.util.stream.Collectors.joining(", "));
    if (images.isEmpty()) {
      return name.isEmpty() ? "without a name" : name;
    }
    return name.isEmpty() ? images : images + " (" + name + ")";
  }

  private static SlipwayException invalid(String message) {
    return new SlipwayException(ErrorKind.INVALID, message);
  }

  private static SlipwayException unsupported(String what) {
    return new SlipwayException(ErrorKind.UNSUPPORTED, what + " is not supported yet");
  }
}
