package dev.slipway.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.slipway.compatibility.Area;
import dev.slipway.compatibility.Feature;
import dev.slipway.compatibility.Refused;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.oci.Descriptor;
import dev.slipway.oci.Digest;
import dev.slipway.oci.ImageConfig;
import dev.slipway.oci.ImageIndex;
import dev.slipway.oci.Manifest;
import dev.slipway.oci.OciJson;
import dev.slipway.registry.FakeRegistry;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ImageExporterTest extends ExporterFixture {
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

  @Refused(
      value = "compression=estargz",
      why = "The format is made by one library of one language.",
      area = Area.EXPORTER)
  @ParameterizedTest
  @CsvSource({
    "compression, estargz, not supported yet",
    "compression, brotli, unsupported compression type brotli",
    "compression-level, x, non-integer value x specified for compression-level",
    "compression-level, 12, invalid compression level: 12",
    "push-by-digest, true, can't push tagged ref",
    "push, maybe, non-bool value specified for push",
    "oci-artifact, true, conflicts with \"oci-mediatypes=false\"",
    "annotation-index.a, b, index annotations not supported for single platform export",
    "source-date-epoch, today, invalid source-date-epoch"
  })
  void refusesInBuildKitsWords(String key, String value, String words) throws Exception {
    start(FakeRegistry.Auth.NONE, "worker-1");
    String types = key.equals("oci-artifact") ? "false" : "true";

    assertThatThrownBy(() ->
            export(push("app:1", "oci-mediatypes", types, key, value), result("", "snap:run")))
        .hasMessageContaining(words);
  }

  @Test
  void refusesAnExporterThatNobodyHas() throws Exception {
    start(FakeRegistry.Auth.NONE, "worker-1");

    assertThatThrownBy(() -> exporters.prepare(new Exporters.Request(0, "x", Map.of(), 30)))
        .hasMessage("exporter \"x\" could not be found");
  }

  private static List<String> mediaTypes(Manifest manifest) {
    return manifest.layers().stream()
        .map(layer -> layer.mediaType().substring(layer.mediaType().lastIndexOf('.') + 1))
        .toList();
  }

  @Feature(value = "force-compression", area = Area.EXPORTER)
  @Test
  void aBaseImagesBlobsStayAsTheyAreUnlessTheClientInsists() throws Exception {
    start(FakeRegistry.Auth.NONE, "worker-1");

    export(push("app:1", "compression", "zstd"), result("", "chain:base", "snap:run"));
    export(
        push("app:2", "compression", "zstd", "force-compression", "true"),
        result("", "chain:base", "snap:run"));

    assertThat(mediaTypes(OciJson.manifest(registry.manifest("app", "1").orElseThrow())))
        .containsExactly("tar+gzip", "tar+zstd");
    assertThat(mediaTypes(OciJson.manifest(registry.manifest("app", "2").orElseThrow())))
        .containsExactly("tar+zstd", "tar+zstd");
  }

  @Feature(value = "rewrite-timestamp", area = Area.EXPORTER)
  @Test
  void timesOfTheBaseImagesLayersAndHistoryStay() throws Exception {
    start(FakeRegistry.Auth.NONE, "worker-1");
    String base =
        """
        {"os":"linux","architecture":"amd64","rootfs":{"diff_ids":["%s"]},\
        "history":[{"created":"2020-01-01T00:00:00Z","created_by":"base"}]}\
        """
            .formatted(PushingFarm.diffId("chain:base"));

    export(
        "image",
        push("app:1", "rewrite-timestamp", "true", "source-date-epoch", "1500000000"),
        Map.of("containerimage.base.config", base),
        result("", "chain:base", "snap:run"));

    Manifest manifest = OciJson.manifest(registry.manifest("app", "1").orElseThrow());
    assertThat(manifest.layers().getFirst().digest()).isEqualTo(blob("chain:base"));
    assertThat(manifest.layers().getLast().annotations())
        .containsEntry("buildkit/rewritten-timestamp", "1500000000");
    ImageConfig config =
        ImageConfig.parse(registry.blob("app", manifest.config().digest()).orElseThrow());
    assertThat(config.history())
        .extracting(ImageConfig.History::created)
        .containsExactly("2020-01-01T00:00:00Z", "2017-07-14T02:40:00Z", "2017-07-14T02:40:00Z");
  }

  @Feature(
      value = {
        "annotation.KEY",
        "annotation-manifest[platform].KEY",
        "annotation-index.KEY",
        "annotation-manifest-descriptor.KEY"
      },
      area = Area.EXPORTER)
  @Test
  void annotationsGoWhereTheyAreMeant() throws Exception {
    start(FakeRegistry.Auth.NONE, "worker-1");

    export(
        "image",
        push(
            "app:1",
            "annotation-index.i",
            "1",
            "annotation-manifest[linux/amd64].m",
            "2",
            "annotation-manifest-descriptor.d",
            "3"),
        Map.of("annotation.r", "4"),
        result("linux/amd64", "snap:run"),
        result("linux/arm64", "snap:run"));

    ImageIndex index = OciJson.index(registry.manifest("app", "1").orElseThrow());
    assertThat(index.annotations()).isEqualTo(Map.of("i", "1"));
    assertThat(index.manifests()).allMatch(entry -> entry.annotations().equals(Map.of("d", "3")));
    assertThat(manifestOf(index, 0).annotations()).isEqualTo(Map.of("m", "2", "r", "4"));
    assertThat(manifestOf(index, 1).annotations()).isEqualTo(Map.of("r", "4"));
  }

  private Manifest manifestOf(ImageIndex index, int entry) throws Exception {
    String digest = index.manifests().get(entry).digest().value();
    return OciJson.manifest(registry.manifest("app", digest).orElseThrow());
  }
}
