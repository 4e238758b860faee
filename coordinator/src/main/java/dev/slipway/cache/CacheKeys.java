package dev.slipway.cache;

import dev.slipway.graph.Vertex;
import dev.slipway.oci.Digest;
import dev.slipway.oci.Platform;
import dev.slipway.protocol.CanonicalOp;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.List;

/**
 * Cache keys of vertices. Every field is framed with its length and every key starts with its kind
 * and the version of this scheme, so that no two different inputs give the same bytes. Equal keys
 * mean interchangeable results.
 */
public final class CacheKeys {
  /** Raise it when the meaning of a key changes: old records are then never found again. */
  private static final String VERSION = "slipway.key.v1";

  private CacheKeys() {}

  /** What a vertex reads, as far as its result depends on it. */
  public sealed interface Input {
    /** Output {@code output} of a vertex with the key. */
    record Result(String key, int output) implements Input {}

    /** Files with the digest, wherever they come from. */
    record Content(Digest digest) implements Input {}

    /** The paths that the op reads of a filesystem, digested by a worker. */
    record Part(String digest) implements Input {}

    /** Some paths of a filesystem, whatever is in them. */
    record AnyPart() implements Input {}
  }

  /**
   * Returns the key of an exec, file, merge or diff vertex.
   *
   * @param trustDomain tenants with different domains never share a result
   */
  public static String of(String trustDomain, Vertex vertex, List<Input> inputs) {
    Frame frame = new Frame("op", trustDomain);
    frame.add(CanonicalOp.of(vertex.bytes()));
    frame.add(vertex.platform().map(Platform::id).orElse(""));
    frame.add(inputs.size());
    for (Input input : inputs) {
      switch (input) {
        case Input.Result(String key, int output) -> frame.add("result").add(key).add(output);
        case Input.Content(Digest digest) -> frame.add("content").add(digest.value());
        case Input.Part(String digest) -> frame.add("part").add(digest);
        case Input.AnyPart() -> frame.add("any part");
      }
    }
    return frame.end();
  }

  /** Returns the key of an image: its root digest and the platform taken from it. */
  public static String ofImage(Digest root, Platform platform) {
    return new Frame("image", "").add(root.value()).add(platform.id()).end();
  }

  private static final class Frame {
    private final MessageDigest hash = Digest.sha256();

    Frame(String kind, String trustDomain) {
      add(VERSION).add(kind).add(trustDomain);
    }

    Frame add(byte[] field) {
      add(field.length);
      hash.update(field);
      return this;
    }

    Frame add(String field) {
      return add(field.getBytes(StandardCharsets.UTF_8));
    }

    Frame add(int number) {
      hash.update(ByteBuffer.allocate(Integer.BYTES).putInt(number).array());
      return this;
    }

    String end() {
      return Digest.ofHash(hash.digest()).value();
    }
  }
}
