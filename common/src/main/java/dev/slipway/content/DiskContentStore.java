package dev.slipway.content;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.oci.Descriptor;
import dev.slipway.oci.Digest;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.util.OptionalLong;

/**
 * Content in files: {@code blobs/sha256/<hex>}, written as {@code ingest/<random>} first, then
 * renamed. What a crash left in {@code ingest} is removed when the store is opened. @ThreadSafe
 */
public final class DiskContentStore implements ContentStore {
  private static final String MEDIA_TYPE = "application/octet-stream";
  private static final int BUFFER_BYTES = 64 * 1024;

  private final Path blobs;
  private final Path ingest;

  /** Opens the store in the directory, which belongs to it alone. */
  public DiskContentStore(Path root) throws IOException {
    this.blobs = Files.createDirectories(root.resolve("blobs/sha256"));
    this.ingest = Files.createDirectories(root.resolve("ingest"));
    try (DirectoryStream<Path> leftovers = Files.newDirectoryStream(ingest)) {
      for (Path leftover : leftovers) {
        Files.deleteIfExists(leftover);
      }
    }
  }

  @Override
  public OptionalLong size(Digest digest) throws IOException {
    try {
      return OptionalLong.of(Files.size(file(digest)));
    } catch (NoSuchFileException e) {
      return OptionalLong.empty();
    }
  }

  @Override
  public InputStream open(Digest digest) throws SlipwayException, IOException {
    try {
      return Files.newInputStream(file(digest));
    } catch (NoSuchFileException e) {
      throw new SlipwayException(ErrorKind.NOT_FOUND, "content " + digest + ": not found", e);
    }
  }

  @Override
  public Descriptor ingest(InputStream content, Digest expected, long limit)
      throws SlipwayException, IOException {
    Path file = Files.createTempFile(ingest, "in-", "");
    try {
      MessageDigest hash = Digest.sha256();
      long size = copy(content, file, hash, limit, expected);
      Digest actual = Digest.ofHash(hash.digest());
      if (!actual.equals(expected)) {
        throw new SlipwayException(
            ErrorKind.INVALID, "content has digest " + actual + ", expected " + expected);
      }
      Files.move(file, file(expected), StandardCopyOption.ATOMIC_MOVE);
      return new Descriptor(MEDIA_TYPE, expected, size);
    } finally {
      Files.deleteIfExists(file);
    }
  }

  private static long copy(
      InputStream content, Path file, MessageDigest hash, long limit, Digest expected)
      throws SlipwayException, IOException {
    long size = 0;
    byte[] buffer = new byte[BUFFER_BYTES];
    try (OutputStream out = Files.newOutputStream(file)) {
      for (int count = content.read(buffer); count >= 0; count = content.read(buffer)) {
        size += count;
        if (size > limit) {
          throw new SlipwayException(
              ErrorKind.EXHAUSTED, "content " + expected + " is larger than " + limit + " bytes");
        }
        hash.update(buffer, 0, count);
        out.write(buffer, 0, count);
      }
    }
    return size;
  }

  @Override
  public void delete(Digest digest) throws IOException {
    Files.deleteIfExists(file(digest));
  }

  private Path file(Digest digest) {
    return blobs.resolve(digest.hex());
  }
}
