package dev.slipway.agent;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.oci.Digest;
import dev.slipway.snapshot.Deleted;
import dev.slipway.snapshot.LayerUsage;
import dev.slipway.snapshot.LayerWriter;
import dev.slipway.snapshot.MountedRoot;
import dev.slipway.snapshot.Pin;
import dev.slipway.snapshot.SnapshotStore;
import dev.slipway.snapshot.StoredBlob;
import dev.slipway.snapshot.StoredLayer;
import dev.slipway.snapshot.StoredVariant;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/** A store that has nothing and takes nothing. */
public final class EmptyStore implements SnapshotStore {
  @Override
  public Optional<StoredLayer> find(String id) {
    return Optional.empty();
  }

  @Override
  public List<StoredLayer> inventory() {
    return List.of();
  }

  @Override
  public LayerWriter prepare(String id, List<String> below) throws SlipwayException {
    throw nothing();
  }

  @Override
  public MountedRoot mount(List<String> chain, boolean writable) throws SlipwayException {
    throw nothing();
  }

  @Override
  public Pin pin(Collection<String> ids) throws SlipwayException {
    if (ids.isEmpty()) {
      return () -> {};
    }
    throw nothing();
  }

  @Override
  public StoredLayer keep(String id, String name, StoredVariant variant) throws SlipwayException {
    throw nothing();
  }

  @Override
  public StoredLayer describe(String id, Digest diffId, Optional<StoredBlob> blob)
      throws SlipwayException {
    throw nothing();
  }

  @Override
  public List<LayerUsage> usage() {
    return List.of();
  }

  @Override
  public List<Deleted> delete(Collection<String> ids, Predicate<String> free) {
    return List.of();
  }

  @Override
  public Optional<StoredLayer> dropBlob(String id, Predicate<String> free) {
    return Optional.empty();
  }

  @Override
  public long pendingBytes() {
    return 0;
  }

  @Override
  public boolean awaitDeleted(Duration patience) {
    return true;
  }

  @Override
  public void close() {}

  private static SlipwayException nothing() {
    return new SlipwayException(ErrorKind.NOT_FOUND, "nothing is here");
  }
}
