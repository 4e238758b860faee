package dev.slipway.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.CoordinatorMain;
import dev.slipway.WorkerMain;
import dev.slipway.config.FarmConfig;
import dev.slipway.error.SlipwayException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;
import tools.jackson.databind.JsonNode;

/**
 * The manifests of deploy/kubernetes, as kustomize makes them: what Kubernetes 1.36's model says of
 * their fields, our own rules, and whether names meet. No cluster is asked.
 */
class KubernetesTest {
  /** Kinds of cert-manager, the Prometheus Operator and KEDA, whose fields are not checked. */
  private static final Set<String> OF_OPERATORS =
      Set.of(
          "cert-manager.io/v1 Issuer",
          "cert-manager.io/v1 Certificate",
          "monitoring.coreos.com/v1 ServiceMonitor",
          "keda.sh/v1alpha1 ScaledObject");

  /** Made by hand, as deploy/README.md tells. */
  private static final String JOIN_TOKEN = "slipway-join-token";

  static Stream<Manifests> overlays() {
    return Manifests.overlays();
  }

  @ParameterizedTest
  @MethodSource("overlays")
  void everyFieldIsKnownToKubernetes(Manifests manifests) {
    for (JsonNode manifest : manifests.all()) {
      if (Manifests.isKnown(manifest)) {
        Manifests.parseStrictly(manifest);
      } else {
        assertThat(OF_OPERATORS).contains(Manifests.type(manifest));
      }
    }
  }

  @Test
  void aFieldThatKubernetesDoesNotKnowIsFound() {
    JsonNode service =
        Manifests.read(
                "{apiVersion: v1, kind: Service, metadata: {name: a}, spec: {clusterIp: None}}")
            .getFirst();

    assertThatThrownBy(() -> Manifests.parseStrictly(service)).hasMessageContaining("clusterIp");
  }

  @ParameterizedTest
  @MethodSource("overlays")
  void noPodHasAPrivilegeOrAPathOfItsNode(Manifests manifests) {
    assertThat(manifests.pods()).isNotEmpty();
    manifests
        .pods()
        .forEach(pod -> {
          JsonNode spec = pod.get("spec");
          for (String field : List.of("hostNetwork", "hostPID", "hostIPC")) {
            assertThat(spec.path(field).asBoolean(false)).as(field).isFalse();
          }
          assertThat(spec.get("automountServiceAccountToken").asBoolean()).isFalse();
          assertThat(spec.at("/securityContext/runAsNonRoot").asBoolean()).isTrue();
          assertThat(Manifests.elements(spec.get("volumes")))
              .noneMatch(volume -> volume.has("hostPath"));
          assertThat(spec.has("initContainers")).isFalse();
          Manifests.elements(spec.get("containers")).forEach(one -> container(spec, one));
        });
  }

  private static void container(JsonNode pod, JsonNode container) {
    JsonNode security = container.get("securityContext");
    boolean worker = container.get("name").asString().equals("worker");
    assertThat(security.path("privileged").asBoolean(false)).isFalse();
    assertThat(security.get("readOnlyRootFilesystem").asBoolean()).isTrue();
    assertThat(security.at("/capabilities/drop/0").asString()).isEqualTo("ALL");
    assertThat(security.get("allowPrivilegeEscalation").asBoolean()).isEqualTo(worker);
    if (worker) {
      processes(pod, container);
      assertThat(security.at("/capabilities/add").toString()).isEqualTo("[\"SETUID\",\"SETGID\"]");
    } else {
      assertThat(security.at("/capabilities").has("add")).isFalse();
      assertThat(pod.at("/securityContext/seccompProfile/type").asString())
          .isEqualTo("RuntimeDefault");
    }
    for (String probe : List.of("startupProbe", "livenessProbe", "readinessProbe")) {
      assertThat(container.at("/" + probe + "/httpGet/path").asString())
          .as(probe)
          .isIn("/livez", "/readyz");
    }
    assertThat(container.get("lifecycle").has("preStop")).isTrue();
    assertThat(container.at("/resources/requests").has("cpu")).isTrue();
    assertThat(container.at("/resources/requests").has("memory")).isTrue();
    assertThat(container.at("/resources/limits").has("memory")).isTrue();
    assertThat(container.get("image").asString()).matches(".*/.*:[^:/]+").doesNotEndWith(":latest");
  }

  /**
   * Either the kernel allows steps a /proc of their own, or no two of them are on one worker at the
   * same time.
   */
  private static void processes(JsonNode pod, JsonNode container) {
    List<String> arguments =
        Manifests.elements(container.get("args")).map(JsonNode::asString).toList();
    if (arguments.contains("--no-process-sandbox")) {
      assertThat(arguments).contains("--slots=1").doesNotContain("--slots=auto");
      assertThat(container.at("/securityContext").has("procMount")).isFalse();
    } else {
      assertThat(pod.get("hostUsers").asBoolean()).as("hostUsers").isFalse();
      assertThat(container.at("/securityContext/procMount").asString()).isEqualTo("Unmasked");
    }
  }

  @ParameterizedTest
  @MethodSource("overlays")
  void namesMeet(Manifests manifests) {
    Set<String> configs = names(manifests.of("ConfigMap"));
    Set<String> services = names(manifests.of("Service"));
    Set<String> secrets =
        Stream.concat(
                Stream.of(JOIN_TOKEN),
                manifests.of("Certificate").map(one -> one.at("/spec/secretName").asString()))
            .collect(Collectors.toSet());
    manifests
        .of("StatefulSet")
        .forEach(set -> assertThat(services).contains(set.at("/spec/serviceName").asString()));
    manifests
        .pods()
        .flatMap(pod -> Manifests.elements(pod.at("/spec/volumes")))
        .forEach(volume -> {
          if (volume.has("configMap")) {
            assertThat(configs).contains(volume.at("/configMap/name").asString());
          }
          if (volume.has("secret")) {
            assertThat(secrets).contains(volume.at("/secret/secretName").asString());
          }
        });
    manifests
        .of("Service")
        .forEach(service -> ports(manifests, service, service.at("/spec/selector"), "targetPort"));
    manifests
        .of("PodDisruptionBudget")
        .forEach(one ->
            assertThat(manifests.pods())
                .anyMatch(pod -> Manifests.selects(one.at("/spec/selector/matchLabels"), pod)));
    for (String kind : List.of("HorizontalPodAutoscaler", "ScaledObject")) {
      manifests
          .of(kind)
          .forEach(one ->
              assertThat(names(manifests.of("StatefulSet")))
                  .contains(one.at("/spec/scaleTargetRef/name").asString()));
    }
    manifests
        .of("NetworkPolicy")
        .forEach(policy ->
            Manifests.elements(policy.at("/spec/ingress"))
                .forEach(rule ->
                    ports(manifests, rule, policy.at("/spec/podSelector/matchLabels"), "port")));
  }

  @ParameterizedTest
  @MethodSource("overlays")
  void whoDrainsANodeTakesOnePodOfAKindAtATime(Manifests manifests) {
    assertThat(manifests.pods())
        .allSatisfy(pod ->
            assertThat(manifests.of("PodDisruptionBudget"))
                .anyMatch(one ->
                    Manifests.selects(one.at("/spec/selector/matchLabels"), pod)
                        && one.at("/spec/maxUnavailable").asInt() == 1));
  }

  /** The ports named by a service or a rule are ports of the pods that it selects. */
  private static void ports(Manifests manifests, JsonNode of, JsonNode labels, String field) {
    List<JsonNode> pods = manifests.pods().filter(pod -> Manifests.selects(labels, pod)).toList();
    assertThat(pods).isNotEmpty();
    Set<String> ports =
        pods.stream()
            .flatMap(pod -> Manifests.elements(pod.at("/spec/containers/0/ports")))
            .map(port -> port.get("name").asString())
            .collect(Collectors.toSet());
    JsonNode list = of.has("spec") ? of.at("/spec/ports") : of.get("ports");
    assertThat(Manifests.elements(list).map(port -> port.get(field).asString())).isSubsetOf(ports);
  }

  private static Set<String> names(Stream<JsonNode> manifests) {
    return manifests.map(Manifests::name).collect(Collectors.toSet());
  }

  @ParameterizedTest
  @MethodSource("overlays")
  void theProgramsKnowTheirArgumentsAndTheirConfiguration(Manifests manifests)
      throws IOException, SlipwayException {
    manifests
        .pods()
        .flatMap(pod -> Manifests.elements(pod.at("/spec/containers")))
        .forEach(container -> {
          boolean worker = container.get("name").asString().equals("worker");
          new CommandLine(worker ? new WorkerMain() : new CoordinatorMain())
              .parseArgs(
                  Manifests.elements(container.get("args"))
                      .map(JsonNode::asString)
                      .toArray(String[]::new));
        });
    JsonNode config =
        manifests
            .of("ConfigMap")
            .filter(one -> one.get("data").has("slipway.toml"))
            .findFirst()
            .orElseThrow();
    Path file = Workplace.folder("config").resolve("slipway.toml");
    Files.writeString(file, config.at("/data").get("slipway.toml").asString());
    FarmConfig settings = FarmConfig.read(file);
    long coordinators =
        manifests
            .of("StatefulSet")
            .filter(set -> Manifests.name(set).equals("coordinator"))
            .map(set -> set.at("/spec/replicas").asLong())
            .findFirst()
            .orElseThrow();
    assertThat(settings.cluster().size()).isEqualTo((int) coordinators);
    manifests
        .of("StatefulSet")
        .filter(set -> !Manifests.name(set).equals("coordinator"))
        .forEach(set ->
            assertThat(set.at("/spec/template/spec/terminationGracePeriodSeconds").asLong())
                .as("a worker may finish its stage")
                .isGreaterThan(settings.queue().stageTimeout().toSeconds()));
  }
}
