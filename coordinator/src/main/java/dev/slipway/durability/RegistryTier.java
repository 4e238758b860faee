package dev.slipway.durability;

import dev.slipway.cache.LayerRecord;
import dev.slipway.cache.LayerRecord.Blob;
import dev.slipway.error.SlipwayException;
import dev.slipway.export.RepositoryLayers;
import dev.slipway.protocol.worker.BlobSource;
import dev.slipway.registry.Authenticator;
import dev.slipway.solve.ImageLookup;
import java.util.List;
import java.util.Map;

/** A repository of a registry. @ThreadSafe */
final class RegistryTier implements Tier {
  private final String repository;
  private final RepositoryLayers layers;
  private final ImageLookup images;
  private final Authenticator authenticator;

  RegistryTier(
      String repository, RepositoryLayers layers, ImageLookup images, Authenticator authenticator) {
    this.repository = repository;
    this.layers = layers;
    this.images = images;
    this.authenticator = authenticator;
  }

  @Override
  public String place() {
    return DurablePlaces.registry(repository);
  }

  @Override
  public Map<String, Blob> store(List<LayerRecord> stored)
      throws SlipwayException, InterruptedException {
    return layers.store(stored.stream().map(LayerRecord::id).toList());
  }

  @Override
  public List<BlobSource> sources(Blob blob) throws SlipwayException, InterruptedException {
    return images.pullSources(repository, blob.digest(), authenticator);
  }
}
