package dev.slipway.oci;

import dev.slipway.error.SlipwayException;

/** Configs, manifests and indexes as registries send them. */
public final class ImageJsonFuzz {
  private ImageJsonFuzz() {}

  private interface Reading {
    void read() throws SlipwayException;
  }

  public static void fuzzerTestOneInput(byte[] data) {
    refused(() -> {
      ImageConfig config = ImageConfig.parse(data);
      refused(config::platform);
      refused(config::diffIds);
      refused(config::history);
    });
    refused(() -> OciJson.manifest(data));
    refused(() -> OciJson.index(data));
    refused(() -> OciJson.descriptor(data));
  }

  private static void refused(Reading reading) {
    try {
      reading.read();
    } catch (SlipwayException _) {
      return; // told in words
    }
  }
}
