package dev.slipway.control;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.export.Exporters;
import dev.slipway.frontend.gateway.GatewayBuild.Question;
import dev.slipway.graph.Definition;
import dev.slipway.identity.Rights;
import dev.slipway.policy.SourcePolicy;
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
 * @param policies rules for all sources of the build
 * @param policySession session of the program that decides about sources; empty = none
 * @param sessionExporter whether the client says at the end what else to export
 * @param compatibility version of BuildKit's behaviour: 10, 20 or 30
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
    List<SourcePolicy> policies,
    String policySession,
    List<Exporters.Request> exports,
    boolean sessionExporter,
    int compatibility,
    List<String> cacheImports,
    String name) {
  private static final Set<Long> COMPATIBILITY_VERSIONS = Set.of(0L, 10L, 20L, 30L);

  /** What a client gets that asks for none. */
  private static final int NEWEST = 30;

  private static final String EPOCH = "build-arg:SOURCE_DATE_EPOCH";

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
    Rights asked = options.standing().isEmpty() ? own : own.as(options.standing().get().tenant());
    Rights rights = asked.granting(request.getEntitlementsList());
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
        new Rights(own.principal(), own.tenant(), own.tenants(), rights.granted()),
        request.getInternal(),
        gatewayMode,
        new Question(definition, request.getFrontend(), attributes, inputs, false),
        inputs,
        options.standing(),
        request.hasSourcePolicy() ? List.of(SourcePolicy.of(request.getSourcePolicy())) : List.of(),
        request.getSourcePolicySession(),
        exports(request),
        request.getEnableSessionExporter(),
        compatibility(request),
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

  private static List<Exporters.Request> exports(SolveRequest request) {
    List<Exporters.Request> exports = new ArrayList<>();
    for (Exporter exporter : request.getExportersList()) {
      exports.add(export(exports.size(), exporter.getType(), exporter.getAttrsMap(), request));
    }
    if (exports.isEmpty() && !request.getExporterDeprecated().isEmpty()) {
      exports.add(
          export(
              0,
              request.getExporterDeprecated(),
              request.getExporterAttrsDeprecatedMap(),
              request));
    }
    return exports;
  }

  private static Exporters.Request export(
      int id, String type, Map<String, String> given, SolveRequest request) {
    Map<String, String> attributes = new HashMap<>(given);
    String epoch = request.getFrontendAttrsMap().get(EPOCH);
    if (epoch != null && epoch.matches("-?[0-9]+|")) {
      attributes.putIfAbsent("source-date-epoch", epoch);
    }
    return new Exporters.Request(id, type, attributes, compatibility(request));
  }

  private static int compatibility(SolveRequest request) {
    return request.getCompatibilityVersion() == 0
        ? NEWEST
        : (int) request.getCompatibilityVersion();
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
