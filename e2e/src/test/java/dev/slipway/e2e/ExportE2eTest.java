package dev.slipway.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.slipway.compatibility.Area;
import dev.slipway.compatibility.Feature;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.junit.jupiter.api.Test;

/** Every way out of a farm, as the real docker buildx asks for it. */
@OnSharedFarm
class ExportE2eTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  private static final String FILES =
      """
      FROM busybox AS made
      RUN mkdir -p /out/d && echo one > /out/d/one && ln /out/d/one /out/d/same \\
          && ln -s d/one /out/link && chown 33:44 /out/d/one && chmod 4750 /out/d/one \\
          && touch -d '2001-02-03 04:05:06' /out/old && mkfifo /out/pipe
      FROM scratch
      COPY --from=made /out /
      """;

  private final Farm farm = SharedFarm.get();
  private final LocalRegistry registry = LocalRegistry.shared();
  private final Path out = Workplace.folder("export");

  private static Map<String, TarArchiveEntry> entries(Path file) throws IOException {
    Map<String, TarArchiveEntry> entries = new TreeMap<>();
    try (InputStream in = new BufferedInputStream(Files.newInputStream(file));
        TarArchiveInputStream tar = new TarArchiveInputStream(in)) {
      for (TarArchiveEntry e = tar.getNextEntry(); e != null; e = tar.getNextEntry()) {
        entries.put(e.getName(), e);
      }
    }
    return entries;
  }

  @Feature(
      value = {"type=local", "type=tar", "type=image,push=true", "several outputs of one build"},
      area = Area.EXPORTER)
  @Test
  void severalOutputsOfOneBuildAreADirectoryATarAndAnImage() throws Exception {
    Path directory = out.resolve("directory");
    Path tar = out.resolve("files.tar");

    farm.buildx()
        .build(
            BuildDirectory.of(FILES).path(),
            "-o",
            directory.toString(),
            "-o",
            "type=tar,dest=" + tar,
            "-o",
            "type=image,push=true,name=" + registry.image("export/files:1"))
        .orThrow();

    Path one = directory.resolve("d/one");
    assertThat(one).hasContent("one\n");
    assertThat((int) Files.getAttribute(one, "unix:mode") & 07777).isEqualTo(04750);
    assertThat(Files.isSameFile(one, directory.resolve("d/same"))).isTrue();
    assertThat(Files.readSymbolicLink(directory.resolve("link"))).hasToString("d/one");
    assertThat(Files.getLastModifiedTime(directory.resolve("old")).toInstant())
        .hasToString("2001-02-03T04:05:06Z");
    assertThat(Files.exists(directory.resolve("pipe"), LinkOption.NOFOLLOW_LINKS)).isTrue();
    Map<String, TarArchiveEntry> files = entries(tar);
    assertThat(files).containsOnlyKeys("d/", "d/one", "d/same", "link", "old", "pipe");
    assertThat(files.get("d/one").getLongUserId()).isEqualTo(33);
    assertThat(files.get("d/one").getLongGroupId()).isEqualTo(44);
    assertThat(files.get("d/same").getLinkName()).isEqualTo("d/one");
    assertThat(PushedImage.read(registry, "export/files", "1", "amd64").text("d/one"))
        .isEqualTo("one\n");
  }

  @Feature(value = "type=local of several platforms", area = Area.EXPORTER)
  @Test
  void eachPlatformHasADirectoryOfItsOwn() {
    farm.buildx()
        .build(
            BuildDirectory.of(
                    "FROM busybox AS b\nARG TARGETARCH\nRUN echo $TARGETARCH > /arch\n"
                        + "FROM scratch\nCOPY --from=b /arch /\n")
                .path(),
            "--platform",
            "linux/amd64,linux/arm64",
            "-o",
            out.resolve("platforms").toString())
        .orThrow();

    assertThat(out.resolve("platforms/linux_amd64/arch")).hasContent("amd64\n");
    assertThat(out.resolve("platforms/linux_arm64/arch")).hasContent("arm64\n");
  }

  @Feature(value = "type=oci", area = Area.EXPORTER)
  @Test
  void anOciArchiveIsTheImageThatIsPushed() throws Exception {
    Path archive = out.resolve("image.tar");
    BuildDirectory app =
        BuildDirectory.of("FROM busybox\nRUN echo archived > /word\nCMD [\"cat\", \"/word\"]\n");

    farm.buildx()
        .build(
            app.path(),
            "-o",
            "type=oci,name=app:1,dest=" + archive,
            "-o",
            "type=image,push=true,name=" + registry.image("export/app:1"))
        .orThrow();

    String raw =
        Command.run(
                Duration.ofSeconds(20),
                List.of("skopeo", "inspect", "--raw", "oci-archive:" + archive))
            .orThrow()
            .output();
    assertThat(raw).isEqualTo(registry.manifest("export/app", "1"));
    Command.run(
            Duration.ofSeconds(30),
            List.of(
                "skopeo",
                "copy",
                "--insecure-policy",
                "oci-archive:" + archive,
                "dir:" + out.resolve("unpacked")))
        .orThrow();
  }

  @Feature(
      value = {
        "compression=zstd",
        "compression-level",
        "force-compression",
        "rewrite-timestamp",
        "source-date-epoch"
      },
      area = Area.EXPORTER)
  @Test
  void layersArePackedAsTheClientSays() throws Exception {
    Path archive = out.resolve("packed.tar");

    farm.buildx()
        .build(
            BuildDirectory.of("FROM busybox\nRUN echo packed > /word\n").path(),
            "--build-arg",
            "SOURCE_DATE_EPOCH=1600000000",
            "-o",
            "type=oci,compression=zstd,compression-level=9,force-compression=true,"
                + "rewrite-timestamp=true,dest="
                + archive)
        .orThrow();

    JsonNode manifest =
        JSON.readTree(
            Command.run(
                    Duration.ofSeconds(20),
                    List.of("skopeo", "inspect", "--raw", "oci-archive:" + archive))
                .orThrow()
                .output());
    assertThat(manifest.path("layers").findValuesAsText("mediaType"))
        .containsOnly("application/vnd.oci.image.layer.v1.tar+zstd");
    JsonNode config =
        JSON.readTree(
            Command.run(
                    Duration.ofSeconds(20),
                    List.of("skopeo", "inspect", "--config", "oci-archive:" + archive))
                .orThrow()
                .output());
    assertThat(config.path("created").asText()).isEqualTo("2020-09-13T12:26:40Z");
  }

  @Feature(value = "docker buildx build --load", area = Area.CLIENT)
  @Test
  void loadGivesTheEngineAnImageThatRuns() {
    assumeTrue(Engine.possible(), "needs root and dockerd");
    Engine engine = Engine.shared();

    farm.buildx()
        .build(
            Map.of("DOCKER_HOST", System.getenv("DOCKER_HOST")),
            BuildDirectory.of("FROM busybox\nRUN echo loaded > /word\nCMD [\"cat\", \"/word\"]\n")
                .path(),
            "--load",
            "-t",
            "slipway-loaded:1")
        .orThrow();

    assertThat(engine.docker("run", "--rm", "--network=none", "slipway-loaded:1"))
        .isEqualTo("loaded");
  }
}
