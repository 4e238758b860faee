package dev.slipway.durability;

import dev.slipway.cache.LayerRecord;
import dev.slipway.config.DurabilitySettings;
import dev.slipway.error.SlipwayException;
import dev.slipway.protocol.worker.BlobSource;
import dev.slipway.solve.DurableSources;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;

/** The tiers in use, asked for layers in their order. @ThreadSafe */
final class DurablePlaces implements DurableSources {
  private final List<Tier> tiers = new CopyOnWriteArrayList<>();

  /** What the places that the settings name are called in the index. */
  static Set<String> names(DurabilitySettings settings) {
    Set<String> names = new HashSet<>();
    settings
        .directory()
        .ifPresent(path -> names.add(directory(Path.of(path).normalize().toString())));
    settings.registry().ifPresent(repository -> names.add(registry(repository)));
    return names;
  }

  static String registry(String repository) {
    return "registry:" + repository;
  }

  static String directory(String path) {
    return "directory:" + path;
  }

  void add(Tier tier) {
    tiers.add(tier);
  }

  List<Tier> all() {
    return List.copyOf(tiers);
  }

  @Override
  public List<BlobSource> of(LayerRecord layer) throws SlipwayException, InterruptedException {
    List<BlobSource> sources = new ArrayList<>();
    for (Tier tier : tiers) {
      if (layer.durable().contains(tier.place()) && layer.blob().isPresent()) {
        sources.addAll(tier.sources(layer.blob().get()));
      }
    }
    return sources;
  }
}
