package dev.slipway.durability;

import dev.slipway.cache.ClusterCacheIndex;
import dev.slipway.config.DurabilitySettings;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.export.ExportParts;
import dev.slipway.export.RepositoryLayers;
import dev.slipway.fleet.FarmFleet;
import dev.slipway.oci.ImageReference;
import dev.slipway.registry.Authenticator;
import dev.slipway.registry.DockerCredentials;
import dev.slipway.solve.DurableSources;
import dev.slipway.solve.ImageLookup;
import dev.slipway.telemetry.CacheMetric;
import dev.slipway.telemetry.Meters;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Set;
import java.util.function.BooleanSupplier;

/**
 * What the settings ask for, put together: first it says where durable layers are, then it is
 * started. Nothing runs when the settings ask for nothing.
 */
public final class DurableLayers implements AutoCloseable {
  private final DurabilitySettings settings;
  private final DurablePlaces places = new DurablePlaces();

  /** Closed last to first. */
  private final Deque<AutoCloseable> open = new ArrayDeque<>();

  /**
   * @throws SlipwayException INVALID when a place is not one
   */
  public DurableLayers(DurabilitySettings settings) throws SlipwayException {
    this.settings = settings;
    if (settings.directory().filter(path -> !Path.of(path).isAbsolute()).isPresent()) {
      throw new SlipwayException(
          ErrorKind.INVALID,
          "durability.directory must be an absolute path, it is " + settings.directory().get());
    }
  }

  /** What the places are called in the index. */
  public Set<String> places() {
    return DurablePlaces.names(settings);
  }

  /** Where layers are that no worker has. */
  public DurableSources sources() {
    return places;
  }

  /**
   * Starts to copy, if anything is to be copied.
   *
   * @param busy whether stages wait for workers
   * @param scans whether it is this coordinator that looks at old results when workers leave
   */
  public void start(
      ClusterCacheIndex index,
      FarmFleet fleet,
      ExportParts parts,
      ImageLookup images,
      BooleanSupplier busy,
      BooleanSupplier scans,
      Meters meters)
      throws SlipwayException {
    if (settings.directory().isPresent()) {
      places.add(new DirectoryTier(Path.of(settings.directory().get()).normalize(), fleet));
    }
    if (settings.registry().isPresent()) {
      Authenticator authenticator = DockerCredentials.ofUser();
      String repository = settings.registry().get();
      RepositoryLayers layers =
          new RepositoryLayers(parts, ImageReference.parseAsWritten(repository), authenticator);
      open.push(layers);
      places.add(new RegistryTier(repository, layers, images, authenticator));
    }
    if (settings.replicas() == 1 && places.all().isEmpty()) {
      meters.gauge(CacheMetric.DURABILITY_PENDING, () -> 0);
      return;
    }
    Replicas replicas =
        new Replicas(settings.replicas(), index, fleet, fleet::status, parts.references());
    Durability durability =
        Durability.start(
            new Durability.Parts(
                index,
                replicas,
                places.all(),
                index::newestChains,
                fleet::workers,
                busy,
                scans,
                meters));
    open.push(durability);
    index.onSave(durability::saved);
  }

  @Override
  public void close() throws Exception {
    while (!open.isEmpty()) {
      open.pop().close();
    }
  }
}
