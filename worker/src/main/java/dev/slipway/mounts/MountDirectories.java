package dev.slipway.mounts;

import dev.slipway.linux.Directory;
import dev.slipway.snapshot.Trash;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.UUID;

/**
 * Copies on disk: {@code copies/<random>/{files,mount}}, the second saying whose it is. Names of
 * mounts are anybody's text and never become names of files. A copy without its description was not
 * whole and is removed at the next start.
 */
final class MountDirectories implements AutoCloseable {
  private static final int DIRECTORY_MODE = 0755;

  private final Path copies;
  private final Trash trash;

  private MountDirectories(Path copies, Trash trash) {
    this.copies = copies;
    this.trash = trash;
  }

  static MountDirectories open(Path root) throws IOException {
    return new MountDirectories(
        Files.createDirectories(root.resolve("copies")), Trash.open(root.resolve("trash")));
  }

  /** A place with an empty directory of root's. */
  Path make() throws IOException {
    Path place = copies.resolve(UUID.randomUUID().toString().replace("-", ""));
    Files.createDirectory(place);
    makeFiles(place);
    return place;
  }

  /** Throws away what is in the place and begins again. */
  void empty(Path place) throws IOException {
    trash.put(place.resolve("files"), 0);
    makeFiles(place);
  }

  private static void makeFiles(Path place) throws IOException {
    try (Directory directory = Directory.open(Files.createDirectory(place.resolve("files")))) {
      directory.ownerAndMode(0, 0, DIRECTORY_MODE);
    }
  }

  void remove(Path place, long bytes) throws IOException {
    trash.put(place, bytes);
  }

  long pendingBytes() {
    return trash.pendingBytes();
  }

  boolean awaitRemoved(Duration patience) throws InterruptedException {
    return trash.await(patience);
  }

  /** What is there; each copy free. */
  List<MountCopy> read() throws IOException {
    List<MountCopy> found = new ArrayList<>();
    try (DirectoryStream<Path> places = Files.newDirectoryStream(copies)) {
      for (Path place : places) {
        Optional<MountCopy> copy = read(place);
        if (copy.isPresent()) {
          found.add(copy.get());
        } else {
          trash.put(place, 0);
        }
      }
    }
    return found;
  }

  private static Optional<MountCopy> read(Path place) throws IOException {
    Path file = place.resolve("mount");
    if (!Files.isRegularFile(file) || !Files.isDirectory(place.resolve("files"))) {
      return Optional.empty();
    }
    Properties properties = new Properties();
    try (InputStream in = Files.newInputStream(file)) {
      properties.load(in);
      MountCopy copy =
          new MountCopy(
              place,
              properties.getProperty("id", ""),
              properties.getProperty("name", ""),
              Instant.parse(properties.getProperty("created", "")),
              MountCopy.State.FREE);
      copy.version = Long.parseLong(properties.getProperty("version", ""));
      copy.size = Long.parseLong(properties.getProperty("size", ""));
      copy.lastUsedAt = Instant.parse(properties.getProperty("used", ""));
      copy.uses = Long.parseLong(properties.getProperty("uses", ""));
      copy.measured = properties.getProperty("in-use", "").isEmpty();
      return copy.mountId.isEmpty() ? Optional.empty() : Optional.of(copy);
    } catch (IllegalArgumentException | DateTimeException _) {
      return Optional.empty();
    }
  }

  /** Notes what is known of the copy. */
  void describe(MountRecord record, Path place) throws IOException {
    Properties properties = new Properties();
    properties.setProperty("id", record.mountId());
    properties.setProperty("name", record.name());
    properties.setProperty("version", Long.toString(record.version()));
    properties.setProperty("size", Long.toString(record.size()));
    properties.setProperty("created", record.createdAt().toString());
    properties.setProperty("used", record.lastUsedAt().toString());
    properties.setProperty("uses", Long.toString(record.uses()));
    properties.setProperty("in-use", record.inUse() ? "yes" : "");
    Path fresh = place.resolve("mount.new");
    try (OutputStream out = Files.newOutputStream(fresh)) {
      properties.store(out, null);
    }
    Files.move(
        fresh,
        place.resolve("mount"),
        StandardCopyOption.ATOMIC_MOVE,
        StandardCopyOption.REPLACE_EXISTING);
  }

  @Override
  public void close() {
    trash.close();
  }
}
