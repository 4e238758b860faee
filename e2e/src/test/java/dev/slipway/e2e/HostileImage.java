package dev.slipway.e2e;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;

/** A tar that somebody made by hand, and an image of one such layer. */
final class HostileImage {
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final TarArchiveOutputStream tar = new TarArchiveOutputStream(bytes, "UTF-8");

  private String containers = "{}";

  HostileImage() {
    tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
  }

  HostileImage file(String path, String content) {
    byte[] body = content.getBytes(StandardCharsets.UTF_8);
    TarArchiveEntry entry = new TarArchiveEntry(path, true);
    entry.setSize(body.length);
    return put(entry, body);
  }

  HostileImage link(String path, String target) {
    TarArchiveEntry entry = new TarArchiveEntry(path, TarConstants.LF_SYMLINK, true);
    entry.setLinkName(target);
    return put(entry, new byte[0]);
  }

  HostileImage hardLink(String path, String target) {
    TarArchiveEntry entry = new TarArchiveEntry(path, TarConstants.LF_LINK, true);
    entry.setLinkName(target);
    return put(entry, new byte[0]);
  }

  /** A block device. */
  HostileImage device(String path, int major, int minor) {
    TarArchiveEntry entry = new TarArchiveEntry(path, TarConstants.LF_BLK, true);
    entry.setDevMajor(major);
    entry.setDevMinor(minor);
    entry.setMode(0666);
    return put(entry, new byte[0]);
  }

  /** What the image's configuration says of its containers, as JSON. */
  HostileImage config(String json) {
    containers = json;
    return this;
  }

  private HostileImage put(TarArchiveEntry entry, byte[] body) {
    try {
      tar.putArchiveEntry(entry);
      tar.write(body);
      tar.closeArchiveEntry();
      return this;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  byte[] tar() {
    try {
      tar.finish();
      return bytes.toByteArray();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Pushes the image {@code REGISTRY/name:latest}, for amd64. */
  void push(LocalRegistry registry, String name) {
    byte[] plain = tar();
    byte[] packed = gzip(plain);
    byte[] config =
        "{\"architecture\":\"amd64\",\"os\":\"linux\",\"config\":%s,\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\"%s\"]}}"
            .formatted(containers, digest(plain))
            .getBytes(StandardCharsets.UTF_8);
    registry.pushBlob(name, digest(packed), packed);
    registry.pushBlob(name, digest(config), config);
    registry.pushManifest(
        name,
        "latest",
        "application/vnd.oci.image.manifest.v1+json",
        """
        {"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json",
         "config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"%s","size":%d},
         "layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar+gzip","digest":"%s","size":%d}]}\
        """
            .formatted(digest(config), config.length, digest(packed), packed.length));
  }

  private static byte[] gzip(byte[] plain) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
      gzip.write(plain);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }

  private static String digest(byte[] content) {
    try {
      return "sha256:"
          + HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }
}
