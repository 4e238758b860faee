package dev.slipway.snapshot;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.linux.Directory;
import dev.slipway.linux.DiskFull;
import dev.slipway.oci.Digest;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.LongPredicate;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The store over overlayfs. The lock guards the table of layers and their pins; no I/O on layers'
 * files happens under it.
 */
final class OverlayStore implements SnapshotStore {
  private static final Logger LOG = LoggerFactory.getLogger(OverlayStore.class);

  /** How much work a crash of the machine may cost; a flush of an idle disk costs nothing. */
  private static final Duration FLUSH_EVERY = Duration.ofSeconds(30);

  /**
   * Packings of one layer beside the usual one. Who exports with changing times or levels makes new
   * ones for ever.
   */
  private static final int MOST_VARIANTS = 4;

  private final LayerDirectories directories;
  private final OverlayMounts mounts;
  private final Map<String, Entry> entries = new HashMap<>();

  /** How many layers were made on the layer of that id. */
  private final Map<String, Integer> above = new HashMap<>();

  private final BlobIndex blobs = new BlobIndex();

  /** Layers used since the log was written. */
  private Set<Entry> used = new HashSet<>();

  private final SharedFiles shared = new SharedFiles();
  private final InstantSource clock;

  /** Used by one thread at a time, which holds {@code flushing}. */
  private final UsageLog log;

  private final Object flushing = new Object();
  private final CountDownLatch closing = new CountDownLatch(1);
  private volatile boolean unflushed;

  /**
   * What becomes a layer.
   *
   * @param below the layer that it was made on
   * @param shared files that have names in other layers too
   */
  record Made(
      String id,
      long size,
      Optional<Digest> diffId,
      Optional<String> below,
      List<SharedFiles.File> shared) {}

  private static final class Entry {
    final long number;
    final Optional<String> below;
    final Instant createdAt;
    StoredLayer layer;
    int pins;
    long lastUsedMillis;
    long uses;

    Entry(LayerDirectories.Described described, UsageLog.Use use) {
      this.number = described.number();
      this.below = described.below();
      this.createdAt = described.createdAt();
      this.layer = described.layer();
      this.lastUsedMillis = use.lastMillis();
      this.uses = use.count();
    }

    UsageLog.Use use() {
      return new UsageLog.Use(lastUsedMillis, uses);
    }

    LayerUsage usage(long elsewhere) {
      return new LayerUsage(
          layer,
          layer.size() - elsewhere + layer.blobSize(),
          below,
          createdAt,
          Instant.ofEpochMilli(lastUsedMillis),
          uses,
          pins > 0);
    }

    LayerDirectories.Described described() {
      return new LayerDirectories.Described(layer, below, createdAt, List.of());
    }
  }

  OverlayStore(LayerDirectories directories, OverlayMounts mounts, InstantSource clock)
      throws IOException {
    this.directories = directories;
    this.mounts = mounts;
    this.clock = clock;
    this.log = directories.usage();
    Map<Long, UsageLog.Use> uses = log.read();
    Map<Long, UsageLog.Use> present = new HashMap<>();
    List<LayerDirectories.Described> described = new ArrayList<>();
    for (LayerDirectories.Described layer : directories.read()) {
      UsageLog.Use use =
          uses.getOrDefault(layer.number(), new UsageLog.Use(layer.createdAt().toEpochMilli(), 0));
      if (add(new Entry(layer, use)).isPresent()) {
        directories.delete(layer.layer(), 0);
      } else {
        present.put(layer.number(), use);
        described.add(layer);
      }
    }
    described.forEach(layer -> share(layer, present::containsKey));
    log.replace(present);
    Thread.ofPlatform().daemon().name("snapshot-flush").start(this::flushNowAndThen);
  }

  private synchronized void share(LayerDirectories.Described layer, LongPredicate isHere) {
    shared.add(layer.number(), layer.shared(), isHere);
  }

  /** Puts it into the table; returns who had the id already, and then nothing has changed. */
  private synchronized Optional<Entry> add(Entry entry) {
    Entry taken = entries.putIfAbsent(entry.layer.id(), entry);
    if (taken == null) {
      entry.below.ifPresent(below -> above.merge(below, 1, Integer::sum));
      blobs.add(entry.layer);
    }
    return Optional.ofNullable(taken);
  }

  @Override
  public synchronized Optional<StoredLayer> findBlob(Digest digest) {
    return blobs.find(digest).flatMap(this::find);
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
      Optional<String> belowId = below.isEmpty() ? Optional.empty() : Optional.of(below.getLast());
      return new OverlayLayerWriter(this, id, place, paths, belowId, pin);
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
    long now = clock.millis();
    for (Entry entry : pinned) {
      entry.pins++;
      entry.uses++;
      entry.lastUsedMillis = Math.max(entry.lastUsedMillis, now);
      used.add(entry);
    }
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
              blob.isPresent() ? blob : layer.blob(),
              layer.variants());
      return described(entry, layer);
    }
  }

  @Override
  public StoredLayer keep(String id, String name, StoredVariant variant) throws SlipwayException {
    synchronized (this) {
      Entry entry = entries.get(id);
      if (entry == null) {
        throw new SlipwayException(ErrorKind.NOT_FOUND, "layer " + id + " is not here");
      }
      StoredLayer layer = entry.layer;
      Map<String, StoredVariant> variants = new HashMap<>(layer.variants());
      for (String other : layer.variants().keySet()) {
        if (variants.size() >= MOST_VARIANTS && !other.equals(name)) {
          drop(layer.variantFile(other), variants.remove(other).blob().size());
        }
      }
      variants.put(name, variant);
      entry.layer = with(layer, layer.blob(), variants);
      return described(entry, layer);
    }
  }

  private static StoredLayer with(
      StoredLayer layer, Optional<StoredBlob> blob, Map<String, StoredVariant> variants) {
    return new StoredLayer(
        layer.id(), layer.size(), layer.directory(), layer.diffId(), blob, variants);
  }

  /** Writes down what the layer has become. */
  private StoredLayer described(Entry entry, StoredLayer before) throws SlipwayException {
    try {
      directories.describe(entry.described());
    } catch (IOException e) {
      throw failed("description of layer " + before.id(), e);
    }
    unflushed = true;
    blobs.remove(before);
    blobs.add(entry.layer);
    return entry.layer;
  }

  private boolean drop(Path packed, long bytes) {
    try {
      directories.deletePacked(packed, bytes);
      return true;
    } catch (IOException e) {
      LOG.atWarn().addKeyValue("file", packed).setCause(e).log("blob of a layer not deleted");
      return false;
    }
  }

  @Override
  public synchronized List<LayerUsage> usage() {
    return entries.values().stream()
        .map(entry -> entry.usage(shared.elsewhere(entry.number)))
        .toList();
  }

  @Override
  public List<Deleted> delete(Collection<String> ids, Predicate<String> free) {
    List<Deleted> unused = new ArrayList<>();
    synchronized (this) {
      for (String id : ids) {
        Entry entry = entries.get(id);
        if (entry != null && entry.pins == 0 && !above.containsKey(id) && free.test(id)) {
          entries.remove(id);
          used.remove(entry);
          blobs.remove(entry.layer);
          entry.below.ifPresent(
              below -> above.computeIfPresent(below, (_, count) -> count > 1 ? count - 1 : null));
          long before = entry.usage(shared.elsewhere(entry.number)).bytes();
          unused.add(new Deleted(entry.layer, before - shared.remove(entry.number)));
        }
      }
    }
    for (Deleted deleted : unused) {
      try {
        directories.delete(deleted.layer(), deleted.bytes());
      } catch (IOException e) {
        LOG.atWarn()
            .addKeyValue("layer", deleted.layer().id())
            .setCause(e)
            .log("layer not deleted from disk, is here again after the next start");
      }
    }
    return unused;
  }

  /**
   * The rename is done under the lock, which costs microseconds: whoever makes the blob anew must
   * find the old one gone. The description is left as it is, since it counts only with the file.
   */
  @Override
  public synchronized Optional<StoredLayer> dropBlob(String id, Predicate<String> free) {
    Entry entry = entries.get(id);
    if (entry == null || !entry.layer.isPacked() || entry.pins > 0 || !free.test(id)) {
      return Optional.empty();
    }
    StoredLayer before = entry.layer;
    Optional<StoredBlob> blob =
        before.blob().filter(usual -> !drop(before.blobFile(), usual.size()));
    Map<String, StoredVariant> variants = new HashMap<>(before.variants());
    variants
        .entrySet()
        .removeIf(variant ->
            drop(before.variantFile(variant.getKey()), variant.getValue().blob().size()));
    if (blob.isPresent() && variants.equals(before.variants())) {
      return Optional.empty();
    }
    blobs.remove(before);
    entry.layer = with(before, blob, variants);
    blobs.add(entry.layer);
    return Optional.of(before);
  }

  @Override
  public long pendingBytes() {
    return directories.trash().pendingBytes();
  }

  @Override
  public boolean awaitDeleted(Duration patience) throws InterruptedException {
    return directories.trash().await(patience);
  }

  @Override
  public void close() {
    closing.countDown();
    flush();
    directories.trash().close();
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
  StoredLayer commit(Path incoming, Made made) throws SlipwayException {
    try {
      LayerDirectories.Described layer =
          directories.commit(incoming, made, Instant.ofEpochMilli(clock.millis()));
      Entry entry = new Entry(layer, new UsageLog.Use(layer.createdAt().toEpochMilli(), 0));
      Optional<Entry> taken;
      synchronized (this) {
        taken = add(entry);
        if (taken.isEmpty()) {
          // What it was linked from is pinned by whoever linked it.
          share(layer, _ -> true);
        }
      }
      unflushed = true;
      if (taken.isEmpty()) {
        return layer.layer();
      }
      directories.delete(layer.layer(), 0);
      synchronized (this) {
        return taken.get().layer;
      }
    } catch (IOException e) {
      throw failed("commit of layer " + made.id(), e);
    }
  }

  /** The root of a new layer has the attributes of the root below it. */
  static void inheritRoot(Path diff, List<Path> below) throws IOException {
    if (below.isEmpty()) {
      try (Directory directory = Directory.open(diff)) {
        directory.ownerAndMode(0, 0, 0755);
      }
      return;
    }
    RootAttributes.of(below.getLast()).apply(diff);
  }

  static SlipwayException failed(String what, IOException e) {
    return new SlipwayException(
        DiskFull.caused(e) ? ErrorKind.EXHAUSTED : ErrorKind.UNAVAILABLE,
        what + " failed: " + e.getMessage(),
        e);
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
    synchronized (flushing) {
      logUses();
      if (!unflushed) {
        return;
      }
      unflushed = false;
      try {
        directories.flush();
      } catch (IOException e) {
        unflushed = true;
        LOG.atWarn().setCause(e).log("layers not flushed to disk");
      }
    }
  }

  private void logUses() {
    Set<Entry> changed;
    Map<Long, UsageLog.Use> lines = new HashMap<>();
    boolean anew;
    synchronized (this) {
      changed = used;
      used = new HashSet<>();
      anew = log.isLong(entries.size());
      (anew ? entries.values() : changed).forEach(entry -> lines.put(entry.number, entry.use()));
    }
    try {
      if (anew) {
        log.replace(lines);
      } else if (!lines.isEmpty()) {
        log.append(lines);
      }
    } catch (IOException e) {
      synchronized (this) {
        used.addAll(changed);
      }
      LOG.atWarn().setCause(e).log("uses of layers not written down");
    }
  }
}
