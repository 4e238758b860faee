package dev.slipway.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.slipway.compatibility.Area;
import dev.slipway.compatibility.Feature;
import dev.slipway.oci.OciJson;
import dev.slipway.registry.FakeRegistry;
import dev.slipway.tar.TarHeaders;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ClientExportersTest extends ExporterFixture {
  @Test
  void anOciArchiveHasAllBlobsAndEachName() throws Exception {
    start(FakeRegistry.Auth.NONE, "worker-1");

    Map<String, String> response =
        export("oci", Map.of("name", "app:1,app:2"), Map.of(), result("", "snap:run"));

    Map<String, byte[]> files = client.files(0);
    JsonNode index = OciJson.tree(files.get("index.json"));
    assertThat(index.path("manifests").findValuesAsText("org.opencontainers.image.ref.name"))
        .containsExactly("1", "2");
    assertThat(index.path("manifests").path(0).path("digest").asText())
        .isEqualTo(response.get("containerimage.digest"));
    assertThat(files).doesNotContainKey("manifest.json");
    assertThat(files)
        .containsKeys(
            "oci-layout",
            "blobs/sha256/" + blob("snap:run").hex(),
            "blobs/sha256/" + response.get("containerimage.config.digest").substring(7),
            "blobs/sha256/" + response.get("containerimage.digest").substring(7));
    assertThat(client.metadata(0)).isEqualTo(response);
    assertThat(response)
        .containsEntry("image.name", "docker.io/library/app:1,docker.io/library/app:2");
    assertThat(directory.resolve("scratch")).isEmptyDirectory();
  }

  @Feature(value = "type=docker", area = Area.EXPORTER)
  @Test
  void aDockerArchiveCanBeLoadedByAnyDocker() throws Exception {
    start(FakeRegistry.Auth.NONE, "worker-1");

    export("docker", Map.of("name", "app"), Map.of(), result("", "snap:run"));

    JsonNode manifest = OciJson.tree(client.files(0).get("manifest.json")).path(0);
    assertThat(manifest.path("RepoTags").path(0).asText()).isEqualTo("app:latest");
    assertThat(client.files(0))
        .containsKeys(manifest.path("Config").asText(), manifest.path("Layers").path(0).asText());
    assertThatThrownBy(() ->
            export(
                "docker",
                Map.of(),
                Map.of(),
                result("linux/amd64", "snap:run"),
                result("linux/arm64", "snap:run")))
        .hasMessage("docker exporter does not currently support exporting manifest lists");
  }

  @Feature(value = "type=oci,tar=false", area = Area.EXPORTER)
  @Test
  void withoutATarTheClientGetsBlobs() throws Exception {
    start(FakeRegistry.Auth.NONE, "worker-1");

    Map<String, String> response =
        export("oci", Map.of("tar", "false"), Map.of(), result("", "snap:run"));

    assertThat(client.blobs.keySet())
        .containsExactly(
            blob("snap:run").value(),
            response.get("containerimage.config.digest"),
            response.get("containerimage.digest"));
  }

  @Test
  void aClientThatHasTheFileAlreadyIsNoFailure() throws Exception {
    start(FakeRegistry.Auth.NONE, "worker-1");
    client.declines = true;

    assertThat(export("oci", Map.of(), Map.of(), result("", "snap:run")))
        .containsKey("containerimage.digest");
  }

  private static byte[] tar(String... files) {
    ByteArrayOutputStream tar = new ByteArrayOutputStream();
    for (String file : files) {
      byte[] content = ("content of " + file).getBytes(StandardCharsets.UTF_8);
      tar.writeBytes(
          TarHeaders.of(
              new TarHeaders.Entry('0', file, "", 0644, 7, 8, content.length, 0, 0, 0, Map.of())));
      tar.writeBytes(content);
      tar.writeBytes(new byte[TarHeaders.padding(content.length)]);
    }
    tar.writeBytes(new byte[2 * TarHeaders.BLOCK]);
    return tar.toByteArray();
  }

  @Test
  void filesComeFromAWorkerThatHasAllLayersOrFetchesThem() throws Exception {
    start(FakeRegistry.Auth.NONE, "worker-1", "worker-2");
    farm.root = tar("a", "b");
    farm.holds("snap:more", "worker-2");

    export("local", Map.of(), Map.of(), result("", "snap:run"));

    assertThat(client.directory).isEqualTo(Map.of("a", "content of a", "b", "content of b"));
    assertThat(farm.fetches).isEmpty();

    export("tar", Map.of(), Map.of(), result("", "chain:base", "snap:more"));

    assertThat(client.files(0)).containsOnlyKeys("a", "b");
    assertThat(farm.fetches).containsExactly("worker-2");
    assertThat(farm.holds).as("nothing that nobody would release").isEmpty();
    assertThat(directory.resolve("scratch")).isEmptyDirectory();
  }

  @Test
  void platformsHaveDirectoriesOrMustNotOverwriteEachOther() throws Exception {
    start(FakeRegistry.Auth.NONE, "worker-1");
    farm.root = tar("same");

    export(
        "local",
        Map.of(),
        Map.of(),
        result("linux/amd64", "snap:run"),
        result("linux/arm64", "snap:run"));

    assertThat(client.directory).containsOnlyKeys("linux_amd64/same", "linux_arm64/same");
    assertThatThrownBy(() ->
            export(
                "local",
                Map.of("platform-split", "false"),
                Map.of(),
                result("linux/amd64", "snap:run"),
                result("linux/arm64", "snap:run")))
        .hasMessage(
            "cannot overwrite same from linux/amd64 with linux/arm64 when split option is disabled");
  }
}
