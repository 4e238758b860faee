package dev.slipway.snapshot;

import dev.slipway.linux.Directory;
import dev.slipway.linux.LinuxException;
import dev.slipway.linux.Mounts;
import dev.slipway.oci.Digest;
import java.io.IOException;
import java.io.Reader;
import java.io.Writer;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The store on disk: {@code layers/N/{diff,layer,blob,blob-PACKING,shared}} for what is committed,
 * {@code incoming/N/diff} for what is being made, {@code mounts/N} to mount at, {@code trash/N} for
 * what is on its way out, {@code empty/{a,b}}, {@code flushed} (boot id and number of the last
 * layer known to be on the disk), {@code usage} (when layers were used). A layer comes into being,
 * and ceases to be, by the rename of its directory. @ThreadSafe
 */
final class LayerDirectories {
  private static final String VARIANT = "variant.";
  private static final Path BOOT_ID = Path.of("/proc/sys/kernel/random/boot_id");

  private final Path root;
  private final Trash trash;
  private final AtomicLong next = new AtomicLong();

  private LayerDirectories(Path root, Trash trash) {
    this.root = root;
    this.trash = trash;
  }

  static LayerDirectories open(Path root) throws IOException {
    Files.createDirectories(root);
    LayerDirectories directories = new LayerDirectories(root, Trash.open(root.resolve("trash")));
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
      directories.trash.put(half, 0);
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

  /** A layer, the one it was made on, and when; the files that it shares with others. */
  record Described(
      StoredLayer layer, Optional<String> below, Instant createdAt, List<SharedFiles.File> shared) {
    /** The name of its directory. */
    long number() {
      return LayerDirectories.number(layer.directory().getParent());
    }
  }

  /** Turns a directory of {@link #makeIncoming} into a layer. */
  Described commit(Path incoming, OverlayStore.Made made, Instant now) throws IOException {
    for (Path child : list(incoming)) {
      if (!child.getFileName().toString().equals("diff")) {
        remove(child);
      }
    }
    Path target = root.resolve("layers").resolve(incoming.getFileName());
    Described layer =
        new Described(
            new StoredLayer(
                made.id(), made.size(), target.resolve("diff"), made.diffId(), Optional.empty()),
            made.below(),
            now,
            made.shared());
    write(incoming, layer);
    writeShared(incoming, made.shared());
    Files.move(incoming, target, StandardCopyOption.ATOMIC_MOVE);
    return layer;
  }

  void describe(Described layer) throws IOException {
    write(layer.layer().directory().getParent(), layer);
  }

  /**
   * Takes the layer out of the store at once, deletes its bytes later.
   *
   * @param bytes that this frees
   */
  void delete(StoredLayer layer, long bytes) throws IOException {
    trash.put(layer.directory().getParent(), bytes);
  }

  /** The same for one packed form. */
  void deletePacked(Path file, long bytes) throws IOException {
    trash.put(file, bytes);
  }

  Trash trash() {
    return trash;
  }

  UsageLog usage() {
    return new UsageLog(root.resolve("usage"));
  }

  /** What is committed. What cannot be read is removed. */
  List<Described> read() throws IOException {
    List<Described> layers = new ArrayList<>();
    for (Path place : list(root.resolve("layers"))) {
      Optional<Described> layer = read(place);
      if (layer.isPresent()) {
        layers.add(layer.get());
        removeHalfBlobs(place);
      } else {
        trash.put(place, 0);
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
    long upTo = flushed.length == 2 ? Long.parseLong(flushed[1]) : 0;
    // The number of a layer that was deleted must not come again: it would count as flushed.
    next.accumulateAndGet(upTo, Math::max);
    if (flushed.length == 2 && flushed[0].equals(Files.readString(BOOT_ID).strip())) {
      return;
    }
    for (Path place : list(root.resolve("layers"))) {
      if (number(place) > upTo) {
        trash.put(place, 0);
      }
    }
    replace(file, Files.readString(BOOT_ID).strip() + " " + upTo + "\n");
  }

  static long number(Path place) {
    try {
      return Long.parseLong(place.getFileName().toString());
    } catch (NumberFormatException _) {
      return Long.MAX_VALUE / 2;
    }
  }

  /** A blob whose making was cut off by a crash. */
  private static void removeHalfBlobs(Path place) throws IOException {
    for (Path file : list(place)) {
      if (file.getFileName().toString().startsWith("blob.")) {
        Files.delete(file);
      }
    }
  }

  private static Optional<Described> read(Path place) {
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
      StoredLayer layer =
          new StoredLayer(
              id,
              Long.parseLong(properties.getProperty("size")),
              place.resolve("diff"),
              diffId,
              blob,
              readVariants(place, properties));
      return Optional.of(
          new Described(
              layer,
              Optional.ofNullable(properties.getProperty("below")),
              Instant.ofEpochMilli(Long.parseLong(properties.getProperty("created"))),
              readShared(place)));
    } catch (IOException | IllegalArgumentException _) {
      return Optional.empty();
    }
  }

  /** {@code variant.NAME=diffId digest size type}; one without its file does not count. */
  private static Map<String, StoredVariant> readVariants(Path place, Properties properties) {
    Map<String, StoredVariant> variants = new HashMap<>();
    for (String key : properties.stringPropertyNames()) {
      if (!key.startsWith(VARIANT)) {
        continue;
      }
      String name = key.substring(VARIANT.length());
      String[] words = properties.getProperty(key).split(" ");
      if (Files.exists(place.resolve("blob-" + name))) {
        variants.put(
            name,
            new StoredVariant(
                new Digest(words[0]),
                new StoredBlob(words[3], new Digest(words[1]), Long.parseLong(words[2]))));
      }
    }
    return variants;
  }

  private static void writeShared(Path place, List<SharedFiles.File> files) throws IOException {
    if (files.isEmpty()) {
      return;
    }
    try (Writer writer = Files.newBufferedWriter(place.resolve("shared"))) {
      for (SharedFiles.File file : files) {
        writer.write(file.inode() + " " + file.size() + " " + file.origin() + "\n");
      }
    }
  }

  private static List<SharedFiles.File> readShared(Path place) throws IOException {
    Path file = place.resolve("shared");
    if (!Files.exists(file)) {
      return List.of();
    }
    List<SharedFiles.File> files = new ArrayList<>();
    for (String line : Files.readAllLines(file)) {
      String[] words = line.split(" ");
      files.add(
          new SharedFiles.File(
              Long.parseLong(words[0]), Long.parseLong(words[1]), Long.parseLong(words[2])));
    }
    return files;
  }

  private static void write(Path place, Described described) throws IOException {
    StoredLayer layer = described.layer();
    StringBuilder text = new StringBuilder();
    text.append("id=")
        .append(layer.id().replace("\\", "\\\\"))
        .append("\nsize=")
        .append(layer.size())
        .append("\ncreated=")
        .append(described.createdAt().toEpochMilli())
        .append('\n');
    described
        .below()
        .ifPresent(below -> text.append("below=").append(below.replace("\\", "\\\\")).append('\n'));
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
    layer
        .variants()
        .forEach((name, variant) ->
            text.append(VARIANT)
                .append(name)
                .append('=')
                .append(variant.diffId())
                .append(' ')
                .append(variant.blob().digest())
                .append(' ')
                .append(variant.blob().size())
                .append(' ')
                .append(variant.blob().mediaType())
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
