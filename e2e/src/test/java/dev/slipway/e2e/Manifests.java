package dev.slipway.e2e;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.api.model.autoscaling.v2.HorizontalPodAutoscaler;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.MappingIterator;
import tools.jackson.databind.cfg.MapperConfig;
import tools.jackson.databind.introspect.Annotated;
import tools.jackson.databind.introspect.JacksonAnnotationIntrospector;
import tools.jackson.dataformat.yaml.YAMLMapper;

/**
 * What {@code kustomize build} makes of an overlay of deploy/kubernetes.
 *
 * @param overlay its folder's name
 */
record Manifests(String overlay, List<JsonNode> all) {
  private static final Duration PATIENCE = Duration.ofMinutes(1);

  /** What Kubernetes itself knows, by apiVersion and kind. */
  private static final Map<String, Class<?>> MODELS =
      Map.of(
          "v1 Namespace", Namespace.class,
          "v1 ConfigMap", ConfigMap.class,
          "v1 Service", Service.class,
          "apps/v1 StatefulSet", StatefulSet.class,
          "policy/v1 PodDisruptionBudget", PodDisruptionBudget.class,
          "networking.k8s.io/v1 NetworkPolicy", NetworkPolicy.class,
          "autoscaling/v2 HorizontalPodAutoscaler", HorizontalPodAutoscaler.class);

  private static final YAMLMapper YAML = YAMLMapper.builder().build();

  /** The models keep what they do not know in a map; without that it is an error. */
  private static final YAMLMapper STRICT =
      YAMLMapper.builder()
          .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .annotationIntrospector(
              new JacksonAnnotationIntrospector() {
                @Override
                public Boolean hasAnySetter(MapperConfig<?> config, Annotated annotated) {
                  return false;
                }
              })
          .build();

  /** All overlays. */
  static Stream<Manifests> overlays() {
    try (Stream<Path> folders =
        Files.list(Workplace.tree().resolve("deploy/kubernetes/overlays"))) {
      return folders.sorted().map(Manifests::of).toList().stream();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Manifests of(Path folder) {
    String text =
        Command.run(PATIENCE, List.of("kustomize", "build", folder.toString())).orThrow().output();
    return new Manifests(folder.getFileName().toString(), read(text));
  }

  static List<JsonNode> read(String text) {
    try (MappingIterator<JsonNode> documents = YAML.readerFor(JsonNode.class).readValues(text)) {
      return documents.readAll();
    }
  }

  /** Whether Kubernetes itself has that kind; others are of operators. */
  static boolean isKnown(JsonNode manifest) {
    return MODELS.containsKey(type(manifest));
  }

  /** Throws when the manifest has a field that the kind has not, or of another type. */
  static void parseStrictly(JsonNode manifest) {
    STRICT.treeToValue(manifest, MODELS.get(type(manifest)));
  }

  static String type(JsonNode manifest) {
    return manifest.get("apiVersion").asString() + " " + manifest.get("kind").asString();
  }

  static String name(JsonNode manifest) {
    return manifest.at("/metadata/name").asString();
  }

  Stream<JsonNode> of(String kind) {
    return all.stream().filter(manifest -> manifest.get("kind").asString().equals(kind));
  }

  /** Pod templates. */
  Stream<JsonNode> pods() {
    return of("StatefulSet").map(set -> set.at("/spec/template"));
  }

  static Stream<JsonNode> elements(JsonNode array) {
    return StreamSupport.stream(array.spliterator(), false);
  }

  /** Whether a selector's labels are all there. */
  static boolean selects(JsonNode labels, JsonNode pod) {
    return labels.properties().stream()
        .allMatch(label -> label.getValue().equals(pod.at("/metadata/labels").get(label.getKey())));
  }
}
