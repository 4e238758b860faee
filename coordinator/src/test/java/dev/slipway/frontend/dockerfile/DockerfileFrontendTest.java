package dev.slipway.frontend.dockerfile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.compatibility.Area;
import dev.slipway.compatibility.Feature;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.frontend.FrontendBridge;
import dev.slipway.frontend.FrontendRequest;
import dev.slipway.frontend.FrontendResult;
import dev.slipway.graph.Definition;
import dev.slipway.graph.Op;
import dev.slipway.graph.Vertex;
import dev.slipway.oci.Digest;
import dev.slipway.oci.Platform;
import dev.slipway.progress.Progress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class DockerfileFrontendTest {
  private final FakeBridge bridge = new FakeBridge();
  private final DockerfileFrontend frontend = new DockerfileFrontend();

  @Test
  void buildsForThePlatformOfTheFarm() throws Exception {
    bridge.files.put("Dockerfile", "FROM alpine\nCOPY a /\n");
    bridge.files.put(".dockerignore", "# comment\n/b/\n!c\n");

    FrontendResult result = solve(Map.of());

    Definition definition = result.single().orElseThrow();
    assertThat(bridge.solved)
        .extracting(Vertex::name)
        .containsExactly(
            "[internal] load build definition from Dockerfile", "[internal] load .dockerignore");
    assertThat(bridge.resolved)
        .containsExactly("[internal] load metadata for docker.io/library/alpine:latest");
    assertThat(((Op.Source) vertex(definition, "[internal] load build context").op()).attributes())
        .containsEntry("local.excludepatterns", "[\"b\",\"!c\"]")
        .containsEntry("local.session", "session");
    assertThat(text(result, "refs.platforms"))
        .isEqualTo(
            "{\"Platforms\":[{\"ID\":\"linux/amd64\",\"Platform\":{\"architecture\":\"amd64\",\"os\":\"linux\"}}]}");
    assertThat(result.metadata())
        .containsOnlyKeys("containerimage.config", "containerimage.base.config", "refs.platforms");
  }

  @Test
  @Feature(value = "platform", note = "One or several, an index then.", area = Area.CONTEXT)
  void buildsForEveryPlatformAsked() throws Exception {
    bridge.files.put("Dockerfile", "FROM alpine\nRUN x\n");

    FrontendResult result =
        solve(Map.of("platform", "linux/amd64,linux/arm64", "build-arg:SOURCE_DATE_EPOCH", "7"));

    assertThat(result.single()).isEmpty();
    assertThat(result.byPlatform().keySet()).containsExactly("linux/amd64", "linux/arm64");
    assertThat(bridge.resolved)
        .containsExactlyInAnyOrder(
            "[linux/amd64 internal] load metadata for docker.io/library/alpine:latest",
            "[linux/arm64 internal] load metadata for docker.io/library/alpine:latest");
    assertThat(text(result, "source.date.epoch/linux/arm64")).isEqualTo("7");
    assertThat(result.metadata())
        .containsKeys("containerimage.config/linux/amd64", "containerimage.config/linux/arm64");
  }

  @Test
  void resolvesImagesAtTheSameTime() throws Exception {
    bridge.files.put("Dockerfile", "FROM one AS a\nFROM two\nCOPY --from=a / /\n");
    bridge.together = new CountDownLatch(2);

    assertThat(solve(Map.of()).single()).isPresent();
  }

  @Test
  @Feature(value = "Dockerfile.dockerignore", area = Area.CONTEXT)
  void prefersTheIgnoreFileOfTheDockerfile() throws Exception {
    bridge.files.put("sub/My.Dockerfile", "FROM scratch\nCOPY a /\n");
    bridge.files.put("sub/My.Dockerfile.dockerignore", "mine");
    bridge.files.put(".dockerignore", "other");

    Definition definition = solve(Map.of("filename", "sub/My.Dockerfile")).single().orElseThrow();

    assertThat(((Op.Source) vertex(definition, "[internal] load build context").op()).attributes())
        .containsEntry("local.excludepatterns", "[\"mine\"]");
    assertThat(definition.sources().files().getFirst().filename()).isEqualTo("sub/My.Dockerfile");
  }

  @Test
  void saysThatThereIsNoDockerfile() {
    assertThatThrownBy(() -> solve(Map.of()))
        .hasMessage("failed to read dockerfile: open Dockerfile: no such file or directory");
  }

  @Test
  @Feature(value = "dockerfile in lower case", area = Area.CONTEXT)
  void takesALowerCaseDockerfile() throws Exception {
    bridge.files.put("dockerfile", "FROM scratch\nCOPY a /\n");

    assertThat(solve(Map.of()).single()).isPresent();
  }

  @Test
  void ignoresOptionsThatNobodyKnows() throws Exception {
    bridge.files.put("Dockerfile", "FROM scratch\nCOPY a /\n");

    assertThat(solve(Map.of("vcs:source", "x", "something", "else")).single()).isPresent();
  }

  @Test
  void passesRunOptionsOn() throws Exception {
    bridge.files.put("Dockerfile", "FROM alpine\nRUN x\n");

    Definition definition =
        solve(
                Map.of(
                    "add-hosts",
                    "db=10.0.0.1",
                    "ulimit",
                    "nofile=1024:2048",
                    "hostname",
                    "box",
                    "force-network-mode",
                    "none"))
            .single()
            .orElseThrow();

    Op.Exec run = (Op.Exec) vertex(definition, "[2/2] RUN x").op();
    assertThat(run.meta().extraHosts()).hasToString("[ExtraHost[host=db, ip=10.0.0.1]]");
    assertThat(run.meta().ulimits()).hasToString("[Ulimit[name=nofile, soft=1024, hard=2048]]");
    assertThat(run.meta().hostname()).isEqualTo("box");
    assertThat(run.network()).isEqualTo(Op.Network.NONE);
  }

  private FrontendResult solve(Map<String, String> options) throws Exception {
    return frontend.solve(
        new FrontendRequest(
            options,
            Map.of(),
            "session",
            Platform.LINUX_AMD64,
            List.of(Platform.LINUX_AMD64, Platform.LINUX_ARM64)),
        bridge);
  }

  private static Vertex vertex(Definition definition, String name) {
    return definition.vertices().values().stream()
        .filter(vertex -> vertex.name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  private static String text(FrontendResult result, String key) {
    return new String(result.metadata().get(key), StandardCharsets.UTF_8);
  }

  /** One directory for everything. */
  private static final class FakeBridge implements FrontendBridge {
    final Map<String, String> files = new HashMap<>();
    final List<Vertex> solved = new ArrayList<>();
    final List<String> resolved = Collections.synchronizedList(new ArrayList<>());
    final List<String> described = new ArrayList<>();
    SourceDescription description =
        new SourceDescription(Optional.empty(), Optional.empty(), Optional.empty());
    CountDownLatch together = new CountDownLatch(0);

    @Override
    public Reference solve(Definition definition) {
      solved.add(definition.vertex(definition.result().orElseThrow().vertex()));
      return new Reference() {
        @Override
        public byte[] readFile(String path) throws SlipwayException {
          return findFile(path).orElseThrow(() -> new SlipwayException(ErrorKind.NOT_FOUND, path));
        }

        @Override
        public byte[] readStart(String path, int length) throws SlipwayException {
          byte[] all = readFile(path);
          return java.util.Arrays.copyOf(all, Math.min(length, all.length));
        }

        @Override
        public Optional<byte[]> findFile(String path) {
          return Optional.ofNullable(files.get(path))
              .map(text -> text.getBytes(StandardCharsets.UTF_8));
        }
      };
    }

    @Override
    public ResolvedImage resolveImage(
        String reference, Platform platform, String resolveMode, String logName)
        throws SlipwayException, InterruptedException {
      resolved.add(logName);
      together.countDown();
      if (!together.await(10, TimeUnit.SECONDS)) {
        throw new SlipwayException(ErrorKind.INTERNAL, "images are resolved one after the other");
      }
      String config =
          "{\"architecture\":\""
              + platform.architecture()
              + "\",\"os\":\"linux\",\"rootfs\":{\"diff_ids\":[\"sha256:1\"]},\"config\":{}}";
      return new ResolvedImage(
          reference, Digest.ofText(reference), config.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public SourceDescription describe(
        Op.Source source, Optional<Platform> platform, String logName) {
      described.add(logName);
      return description;
    }

    @Override
    public Progress progress() {
      return Progress.NONE;
    }
  }
}
