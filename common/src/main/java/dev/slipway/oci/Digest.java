package dev.slipway.oci;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.regex.Pattern;

/**
 * A SHA-256 content digest in its textual form {@code sha256:<64 lower-case hex>}. OCI image-spec
 * v1.1, Descriptor, Digests.
 *
 * @param value the whole text, algorithm included
 */
public record Digest(String value) implements Comparable<Digest> {
  private static final Pattern SHA256 = Pattern.compile("sha256:[a-f0-9]{64}");

  public Digest {
    if (!SHA256.matcher(value).matches()) {
      throw new IllegalArgumentException("\"" + value + "\" is not a sha256 digest");
    }
  }

  /** Returns the digest of the bytes. */
  public static Digest of(byte[] content) {
    return ofHash(sha256().digest(content));
  }

  /** Returns the digest of the UTF-8 form of the text. */
  public static Digest ofText(String text) {
    return of(text.getBytes(StandardCharsets.UTF_8));
  }

  /** Returns the digest whose 32 raw bytes a {@link #sha256()} gave. */
  public static Digest ofHash(byte[] hash) {
    return new Digest("sha256:" + HexFormat.of().formatHex(hash));
  }

  /** Whether the text is a well-formed digest. */
  public static boolean isDigest(String text) {
    return SHA256.matcher(text).matches();
  }

  /** Returns a fresh SHA-256 state. */
  public static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  /** The 64 hexadecimal characters. */
  public String hex() {
    return value.substring("sha256:".length());
  }

  @Override
  public int compareTo(Digest other) {
    return value.compareTo(other.value);
  }

  @Override
  public String toString() {
    return value;
  }
}
