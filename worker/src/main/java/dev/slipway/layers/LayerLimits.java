package dev.slipway.layers;

import dev.slipway.config.LayerSettings;

/**
 * What a layer or an archive from outside may cost.
 *
 * @param bytes of the uncompressed tar, and of the files that it becomes: holes and hard links to
 *     lower layers make more of these than the tar has
 * @param entries number of members
 * @param path bytes of one path
 * @param ratio how much larger than the compressed bytes the tar may be, once it is larger than
 *     {@code freeRatioBytes}
 */
public record LayerLimits(long bytes, long entries, int path, long ratio, long freeRatioBytes) {
  /**
   * Deflate reaches 1032:1 on zeros, so only what is no deflate can exceed the ratio, and less than
   * 4 GiB do no harm.
   */
  public static final LayerLimits DEFAULT = of(LayerSettings.DEFAULT);

  /** Linux' PATH_MAX. */
  private static final int MAX_PATH = 4096;

  /** The bounds that a configuration says. */
  public static LayerLimits of(LayerSettings settings) {
    return new LayerLimits(settings.maxSize(), settings.maxEntries(), MAX_PATH, 1100, 4L << 30);
  }

  /** Throws when more than that came out. */
  public void checkBytes(long size) throws LimitExceeded {
    if (size > bytes) {
      throw new LimitExceeded(
          "it unpacks to more than %d bytes (worker.oci.%s)"
              .formatted(bytes, LayerSettings.MAX_SIZE));
    }
  }

  /** Throws when there are more than that. */
  public void checkEntries(long count) throws LimitExceeded {
    if (count > entries) {
      throw new LimitExceeded(
          "it has more than %d entries (worker.oci.%s)"
              .formatted(entries, LayerSettings.MAX_ENTRIES));
    }
  }

  /** Throws when one of the names is longer than Linux takes. */
  public void checkNames(String name, String target) throws LimitExceeded {
    if (name.length() > path || target.length() > path) {
      throw new LimitExceeded("it has a path of more than " + path + " bytes");
    }
  }
}
