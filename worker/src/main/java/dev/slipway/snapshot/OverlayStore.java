package dev.slipway.snapshot;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.linux.Directory;
import dev.slipway.linux.Status;
import dev.slipway.oci.Digest;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The store over overlayfs. The lock guards the table of layers and their pins; no I/O on layers'
 * files happens under it.
 */
final class OverlayStore implements SnapshotStore {
  private static final Logger log = LoggerFactory.getLogger(OverlayStore.class);

  /** How much work a crash of the machine may cost; a flush of an idle disk costs nothing. */
  private static final Duration FLUSH_EVERY = Duration.ofSeconds(30);

  private final LayerDirectories directories;
  private final OverlayMounts mounts;
  private final Map<String, Entry> entries = new HashMap<>();
  private final CountDownLatch closing = new CountDownLatch(1);
  private volatile boolean unflushed;

  private static final class Entry {
    StoredLayer layer;
    int pins;

    Entry(StoredLayer layer) {
      this.layer = layer;
    }
  }

  OverlayStore(LayerDirectories directories, OverlayMounts mounts) throws IOException {
    this.directories = directories;
    this.mounts = mounts;
    for (StoredLayer layer : directories.read()) {
      if (entries.putIfAbsent(layer.id(), new Entry(layer)) != null) {
        directories.delete(layer);
      }
    }
    Thread.ofPlatform().daemon().name("snapshot-flush").start(this::flushNowAndThen);
  }

  @Override
  public synchronized Optional<StoredLayer> find(String id) {
    return Optional.ofNullable(entries.get(id)).map(entry -> entry.layer);
  }

  @Override
  public synchronized List<StoredLayer> inventory() {
    return entries.values().stream().map(entry -> entry.layer).toList();
  }

  @Override
  public LayerWriter prepare(String id, List<String> below) throws SlipwayException {
    List<StoredLayer> lower = new ArrayList<>();
    Pin pin;
    synchronized (this) {
      for (String layer : below) {
        find(layer).ifPresent(lower::add);
      }
      pin = pin(lower.stream().map(StoredLayer::id).toList());
    }
    List<Path> paths = lower.stream().map(StoredLayer::directory).toList();
    try {
      Path place = directories.makeIncoming();
      inheritRoot(place.resolve("diff"), paths);
      return new OverlayLayerWriter(this, id, place, paths, pin);
    } catch (IOException e) {
      pin.close();
      throw failed("preparation of layer " + id, e);
    }
  }

  @Override
  public MountedRoot mount(List<String> chain, boolean writable) throws SlipwayException {
    // A layer may come twice in merged chains; what is on top decides, and overlayfs takes a
    // directory only once.
    List<String> once = new ArrayList<>(new LinkedHashSet<>(chain.reversed())).reversed();
    if (once.size() > OverlayMounts.MOST_LAYERS) {
      throw new SlipwayException(
          ErrorKind.EXHAUSTED,
          "a chain of "
              + once.size()
              + " layers cannot be mounted, at most "
              + OverlayMounts.MOST_LAYERS
              + " can");
    }
    Pin pin;
    List<Path> paths;
    synchronized (this) {
      pin = pin(once);
      paths = once.stream().map(id -> entries.get(id).layer.directory()).toList();
    }
    try {
      OverlayRoot root = new OverlayRoot(this, List.copyOf(chain), paths, pin);
      root.open(writable);
      return root;
    } catch (IOException e) {
      pin.close();
      throw failed("mount of " + once.size() + " layers", e);
    }
  }

  @Override
  public synchronized Pin pin(Collection<String> ids) throws SlipwayException {
    List<String> missing = ids.stream().filter(id -> !entries.containsKey(id)).toList();
    if (!missing.isEmpty()) {
      throw new SlipwayException(
          ErrorKind.NOT_FOUND, "layers are not here: " + String.join(", ", missing));
    }
    List<Entry> pinned = ids.stream().map(entries::get).toList();
    pinned.forEach(entry -> entry.pins++);
    return new Pin() {
      private boolean open = true;

      @Override
      public void close() {
        synchronized (OverlayStore.this) {
          if (open) {
            open = false;
            pinned.forEach(entry -> entry.pins--);
          }
        }
      }
    };
  }

  @Override
  public StoredLayer describe(String id, Digest diffId, Optional<StoredBlob> blob)
      throws SlipwayException {
    synchronized (this) {
      Entry entry = entries.get(id);
      if (entry == null) {
        throw new SlipwayException(ErrorKind.NOT_FOUND, "layer " + id + " is not here");
      }
      StoredLayer layer = entry.layer;
      entry.layer =
          new StoredLayer(
              id,
              layer.size(),
              layer.directory(),
              Optional.of(diffId),
              blob.isPresent() ? blob : layer.blob());
      try {
        directories.describe(entry.layer);
      } catch (IOException e) {
        throw failed("description of layer " + id, e);
      }
      unflushed = true;
      return entry.layer;
    }
  }

  @Override
  public List<String> delete(Collection<String> ids) {
    List<StoredLayer> unused = new ArrayList<>();
    synchronized (this) {
      for (String id : ids) {
        Entry entry = entries.get(id);
        if (entry != null && entry.pins == 0) {
          entries.remove(id);
          unused.add(entry.layer);
        }
      }
    }
    for (StoredLayer layer : unused) {
      try {
        directories.delete(layer);
      } catch (IOException e) {
        log.atWarn()
            .addKeyValue("layer", layer.id())
            .setCause(e)
            .log("layer not deleted from disk, will be at the next start");
      }
    }
    return unused.stream().map(StoredLayer::id).toList();
  }

  @Override
  public void close() {
    closing.countDown();
    flush();
  }

  OverlayMounts mounts() {
    return mounts;
  }

  LayerDirectories directories() {
    return directories;
  }

  /**
   * Makes the directory a layer; when the id is taken the directory is thrown away and the other
   * returned.
   */
  StoredLayer commit(Path incoming, String id, long size, Optional<Digest> diffId)
      throws SlipwayException {
    try {
      StoredLayer layer = directories.commit(incoming, id, size, diffId);
      StoredLayer other;
      synchronized (this) {
        Entry taken = entries.putIfAbsent(id, new Entry(layer));
        unflushed = true;
        if (taken == null) {
          return layer;
        }
        other = taken.layer;
      }
      directories.delete(layer);
      return other;
    } catch (IOException e) {
      throw failed("commit of layer " + id, e);
    }
  }

  /** The root of a new layer has the attributes of the root below it. */
  static void inheritRoot(Path diff, List<Path> below) throws IOException {
    try (Directory directory = Directory.open(diff)) {
      if (below.isEmpty()) {
        directory.ownerAndMode(0, 0, 0755);
        return;
      }
      try (Directory lower = Directory.open(below.getLast())) {
        Status status = lower.status();
        directory.ownerAndMode(status.uid(), status.gid(), status.permissions());
        directory.times(status.modified());
      }
    }
  }

  static SlipwayException failed(String what, IOException e) {
    return new SlipwayException(ErrorKind.UNAVAILABLE, what + " failed: " + e.getMessage(), e);
  }

  private void flushNowAndThen() {
    try {
      while (!closing.await(FLUSH_EVERY.toMillis(), TimeUnit.MILLISECONDS)) {
        flush();
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private void flush() {
    if (!unflushed) {
      return;
    }
    unflushed = false;
    try {
      directories.flush();
    } catch (IOException e) {
      unflushed = true;
      log.atWarn().setCause(e).log("layers not flushed to disk");
    }
  }
}
