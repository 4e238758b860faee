package dev.slipway.registry;

import dev.slipway.oci.Descriptor;
import dev.slipway.oci.Digest;
import dev.slipway.oci.ImageIndex;
import dev.slipway.oci.Manifest;
import dev.slipway.oci.MediaTypes;
import dev.slipway.oci.OciJson;
import dev.slipway.oci.Platform;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/** A small image whose one "layer" is the given bytes, alone or in an index. */
public record TestImage(byte[] layer, byte[] config, byte[] manifest, byte[] index) {
  public static final Digest DIFF_ID = Digest.ofText("uncompressed");

  public static TestImage of(String layerText, Platform platform) {
    byte[] layer = layerText.getBytes(StandardCharsets.UTF_8);
    byte[] config =
        "{\"architecture\":\"%s\",\"os\":\"%s\",\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\"%s\"]}}"
            .formatted(platform.architecture(), platform.os(), DIFF_ID)
            .getBytes(StandardCharsets.UTF_8);
    byte[] manifest =
        OciJson.indented(
            new Manifest(
                MediaTypes.OCI_MANIFEST,
                Descriptor.of(MediaTypes.OCI_CONFIG, config),
                List.of(Descriptor.of(MediaTypes.OCI_LAYER_GZIP, layer)),
                Map.of()));
    Descriptor entry = Descriptor.of(MediaTypes.OCI_MANIFEST, manifest).withPlatform(platform);
    return new TestImage(
        layer,
        config,
        manifest,
        OciJson.indented(new ImageIndex(MediaTypes.OCI_INDEX, List.of(entry), Map.of())));
  }

  /** Puts everything there; the tag names the index. */
  public void putInto(FakeRegistry registry, String repository, String tag) {
    registry.putBlob(repository, layer);
    registry.putBlob(repository, config);
    registry.putManifest(
        repository, Digest.of(manifest).value(), MediaTypes.OCI_MANIFEST, manifest);
    registry.putManifest(repository, tag, MediaTypes.OCI_INDEX, index);
  }
}
