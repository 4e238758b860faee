package dev.slipway.mounts;

import dev.slipway.oci.Digest;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.List;
import java.util.regex.Pattern;

/** Farm-wide ids of cache mounts. The names that they are made of are anybody's text. */
public final class MountId {
  private static final Pattern FORM = Pattern.compile("mount:sha256:[0-9a-f]{64}");

  private MountId() {}

  /**
   * Returns the id.
   *
   * @param tenant whose it is; tenants never share one
   * @param name the id that the step gave it
   * @param beginning what a new copy begins with; empty = nothing
   */
  public static String of(String tenant, String name, String beginning) {
    MessageDigest hash = Digest.sha256();
    for (String field : List.of("slipway.mount.v1", tenant, name, beginning)) {
      byte[] bytes = field.getBytes(StandardCharsets.UTF_8);
      hash.update(ByteBuffer.allocate(Integer.BYTES).putInt(bytes.length).array());
      hash.update(bytes);
    }
    return "mount:" + Digest.ofHash(hash.digest()).value();
  }

  /** Whether it is of the form that {@link #of} gives. */
  static boolean isValid(String id) {
    return FORM.matcher(id).matches();
  }
}
