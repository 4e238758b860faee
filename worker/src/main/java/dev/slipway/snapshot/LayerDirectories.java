package dev.slipway.snapshot;

import dev.slipway.linux.Directory;
import dev.slipway.linux.LinuxException;
import dev.slipway.linux.Mounts;
import dev.slipway.linux.Status;
import dev.slipway.oci.Digest;
import java.io.IOException;
import java.io.Reader;
import java.io.Writer;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The store on disk: {@code layers/N/{diff,layer,blob}} for what is committed, {@code
 * incoming/N/diff} for what is being made, {@code mounts/N} to mount at, {@code empty/{a,b}},
 * {@code flushed} (boot id and number of the last layer known to be on the disk). A layer comes
 * into being by the rename of its directory. @ThreadSafe
 */
final class LayerDirectories {
  private static final Path BOOT_ID = Path.of("/proc/sys/kernel/random/boot_id");

  private final Path root;
  private final AtomicLong next = new AtomicLong();

  private LayerDirectories(Path root) {
    this.root = root;
  }

  static LayerDirectories open(Path root) throws IOException {
    LayerDirectories directories = new LayerDirectories(root);
    for (String name : List.of("layers", "incoming", "mounts", "empty/a", "empty/b")) {
      Files.createDirectories(root.resolve(name));
    }
    for (Path mount : list(root.resolve("mounts"))) {
      try {
        Mounts.detach(mount);
      } catch (LinuxException _) {
        // Not mounted: the usual case, as the namespace died with the worker.
      }
      Files.deleteIfExists(mount);
    }
    for (Path half : list(root.resolve("incoming"))) {
      remove(half);
    }
    directories.dropUnflushed();
    return directories;
  }

  Path empty() {
    return root.resolve("empty");
  }

  Path makeIncoming() throws IOException {
    Path place = root.resolve("incoming").resolve(Long.toString(next.incrementAndGet()));
    Files.createDirectory(place);
    Files.createDirectory(place.resolve("diff"));
    return place;
  }

  Path makeMountPoint() throws IOException {
    return Files.createDirectory(
        root.resolve("mounts").resolve(Long.toString(next.incrementAndGet())));
  }

  /** Turns a directory of {@link #makeIncoming} into a layer. */
  StoredLayer commit(Path incoming, String id, long size, Optional<Digest> diffId)
      throws IOException {
    for (Path child : list(incoming)) {
      if (!child.getFileName().toString().equals("diff")) {
        remove(child);
      }
    }
    write(incoming, new StoredLayer(id, size, incoming.resolve("diff"), diffId, Optional.empty()));
    Path target = root.resolve("layers").resolve(incoming.getFileName());
    Files.move(incoming, target, StandardCopyOption.ATOMIC_MOVE);
    return new StoredLayer(id, size, target.resolve("diff"), diffId, Optional.empty());
  }

  void describe(StoredLayer layer) throws IOException {
    write(layer.directory().getParent(), layer);
  }

  /** Takes the layer out of the store at once, deletes its bytes after. */
  void delete(StoredLayer layer) throws IOException {
    Path place = layer.directory().getParent();
    Path away = root.resolve("incoming").resolve("deleted-" + place.getFileName());
    Files.move(place, away, StandardCopyOption.ATOMIC_MOVE);
    remove(away);
  }

  /** What is committed. What cannot be read is removed. */
  List<StoredLayer> read() throws IOException {
    List<StoredLayer> layers = new ArrayList<>();
    for (Path place : list(root.resolve("layers"))) {
      Optional<StoredLayer> layer = read(place);
      if (layer.isPresent()) {
        layers.add(layer.get());
      } else {
        remove(place);
      }
      next.accumulateAndGet(number(place), Math::max);
    }
    return layers;
  }

  /** Flushes everything committed so far. */
  void flush() throws IOException {
    long upTo = next.get();
    try (Directory directory = Directory.open(root)) {
      directory.syncFilesystem();
    }
    replace(root.resolve("flushed"), Files.readString(BOOT_ID).strip() + " " + upTo + "\n");
  }

  static void remove(Path path) throws IOException {
    try (Directory parent = Directory.open(path.getParent())) {
      parent.removeTree(path.getFileName().toString());
    }
  }

  /** Bytes of the regular files below, those with several names counted once. */
  static long measure(Path directory) throws IOException {
    try (Directory open = Directory.open(directory)) {
      return measure(open, new HashSet<>());
    }
  }

  private static long measure(Directory directory, Set<Long> seen) throws IOException {
    long size = 0;
    for (String name : directory.names()) {
      Status status = directory.status(name);
      if (status.isDirectory()) {
        try (Directory inner = directory.enter(name)) {
          size += measure(inner, seen);
        }
      } else if (status.isRegular() && (status.links() == 1 || seen.add(status.inode()))) {
        size += status.size();
      }
    }
    return size;
  }

  /**
   * After a crash of the machine the newest layers may lack bytes: those not known to be flushed
   * are removed.
   */
  private void dropUnflushed() throws IOException {
    Path file = root.resolve("flushed");
    if (!Files.exists(file)) {
      replace(file, Files.readString(BOOT_ID).strip() + " 0\n");
    }
    String[] flushed = Files.readString(file).strip().split(" ");
    if (flushed.length == 2 && flushed[0].equals(Files.readString(BOOT_ID).strip())) {
      return;
    }
    long upTo = flushed.length == 2 ? Long.parseLong(flushed[1]) : 0;
    for (Path place : list(root.resolve("layers"))) {
      if (number(place) > upTo) {
        remove(place);
      }
    }
    replace(file, Files.readString(BOOT_ID).strip() + " " + upTo + "\n");
  }

  private static long number(Path place) {
    try {
      return Long.parseLong(place.getFileName().toString());
    } catch (NumberFormatException _) {
      return Long.MAX_VALUE / 2;
    }
  }

  private static Optional<StoredLayer> read(Path place) {
    Properties properties = new Properties();
    try (Reader reader = Files.newBufferedReader(place.resolve("layer"))) {
      properties.load(reader);
      Optional<Digest> diffId =
          Optional.ofNullable(properties.getProperty("diff-id")).map(Digest::new);
      Optional<StoredBlob> blob = Optional.empty();
      if (properties.getProperty("blob-digest") != null && Files.exists(place.resolve("blob"))) {
        blob =
            Optional.of(
                new StoredBlob(
                    properties.getProperty("blob-type"),
                    new Digest(properties.getProperty("blob-digest")),
                    Long.parseLong(properties.getProperty("blob-size"))));
      }
      String id = properties.getProperty("id");
      if (id == null || !Files.isDirectory(place.resolve("diff"))) {
        return Optional.empty();
      }
      return Optional.of(
          new StoredLayer(
              id,
              Long.parseLong(properties.getProperty("size")),
              place.resolve("diff"),
              diffId,
              blob));
    } catch (IOException | IllegalArgumentException _) {
      return Optional.empty();
    }
  }

  private static void write(Path place, StoredLayer layer) throws IOException {
    StringBuilder text = new StringBuilder();
    text.append("id=")
        .append(layer.id().replace("\\", "\\\\"))
        .append("\nsize=")
        .append(layer.size())
        .append('\n');
    layer.diffId().ifPresent(diffId -> text.append("diff-id=").append(diffId).append('\n'));
    layer
        .blob()
        .ifPresent(blob ->
            text.append("blob-type=")
                .append(blob.mediaType())
                .append("\nblob-digest=")
                .append(blob.digest())
                .append("\nblob-size=")
                .append(blob.size())
                .append('\n'));
    replace(place.resolve("layer"), text.toString());
  }

  private static void replace(Path file, String text) throws IOException {
    Path half = file.resolveSibling(file.getFileName() + ".new");
    try (Writer writer = Files.newBufferedWriter(half)) {
      writer.write(text);
    }
    try {
      Files.move(half, file, StandardCopyOption.ATOMIC_MOVE);
    } catch (AtomicMoveNotSupportedException e) {
      throw new IOException(file + " cannot be replaced in one step", e);
    }
  }

  private static List<Path> list(Path directory) throws IOException {
    try (DirectoryStream<Path> stream = Files.newDirectoryStream(directory)) {
      List<Path> paths = new ArrayList<>();
      stream.forEach(paths::add);
      return paths;
    }
  }
}
