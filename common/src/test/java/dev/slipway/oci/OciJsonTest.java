package dev.slipway.oci;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.error.SlipwayException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class OciJsonTest {
  private static final Digest CONFIG = new Digest("sha256:" + "a".repeat(64));
  private static final Digest LAYER = new Digest("sha256:" + "b".repeat(64));

  @Test
  void writesManifestsAsGoDoes() {
    Manifest manifest =
        new Manifest(
            MediaTypes.OCI_MANIFEST,
            new Descriptor(MediaTypes.OCI_CONFIG, CONFIG, 12),
            List.of(new Descriptor(MediaTypes.OCI_LAYER_GZIP, LAYER, 0)),
            Map.of("z", "a <b> & c", "a", "1"));

    String json = new String(OciJson.indented(manifest), StandardCharsets.UTF_8);

    assertThat(json)
        .isEqualTo(
            """
            {
              "schemaVersion": 2,
              "mediaType": "application/vnd.oci.image.manifest.v1+json",
              "config": {
                "mediaType": "application/vnd.oci.image.config.v1+json",
                "digest": "sha256:%s",
                "size": 12
              },
              "layers": [
                {
                  "mediaType": "application/vnd.oci.image.layer.v1.tar+gzip",
                  "digest": "sha256:%s",
                  "size": 0
                }
              ],
              "annotations": {
                "a": "1",
                "z": "a \\u003cb\\u003e \\u0026 c"
              }
            }\
            """
                .formatted("a".repeat(64), "b".repeat(64)));
  }

  @Test
  void readsBackWhatItWrote() throws Exception {
    Descriptor manifest =
        new Descriptor(MediaTypes.OCI_MANIFEST, LAYER, 7)
            .withPlatform(Platform.parse("linux/arm/v6"));
    ImageIndex index = new ImageIndex(MediaTypes.OCI_INDEX, List.of(manifest), Map.of());

    assertThat(OciJson.index(OciJson.indented(index))).isEqualTo(index);
  }

  @Test
  void writesAnEmptyListOfLayers() {
    Manifest manifest =
        new Manifest(
            MediaTypes.OCI_MANIFEST,
            new Descriptor(MediaTypes.OCI_CONFIG, CONFIG, 12),
            List.of(),
            Map.of());

    assertThat(new String(OciJson.indented(manifest), StandardCharsets.UTF_8))
        .contains("\"layers\": []");
  }

  @Test
  void rejectsManifestsOfAnotherSchema() {
    assertThatThrownBy(
            () -> OciJson.manifest("{\"schemaVersion\":1}".getBytes(StandardCharsets.UTF_8)))
        .isInstanceOf(SlipwayException.class)
        .hasMessageContaining("schema version 1");
  }

  @Test
  void keepsUnknownFieldsOfConfigurations() throws Exception {
    ImageConfig config =
        ImageConfig.parse(
            "{\"os\":\"linux\",\"architecture\":\"arm64\",\"x-own\":{\"n\":1.50}}"
                .getBytes(StandardCharsets.UTF_8));

    assertThat(config.platform()).contains(Platform.LINUX_ARM64);
    assertThat(new String(OciJson.compact(config.json()), StandardCharsets.UTF_8))
        .contains("\"x-own\":{\"n\":1.5");
  }
}
