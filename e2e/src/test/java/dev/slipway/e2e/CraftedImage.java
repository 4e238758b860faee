package dev.slipway.e2e;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Collectors;
import java.util.zip.GZIPOutputStream;

/** An image whose layers and configuration are bytes as somebody likes them. For amd64. */
final class CraftedImage {
  private static final String TAR_GZIP = "application/vnd.oci.image.layer.v1.tar+gzip";

  private final List<Layer> layers = new ArrayList<>();
  private String more = "";
  private String containers = "{}";

  private record Layer(String diffId, byte[] packed) {}

  /** Writes a tar. */
  interface Tar {
    void to(Output out) throws IOException;
  }

  /** Counts and digests what is compressed, so that nobody has to keep it. */
  static final class Output {
    private final GZIPOutputStream gzip;
    private final MessageDigest digest;

    private Output(GZIPOutputStream gzip, MessageDigest digest) {
      this.gzip = gzip;
      this.digest = digest;
    }

    void write(byte[] bytes) throws IOException {
      gzip.write(bytes);
      digest.update(bytes);
    }

    /** A header of that type, size and name, with a proper checksum. */
    void header(char type, String name, long size) throws IOException {
      byte[] block = new byte[512];
      put(block, 0, name);
      put(block, 100, "0000644\0000000000\0000000000\0");
      put(block, 124, "%011o\0%011o\0        %c".formatted(size, 0, type));
      put(block, 257, "ustar\00000");
      int sum = 0;
      for (byte one : block) {
        sum += one & 0xff;
      }
      put(block, 148, "%06o\0 ".formatted(sum));
      write(block);
    }

    void zeros(long count) throws IOException {
      byte[] block = new byte[1 << 16];
      for (long left = count; left > 0; left -= block.length) {
        write(left >= block.length ? block : new byte[(int) left]);
      }
    }

    private static void put(byte[] block, int at, String text) {
      byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
      System.arraycopy(bytes, 0, block, at, bytes.length);
    }
  }

  /** A compressed tar; its end is added. */
  static byte[] packed(Tar tar) {
    return pack(tar).packed();
  }

  private static Layer pack(Tar tar) {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    MessageDigest digest = sha256();
    try (GZIPOutputStream gzip = new GZIPOutputStream(packed, 1 << 16)) {
      Output out = new Output(gzip, digest);
      tar.to(out);
      out.zeros(1024);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return new Layer(text(digest.digest()), packed.toByteArray());
  }

  /** One more layer; the end of the tar is added. */
  CraftedImage layer(Tar tar) {
    layers.add(pack(tar));
    return this;
  }

  /** The last layer again, so many times. */
  CraftedImage repeated(int times) {
    for (int i = 0; i < times; i++) {
      layers.add(layers.getLast());
    }
    return this;
  }

  /** A layer with one small file. */
  CraftedImage small() {
    return layer(out -> out.header('0', "ok", 0));
  }

  /**
   * @param json the configuration's {@code config}
   */
  CraftedImage config(String json) {
    containers = json;
    return this;
  }

  /**
   * @param json one more field of the configuration, {@code "name": value}
   */
  CraftedImage field(String json) {
    more = "," + json;
    return this;
  }

  /** Pushes {@code REGISTRY/name:latest}; returns how a Dockerfile calls it. */
  String push(LocalRegistry registry, String name) {
    String diffIds =
        layers.stream().map(layer -> "\"" + layer.diffId() + "\"").collect(Collectors.joining(","));
    byte[] config =
        "{\"architecture\":\"amd64\",\"os\":\"linux\",\"config\":%s,\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[%s]}%s}"
            .formatted(containers, diffIds, more)
            .getBytes(StandardCharsets.UTF_8);
    registry.pushBlob(name, digest(config), config);
    layers.stream()
        .distinct()
        .forEach(layer -> registry.pushBlob(name, digest(layer.packed()), layer.packed()));
    String blobs =
        layers.stream()
            .map(layer ->
                "{\"mediaType\":\"%s\",\"digest\":\"%s\",\"size\":%d}"
                    .formatted(TAR_GZIP, digest(layer.packed()), layer.packed().length))
            .collect(Collectors.joining(","));
    registry.pushManifest(
        name,
        "latest",
        "application/vnd.oci.image.manifest.v1+json",
        "{\"schemaVersion\":2,\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\",\"config\":{\"mediaType\":\"application/vnd.oci.image.config.v1+json\",\"digest\":\"%s\",\"size\":%d},\"layers\":[%s]}"
            .formatted(digest(config), config.length, blobs));
    return registry.image(name);
  }

  static String digest(byte[] content) {
    return text(sha256().digest(content));
  }

  private static String text(byte[] hash) {
    return "sha256:" + HexFormat.of().formatHex(hash);
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (java.security.NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }
}
