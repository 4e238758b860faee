package dev.slipway.export;

import dev.slipway.cache.LayerRecord;
import dev.slipway.cache.LayerRecord.Blob;
import dev.slipway.error.SlipwayException;
import dev.slipway.oci.Digest;
import dev.slipway.oci.ImageReference;
import dev.slipway.protocol.worker.PushTarget;
import dev.slipway.registry.Authenticator;
import dev.slipway.registry.BlobAccess;
import dev.slipway.registry.RegistryClient.PushAccess;
import dev.slipway.registry.Repository;
import dev.slipway.solve.Parallel;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Brings the blobs of layers into one repository, with as few bytes moved as possible: there
 * already, mounted, pushed by a worker.
 */
final class LayerPush {
  /** Token servers answer long lists of scopes with errors. */
  private static final int MOST_MOUNT_SOURCES = 4;

  private final ExportParts parts;
  private final Authenticator authenticator;
  private final BlobMaking making;
  private final BlobRelay relay;
  private final PushedBlobs pushed;

  LayerPush(
      ExportParts parts,
      Authenticator authenticator,
      BlobMaking making,
      BlobRelay relay,
      PushedBlobs pushed) {
    this.parts = parts;
    this.authenticator = authenticator;
    this.making = making;
    this.relay = relay;
    this.pushed = pushed;
  }

  /** The repository, opened so that blobs can be mounted into it. */
  PushAccess access(ImageReference name, boolean insecure, Collection<String> layers) {
    Set<String> sources = new TreeSet<>();
    for (LayerRecord record : parts.index().layers(layers).values()) {
      sources.addAll(mountSources(record, name));
    }
    Set<String> bounded = new LinkedHashSet<>(sources.stream().limit(MOST_MOUNT_SOURCES).toList());
    return new PushAccess(name.withoutTagAndDigest(), authenticator, insecure, bounded);
  }

  /** Paths of repositories at the same registry that have the layer's blob. */
  private Set<String> mountSources(LayerRecord record, ImageReference target) {
    if (record == null || record.blob().isEmpty()) {
      return Set.of();
    }
    Set<String> names = new TreeSet<>(pushed.repositories(record.blob().get().digest()));
    record.origin().ifPresent(origin -> names.add(origin.repository()));
    Set<String> paths = new TreeSet<>();
    for (String name : names) {
      ImageReference reference = ImageReference.parseAsWritten(name);
      if (reference.host().equals(target.host())
          && !reference.repository().equals(target.repository())) {
        paths.add(reference.repository());
      }
    }
    return paths;
  }

  /** Returns the blobs of the layers, all of which are in the repository then. */
  Map<String, Blob> push(PushAccess access, Repository repository, Collection<String> layers)
      throws SlipwayException, InterruptedException {
    Map<String, LayerRecord> known = parts.index().layers(layers);
    Map<String, Blob> blobs = new LinkedHashMap<>();
    List<String> withBlob =
        layers.stream()
            .filter(layer -> known.containsKey(layer) && known.get(layer).blob().isPresent())
            .toList();
    List<Boolean> present =
        Parallel.map(withBlob, layer -> isPresent(access, repository, known.get(layer)));
    for (int i = 0; i < withBlob.size(); i++) {
      if (present.get(i)) {
        blobs.put(withBlob.get(i), known.get(withBlob.get(i)).blob().orElseThrow());
      }
    }
    List<String> missing = layers.stream().filter(layer -> !blobs.containsKey(layer)).toList();
    if (!missing.isEmpty()) {
      blobs.putAll(pushMissing(access, repository, missing, known));
    }
    blobs.values().forEach(blob -> pushed.saw(blob.digest(), access.name()));
    return blobs;
  }

  private boolean isPresent(PushAccess access, Repository repository, LayerRecord record)
      throws SlipwayException, InterruptedException {
    Digest digest = record.blob().orElseThrow().digest();
    if (repository.hasBlob(digest)) {
      return true;
    }
    for (String source : mountSources(record, access.name())) {
      if (access.mountFrom().contains(source) && repository.mountBlob(digest, source)) {
        return true;
      }
    }
    return false;
  }

  private Map<String, Blob> pushMissing(
      PushAccess access,
      Repository repository,
      List<String> missing,
      Map<String, LayerRecord> known)
      throws SlipwayException, InterruptedException {
    BlobAccess.Site site = parts.registries().pushAccess(access, false).sites().getFirst();
    if (site.basic()) {
      return relay.push(repository, missing, known);
    }
    return make(missing, Optional.empty(), targets(access, site));
  }

  private Map<String, Blob> make(
      List<String> layers, Optional<Packing> packing, BlobMaking.TargetSource targets)
      throws SlipwayException, InterruptedException {
    Map<String, Blob> blobs = new LinkedHashMap<>();
    making
        .make(layers, packing, Optional.of(targets))
        .forEach((layer, made) -> blobs.put(layer, made.blob()));
    return blobs;
  }

  private BlobMaking.TargetSource targets(PushAccess access, BlobAccess.Site site) {
    return renew ->
        target(renew ? parts.registries().pushAccess(access, true).sites().getFirst() : site);
  }

  /** Returns the blobs of the layers, packed in this way; all are in the repository then. */
  Map<String, Blob> pushPacked(
      PushAccess access, Repository repository, List<String> layers, Packing packing)
      throws SlipwayException, InterruptedException {
    BlobAccess.Site site = parts.registries().pushAccess(access, false).sites().getFirst();
    Map<String, Blob> blobs =
        site.basic()
            ? relay.push(repository, layers, Optional.of(packing))
            : make(layers, Optional.of(packing), targets(access, site));
    blobs.values().forEach(blob -> pushed.saw(blob.digest(), access.name()));
    return blobs;
  }

  private static PushTarget target(BlobAccess.Site site) {
    return PushTarget.newBuilder()
        .setRegistryUrl(site.registryUrl().toString())
        .setRepository(site.repository())
        .setAuthorization(site.authorization())
        .setInsecureTls(site.insecureTls())
        .build();
  }
}
