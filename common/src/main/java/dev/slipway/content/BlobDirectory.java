package dev.slipway.content;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.oci.Digest;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Blobs in a directory that many processes on many machines write and read: {@code
 * blobs/sha256/<first two digits>/<hex>}. A file appears complete and flushed, or not at all;
 * whoever reads verifies. Nothing is ever deleted: what cannot be trusted is set aside as {@code
 * <hex>.corrupt}. @ThreadSafe
 */
public final class BlobDirectory {
  private static final Logger LOG = LoggerFactory.getLogger(BlobDirectory.class);
  private static final int BUFFER_BYTES = 128 << 10;

  /** Digits of a digest that name its folder: 256 folders keep each small. */
  private static final int FOLDER_DIGITS = 2;

  private final Path root;

  /**
   * @param root absolute; exists
   */
  public BlobDirectory(Path root) {
    this.root = root.normalize();
  }

  public Path root() {
    return root;
  }

  /** The address of a blob in the directory as its readers see it. */
  public static URI uri(Path directory, Digest digest) {
    return file(directory.normalize(), digest).toUri();
  }

  /** Whether a file of that size is there. */
  public boolean has(Digest digest, long size) throws IOException {
    try {
      return Files.size(file(root, digest)) == size;
    } catch (NoSuchFileException e) {
      return false;
    }
  }

  /** Copies the file in unless the directory has it. Returns whether bytes were written. */
  public boolean store(Digest digest, Path content) throws IOException {
    if (has(digest, Files.size(content))) {
      return false;
    }
    Path file = file(root, digest);
    Path folder = Files.createDirectories(file.getParent());
    Path half = Files.createTempFile(folder, "in-", ".half");
    try {
      try (FileChannel out = FileChannel.open(half, StandardOpenOption.WRITE);
          FileChannel in = FileChannel.open(content, StandardOpenOption.READ)) {
        long size = in.size();
        for (long done = 0; done < size; ) {
          done += in.transferTo(done, size - done, out);
        }
        out.force(true);
      }
      Files.move(half, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(half);
    }
    try (FileChannel names = FileChannel.open(folder, StandardOpenOption.READ)) {
      names.force(true);
    }
    return true;
  }

  /**
   * Copies a blob out, verified.
   *
   * @param address as {@link #uri} makes it
   * @param size in bytes; negative = unknown
   * @throws SlipwayException DENIED when the address is not in this directory, NOT_FOUND,
   *     UNAVAILABLE when the bytes are wrong
   */
  public void read(URI address, Digest digest, long size, Path target)
      throws SlipwayException, IOException {
    Path file = file(root, digest);
    if (!file.toUri().equals(address)) {
      throw new SlipwayException(
          ErrorKind.DENIED,
          "blob " + digest + " is said to be at " + address + ", which is not in " + root);
    }
    MessageDigest hash = Digest.sha256();
    long total = 0;
    try (InputStream in = Files.newInputStream(file);
        OutputStream out = Files.newOutputStream(target)) {
      byte[] buffer = new byte[BUFFER_BYTES];
      for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
        hash.update(buffer, 0, count);
        out.write(buffer, 0, count);
        total += count;
      }
    } catch (NoSuchFileException e) {
      throw new SlipwayException(ErrorKind.NOT_FOUND, "blob " + digest + " is not in " + root, e);
    }
    if (!Digest.ofHash(hash.digest()).equals(digest) || (size >= 0 && total != size)) {
      setAside(file);
      throw new SlipwayException(
          ErrorKind.UNAVAILABLE,
          "blob " + digest + " in " + root + " has other bytes than its name says; set aside");
    }
  }

  private static void setAside(Path file) {
    try {
      Files.move(
          file,
          file.resolveSibling(file.getFileName() + ".corrupt"),
          StandardCopyOption.REPLACE_EXISTING);
      LOG.atError().addKeyValue("file", file).log("corrupt blob set aside: check that disk");
    } catch (IOException e) {
      LOG.atError().addKeyValue("file", file).setCause(e).log("corrupt blob not set aside");
    }
  }

  private static Path file(Path root, Digest digest) {
    String hex = digest.hex();
    return root.resolve("blobs/sha256").resolve(hex.substring(0, FOLDER_DIGITS)).resolve(hex);
  }
}
