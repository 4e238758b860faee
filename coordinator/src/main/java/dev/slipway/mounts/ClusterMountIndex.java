package dev.slipway.mounts;

import dev.slipway.cluster.Cluster;
import dev.slipway.cluster.ClusterMap;
import dev.slipway.cluster.Codec;
import dev.slipway.cluster.MapNames;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The index in a map of the cluster; every write is a compare-and-set. @ThreadSafe */
public final class ClusterMountIndex implements MountIndex {
  /** Mounts of one write; a worker may have thousands. */
  private static final int BATCH = 1000;

  private final ClusterMap<MountPlaces> places;

  public ClusterMountIndex(Cluster cluster) {
    this.places = cluster.map(MapNames.CACHE_MOUNTS, new PlacesCodec());
  }

  @Override
  public Map<String, MountPlaces> find(Collection<String> mountIds) {
    return mountIds.isEmpty() ? Map.of() : places.getAll(mountIds);
  }

  @Override
  public Map<String, MountPlaces> heldBy(String worker) {
    Map<String, MountPlaces> held = new HashMap<>();
    places.forEach((id, known) -> {
      if (known.of(worker).isPresent()) {
        held.put(id, known);
      }
    });
    return held;
  }

  @Override
  public void used(String worker, Collection<Held> copies) {
    update(copies, (before, copy) -> before.used(worker, copy.version(), copy.size()));
  }

  @Override
  public void held(String worker, Collection<Held> copies) {
    update(copies, (before, copy) -> before.held(worker, copy.version(), copy.size()));
  }

  @Override
  public void discard(Collection<String> mountIds) {
    if (!mountIds.isEmpty()) {
      places.update(
          mountIds, (_, before) -> Optional.of(before.orElse(MountPlaces.NONE).discarded()));
    }
  }

  private interface Change {
    MountPlaces apply(MountPlaces before, Held copy);
  }

  private void update(Collection<Held> copies, Change change) {
    Map<String, Held> byId = new HashMap<>();
    for (Held copy : copies) {
      if (MountId.isValid(copy.mountId()) && copy.version() >= 0 && copy.size() >= 0) {
        byId.put(copy.mountId(), copy);
      }
    }
    List<String> ids = new ArrayList<>(byId.keySet());
    for (int from = 0; from < ids.size(); from += BATCH) {
      places.update(
          ids.subList(from, Math.min(ids.size(), from + BATCH)),
          (id, before) ->
              Optional.of(
                  change
                      .apply(before.orElse(MountPlaces.NONE), byId.get(id))
                      .named(byId.get(id).name())));
    }
  }

  /** A version byte, then the fields in order, as {@link DataOutputStream} writes them. */
  private static final class PlacesCodec implements Codec<MountPlaces> {
    private static final int VERSION = 2;

    @Override
    public byte[] encode(MountPlaces value) {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      try (DataOutputStream out = new DataOutputStream(bytes)) {
        out.writeByte(VERSION);
        out.writeUTF(value.name());
        out.writeLong(value.oldest());
        out.writeInt(value.copies().size());
        for (MountPlaces.Copy copy : value.copies()) {
          out.writeUTF(copy.worker());
          out.writeLong(copy.version());
          out.writeLong(copy.size());
        }
      } catch (IOException e) {
        throw new UncheckedIOException("writing to memory failed", e);
      }
      return bytes.toByteArray();
    }

    @Override
    public MountPlaces decode(byte[] bytes) {
      try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes))) {
        int version = in.readByte();
        if (version != VERSION) {
          throw new IllegalStateException("places of a cache mount are of version " + version);
        }
        String name = in.readUTF();
        long oldest = in.readLong();
        List<MountPlaces.Copy> copies = new ArrayList<>();
        for (int left = in.readInt(); left > 0; left--) {
          copies.add(new MountPlaces.Copy(in.readUTF(), in.readLong(), in.readLong()));
        }
        return new MountPlaces(name, oldest, copies);
      } catch (IOException e) {
        throw new UncheckedIOException("places of a cache mount cannot be read", e);
      }
    }
  }
}
