package dev.slipway.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.slipway.cache.LayerChain;
import dev.slipway.compatibility.Area;
import dev.slipway.compatibility.Feature;
import dev.slipway.context.ContextTree;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.export.ImageExporter.PlatformResult;
import dev.slipway.export.ImageExporter.Request;
import dev.slipway.identity.Principal;
import dev.slipway.identity.Rights;
import dev.slipway.oci.Descriptor;
import dev.slipway.oci.Digest;
import dev.slipway.oci.ImageConfig;
import dev.slipway.oci.ImageIndex;
import dev.slipway.oci.Manifest;
import dev.slipway.oci.OciJson;
import dev.slipway.progress.Progress;
import dev.slipway.protocol.worker.Layer;
import dev.slipway.registry.Authenticator;
import dev.slipway.registry.FakeRegistry;
import dev.slipway.registry.RegistryClient;
import dev.slipway.registry.RegistryHosts;
import dev.slipway.session.Session;
import dev.slipway.session.Sessions;
import dev.slipway.solve.BuildContext;
import dev.slipway.solve.SolvedResult;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FarmImageExporterTest {
  private static final String CONFIG =
      """
      {"os":"linux","architecture":"amd64","config":{"Cmd":["sh"]},"history":[{"created":"2020-01-01T00:00:00Z","created_by":"base"},\
      {"created_by":"ENV A=b","comment":"buildkit.dockerfile.v0","empty_layer":true},{"created_by":"RUN x","comment":"buildkit.dockerfile.v0"}]}\
      """;
  private static final Instant NOW = Instant.parse("2026-01-02T03:04:05.678Z");

  @TempDir Path directory;
  private final Lines lines = new Lines();
  private FakeRegistry registry;
  private PushingFarm farm;
  private RegistryClient client;
  private FarmImageExporter exporter;
  private Instant now = NOW;

  private void start(FakeRegistry.Auth auth, String... workers) throws Exception {
    registry = FakeRegistry.start(auth);
    farm = new PushingFarm(directory, workers);
    client = new RegistryClient(RegistryHosts.DEFAULT);
    Clock clock =
        new Clock() {
          @Override
          public Instant instant() {
            return now;
          }

          @Override
          public ZoneOffset getZone() {
            return ZoneOffset.UTC;
          }

          @Override
          public Clock withZone(java.time.ZoneId zone) {
            return this;
          }
        };
    exporter =
        new FarmImageExporter(
            new ExportParts(
                farm,
                farm,
                client,
                new OneSession(),
                (chain, _, _) ->
                    chain.layers().stream()
                        .map(id -> Layer.newBuilder().setId(id).build())
                        .toList(),
                clock,
                directory.resolve("scratch"),
                Optional.empty()));
    farm.imageLayer("chain:base", registry.host() + "/base");
    registry.putBlob("base", PushingFarm.content("chain:base"));
    farm.holds("snap:run", workers[0]);
  }

  @AfterEach
  void close() {
    if (exporter != null) {
      exporter.close();
      client.close();
      farm.close();
      registry.close();
    }
  }

  private Map<String, String> export(Map<String, String> attributes, PlatformResult... results)
      throws Exception {
    Map<String, byte[]> metadata =
        Map.of(
            "containerimage.config",
            CONFIG.getBytes(StandardCharsets.UTF_8),
            "refs.platforms",
            PLATFORMS.getBytes(StandardCharsets.UTF_8));
    return exporter.export(
        new Request(0, "image", attributes, List.of(results), metadata),
        new BuildContext("build", "session", Rights.of("tenant"), lines));
  }

  private static final String PLATFORMS =
      """
      {"Platforms":[{"ID":"linux/amd64","Platform":{"os":"linux","architecture":"amd64"}},
                    {"ID":"linux/arm64","Platform":{"os":"linux","architecture":"arm64"}}]}\
      """;

  private Map<String, String> push(String name, String... more) {
    Map<String, String> attributes =
        new HashMap<>(Map.of("name", registry.host() + "/" + name, "push", "true"));
    for (int i = 0; i < more.length; i += 2) {
      attributes.put(more[i], more[i + 1]);
    }
    return attributes;
  }

  private static PlatformResult result(String platformId, String... layers) {
    return new PlatformResult(
        platformId,
        Optional.of(
            new SolvedResult(new LayerChain(List.of(layers)), Optional.<ContextTree>empty())));
  }

  @Test
  @Feature(value = "type=image,push=true", area = Area.EXPORTER)
  void pushesLayersConfigAndManifest() throws Exception {
    start(FakeRegistry.Auth.TOKEN, "worker-1");

    Map<String, String> response = export(push("app:1"), result("", "chain:base", "snap:run"));

    Manifest manifest = OciJson.manifest(registry.manifest("app", "1").orElseThrow());
    assertThat(manifest.layers())
        .extracting(Descriptor::digest)
        .containsExactly(blob("chain:base"), blob("snap:run"));
    assertThat(manifest.layers())
        .allMatch(layer -> registry.blob("app", layer.digest()).isPresent());
    ImageConfig config =
        ImageConfig.parse(registry.blob("app", manifest.config().digest()).orElseThrow());
    assertThat(config.diffIds())
        .containsExactly(PushingFarm.diffId("chain:base"), PushingFarm.diffId("snap:run"));
    assertThat(config.history())
        .extracting(ImageConfig.History::created)
        .containsExactly("2020-01-01T00:00:00Z", NOW.toString(), NOW.toString());
    assertThat(config.json().path("created").asText()).isEqualTo(NOW.toString());
    assertThat(response)
        .containsEntry(
            "containerimage.digest", Digest.of(registry.manifest("app", "1").orElseThrow()).value())
        .containsEntry("containerimage.config.digest", manifest.config().digest().value())
        .containsEntry("image.name", registry.host() + "/app:1");
    JsonNode descriptor =
        OciJson.tree(Base64.getDecoder().decode(response.get("containerimage.descriptor")));
    assertThat(descriptor.path("platform").path("architecture").asText()).isEqualTo("amd64");
  }

  @Test
  void mountsTheBaseImageAndAsksTheWorkerForTheRest() throws Exception {
    start(FakeRegistry.Auth.NONE, "worker-1");

    export(push("app:1"), result("", "chain:base", "snap:run"));

    assertThat(farm.pushes).containsExactly("worker-1 snap:run");
    assertThat(registry.requests())
        .anyMatch(request -> request.contains("mount=" + blob("chain:base") + "&from=base"));
  }

  @Test
  void asksNoWorkerWhenEverythingIsThereAndKeepsTheDigest() throws Exception {
    start(FakeRegistry.Auth.NONE, "worker-1");
    String first =
        export(push("app:1"), result("", "chain:base", "snap:run")).get("containerimage.digest");
    now = NOW.plus(Duration.ofDays(1));

    String second =
        export(push("app:2"), result("", "chain:base", "snap:run")).get("containerimage.digest");

    assertThat(second).isEqualTo(first);
    assertThat(farm.pushes).hasSize(1);
  }

  @Test
  @Feature(value = "type=image of several platforms", area = Area.EXPORTER)
  void pushesAnIndexOfSeveralPlatforms() throws Exception {
    start(FakeRegistry.Auth.NONE, "worker-1", "worker-2");
    farm.holds("snap:arm", "worker-2");

    Map<String, String> response =
        export(
            push("app:1,%s/app:latest".formatted(registry.host())),
            result("linux/amd64", "snap:run"),
            result("linux/arm64", "snap:arm"));

    ImageIndex index = OciJson.index(registry.manifest("app", "1").orElseThrow());
    assertThat(index.manifests())
        .extracting(entry -> entry.platform().orElseThrow().id())
        .containsExactly("linux/amd64", "linux/arm64");
    assertThat(index.manifests())
        .allMatch(entry -> registry.manifest("app", entry.digest().value()).isPresent());
    assertThat(registry.manifest("app", "latest").orElseThrow())
        .isEqualTo(registry.manifest("app", "1").orElseThrow());
    assertThat(farm.pushes).containsExactlyInAnyOrder("worker-1 snap:run", "worker-2 snap:arm");
    assertThat(response).doesNotContainKey("containerimage.config.digest");
    assertThat(lines.statuses)
        .contains("exporting manifest list " + response.get("containerimage.digest"));
  }

  @Test
  void listsPlatformsInTheOrderOfTheFrontendWhateverTheClientHandsBack() throws Exception {
    start(FakeRegistry.Auth.NONE, "worker-1");
    String asNamed =
        export(push("app:1"), result("linux/amd64", "snap:run"), result("linux/arm64", "snap:run"))
            .get("containerimage.digest");

    String handedBack =
        export(push("app:2"), result("linux/arm64", "snap:run"), result("linux/amd64", "snap:run"))
            .get("containerimage.digest");

    assertThat(handedBack).isEqualTo(asNamed);
  }

  @Test
  void passesBlobsOnToARegistryThatWantsBasicCredentials() throws Exception {
    start(FakeRegistry.Auth.BASIC, "worker-1");

    export(push("app:1"), result("", "snap:run"));

    assertThat(registry.blob("app", blob("snap:run"))).isPresent();
    assertThat(directory.resolve("scratch")).isEmptyDirectory();
  }

  @Test
  void asksAnotherWorkerWhenOneLeaves() throws Exception {
    start(FakeRegistry.Auth.NONE, "worker-1", "worker-2");
    farm.holds("snap:run", "worker-1", "worker-2");
    farm.leaving.add("worker-1");

    export(push("app:1"), result("", "snap:run"));

    assertThat(farm.pushes).containsExactly("worker-2 snap:run");
  }

  @Test
  @Feature(value = "type=image without push", area = Area.EXPORTER)
  void assemblesWithoutPushing() throws Exception {
    start(FakeRegistry.Auth.NONE, "worker-1");

    Map<String, String> response = export(Map.of(), result("", "chain:base", "snap:run"));

    assertThat(response).containsKeys("containerimage.digest", "containerimage.config.digest");
    assertThat(registry.requests()).isEmpty();
  }

  @Test
  void clampsTimesToTheEpoch() throws Exception {
    start(FakeRegistry.Auth.NONE, "worker-1");

    export(push("app:1", "source-date-epoch", "1600000000"), result("", "chain:base", "snap:run"));

    Manifest manifest = OciJson.manifest(registry.manifest("app", "1").orElseThrow());
    ImageConfig config =
        ImageConfig.parse(registry.blob("app", manifest.config().digest()).orElseThrow());
    assertThat(config.json().path("created").asText()).isEqualTo("2020-09-13T12:26:40Z");
    assertThat(config.history().getLast().created()).isEqualTo("2020-09-13T12:26:40Z");
  }

  @Test
  void showsItsProgressAsBuildKitDoes() throws Exception {
    start(FakeRegistry.Auth.NONE, "worker-1");

    String digest = export(push("app:1"), result("", "snap:run")).get("containerimage.digest");

    assertThat(lines.statuses)
        .contains(
            "exporting layers",
            "pushing layers",
            "exporting manifest " + digest,
            "pushing manifest for " + registry.host() + "/app:1@" + digest);
    assertThat(lines.open).isEmpty();
    assertThat(lines.vertices.getLast().name()).isEqualTo("exporting to image");
    assertThat(lines.vertices.getLast().completed()).isPresent();
  }

  @Test
  void saysWhatItFailedToPush() throws Exception {
    start(FakeRegistry.Auth.NONE, "worker-1");
    farm.holds("snap:lost");

    assertThatThrownBy(() -> export(push("app:1"), result("", "snap:lost")))
        .isInstanceOfSatisfying(
            SlipwayException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.UNAVAILABLE))
        .hasMessage(
            "failed to push "
                + registry.host()
                + "/app:1: no worker holds layer snap:lost any more: build again");
    assertThat(lines.vertices.getLast().error()).isPresent();
  }

  @Test
  void refusesWhatItCannotDoYet() throws Exception {
    start(FakeRegistry.Auth.NONE, "worker-1");

    assertThatThrownBy(() -> export(push("app:1", "compression", "zstd"), result("", "snap:run")))
        .hasMessageContaining("not supported yet");
    assertThatThrownBy(
            () -> export(push("app:1", "push-by-digest", "true"), result("", "snap:run")))
        .hasMessageContaining("can't push tagged ref");
  }

  private static Digest blob(String layer) {
    return Digest.of(PushingFarm.content(layer));
  }

  private static final class OneSession implements Sessions {
    @Override
    public Session await(Principal owner, String id, Duration patience) {
      Authenticator farmer =
          new Authenticator() {
            @Override
            public Optional<Credentials> credentials(String host) {
              return Optional.of(new Credentials(FakeRegistry.USER, FakeRegistry.PASSWORD));
            }

            @Override
            public Optional<Token> fetchToken(TokenRequest request) {
              return Optional.empty();
            }
          };
      return (Session)
          Proxy.newProxyInstance(
              Session.class.getClassLoader(),
              new Class<?>[] {Session.class},
              (_, method, _) -> {
                if (method.getName().equals("authenticator")) {
                  return farmer;
                }
                throw new UnsupportedOperationException(method.getName());
              });
    }
  }

  private static final class Lines implements Progress {
    private final List<String> statuses = new CopyOnWriteArrayList<>();
    private final List<String> open = new CopyOnWriteArrayList<>();
    private final List<VertexState> vertices = new CopyOnWriteArrayList<>();

    @Override
    public void vertex(VertexState vertex) {
      vertices.add(vertex);
    }

    @Override
    public void status(StatusLine status) {
      statuses.add(status.id());
      open.remove(status.id());
      if (status.completed().isEmpty()) {
        open.add(status.id());
      }
    }

    @Override
    public void log(LogChunk chunk) {}

    @Override
    public void warning(Warning warning) {}
  }
}
