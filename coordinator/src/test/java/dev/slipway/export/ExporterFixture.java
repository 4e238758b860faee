package dev.slipway.export;

import dev.slipway.cache.LayerChain;
import dev.slipway.context.ContextTree;
import dev.slipway.identity.Principal;
import dev.slipway.identity.Rights;
import dev.slipway.oci.Digest;
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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;

/** A farm of recording workers, a registry and a client that exports go to. */
abstract class ExporterFixture {
  static final String CONFIG =
      """
      {"os":"linux","architecture":"amd64","config":{"Cmd":["sh"]},"history":[{"created":"2020-01-01T00:00:00Z","created_by":"base"},\
      {"created_by":"ENV A=b","comment":"buildkit.dockerfile.v0","empty_layer":true},{"created_by":"RUN x","comment":"buildkit.dockerfile.v0"}]}\
      """;
  static final Instant NOW = Instant.parse("2026-01-02T03:04:05.678Z");

  @TempDir Path directory;
  final Lines lines = new Lines();
  FakeRegistry registry;
  PushingFarm farm;
  RegistryClient registries;
  final ReceivingClient client = new ReceivingClient();
  FarmExporters exporters;
  Instant now = NOW;

  void start(FakeRegistry.Auth auth, String... workers) throws Exception {
    registry = FakeRegistry.start(auth);
    farm = new PushingFarm(directory, workers);
    registries = new RegistryClient(RegistryHosts.DEFAULT);
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
    exporters =
        new FarmExporters(
            new ExportParts(
                farm,
                farm,
                registries,
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
    if (exporters != null) {
      exporters.close();
      registries.close();
      farm.close();
      registry.close();
    }
  }

  Map<String, String> export(Map<String, String> attributes, PlatformResult... results)
      throws Exception {
    return export("image", attributes, Map.of(), results);
  }

  Map<String, String> export(
      String type,
      Map<String, String> attributes,
      Map<String, String> more,
      PlatformResult... results)
      throws Exception {
    Map<String, byte[]> metadata =
        new HashMap<>(Map.of("containerimage.config", CONFIG.getBytes(StandardCharsets.UTF_8)));
    if (results.length > 1) {
      metadata.put("refs.platforms", PLATFORMS.getBytes(StandardCharsets.UTF_8));
    }
    more.forEach((key, value) -> metadata.put(key, value.getBytes(StandardCharsets.UTF_8)));
    PreparedExport export = exporters.prepare(new Exporters.Request(0, type, attributes, 30));
    return exporters.run(
        export,
        new ExportSource(List.of(results), metadata),
        new BuildContext("build", "session", Rights.of("tenant"), lines));
  }

  static final String PLATFORMS =
      """
      {"Platforms":[{"ID":"linux/amd64","Platform":{"os":"linux","architecture":"amd64"}},
                    {"ID":"linux/arm64","Platform":{"os":"linux","architecture":"arm64"}}]}\
      """;

  Map<String, String> push(String name, String... more) {
    Map<String, String> attributes =
        new HashMap<>(Map.of("name", registry.host() + "/" + name, "push", "true"));
    for (int i = 0; i < more.length; i += 2) {
      attributes.put(more[i], more[i + 1]);
    }
    return attributes;
  }

  static PlatformResult result(String platformId, String... layers) {
    return new PlatformResult(
        platformId,
        Optional.of(
            new SolvedResult(new LayerChain(List.of(layers)), Optional.<ContextTree>empty())));
  }

  static Digest blob(String layer) {
    return Digest.of(PushingFarm.content(layer));
  }

  private final class OneSession implements Sessions {
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
                return switch (method.getName()) {
                  case "authenticator" -> farmer;
                  case "targets" -> client;
                  default -> throw new UnsupportedOperationException(method.getName());
                };
              });
    }
  }

  static final class Lines implements Progress {
    final List<String> statuses = new CopyOnWriteArrayList<>();
    final List<String> open = new CopyOnWriteArrayList<>();
    final List<VertexState> vertices = new CopyOnWriteArrayList<>();

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
