package dev.slipway.solve;

import dev.slipway.cache.LayerRecord;
import dev.slipway.error.SlipwayException;
import dev.slipway.oci.Digest;
import dev.slipway.oci.ImageReference;
import dev.slipway.oci.Platform;
import dev.slipway.protocol.worker.BlobSource;
import dev.slipway.registry.Authenticator;
import dev.slipway.registry.BlobAccess;
import dev.slipway.registry.RegistryClient;
import dev.slipway.registry.ResolvedImage;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Images as registries have them. */
public final class RegistryImages implements ImageLookup {
  private final RegistryClient registry;
  private final BlobOffers offers;

  public RegistryImages(RegistryClient registry, BlobOffers offers) {
    this.registry = registry;
    this.offers = offers;
  }

  @Override
  public Digest digest(ImageReference reference, Platform platform, Authenticator authenticator)
      throws SlipwayException, InterruptedException {
    return registry.resolve(reference, platform, authenticator).root().digest();
  }

  @Override
  public List<LayerRecord> layers(
      ImageReference reference, Platform platform, Authenticator authenticator)
      throws SlipwayException, InterruptedException {
    ResolvedImage image = registry.resolve(reference, platform, authenticator);
    return image.layers().stream().map(layer -> record(layer, image.repository())).toList();
  }

  private static LayerRecord record(ResolvedImage.Layer layer, String repository) {
    var blob =
        new LayerRecord.Blob(
            layer.diffId(), layer.blob().digest(), layer.blob().size(), layer.blob().mediaType());
    return new LayerRecord(
        "chain:" + layer.chainId(),
        0,
        Optional.of(blob),
        Optional.of(new LayerRecord.Origin(repository)),
        Set.of());
  }

  @Override
  public List<BlobSource> pullSources(String repository, Digest blob, Authenticator authenticator)
      throws SlipwayException, InterruptedException {
    ImageReference name = ImageReference.parse(repository);
    BlobAccess access = registry.access(name, false, authenticator);
    if (access.onlyBasic()) {
      return List.of(offers.offer(name, blob, authenticator));
    }
    return access.forWorkers().stream()
        .map(site ->
            BlobSource.newBuilder()
                .setUrl(site.blobUrl(blob).toString())
                .setAuthorization(site.authorization())
                .setInsecureTls(site.insecureTls())
                .build())
        .toList();
  }
}
