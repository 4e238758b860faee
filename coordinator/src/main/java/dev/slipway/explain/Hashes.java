package dev.slipway.explain;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.HashMap;
import java.util.Map;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Short hashes that only have to tell a change. Values that could be guessed are hashed with the
 * farm's key, so that whoever reads a recipe cannot try them. Not thread-safe.
 */
final class Hashes {
  private static final String KEYED = "HmacSHA256";

  private final Mac mac;
  private final Map<String, Long> known = new HashMap<>();

  /**
   * @param key the same at all coordinators; not empty
   */
  Hashes(byte[] key) {
    try {
      mac = Mac.getInstance(KEYED);
      mac.init(new SecretKeySpec(key, KEYED));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK has " + KEYED, e);
    }
  }

  /** Of a text that may be secret. */
  long keyed(String text) {
    return known.computeIfAbsent(text, _ -> keyed(text.getBytes(StandardCharsets.UTF_8)));
  }

  /** Of bytes that may have a secret in them. */
  long keyed(byte[] bytes) {
    return ByteBuffer.wrap(mac.doFinal(bytes)).getLong();
  }

  /** Of a path or a digest. FNV-1a, mixed: a collision only makes a worse answer. */
  static long plain(String text) {
    long hash = 0xcbf29ce484222325L;
    for (int i = 0; i < text.length(); i++) {
      hash = (hash ^ text.charAt(i)) * 0x100000001b3L;
    }
    return mix(0, hash);
  }

  /** Of two hashes, in this order. */
  static long mix(long one, long other) {
    long mixed = one * 0x9e3779b97f4a7c15L + other;
    mixed = (mixed ^ (mixed >>> 30)) * 0xbf58476d1ce4e5b9L;
    mixed = (mixed ^ (mixed >>> 27)) * 0x94d049bb133111ebL;
    return mixed ^ (mixed >>> 31);
  }
}
