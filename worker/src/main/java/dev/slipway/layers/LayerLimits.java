package dev.slipway.layers;

/**
 * What a layer from outside may cost.
 *
 * @param bytes of the uncompressed tar
 * @param entries number of members
 * @param path bytes of one path
 * @param ratio how much larger than the compressed bytes the tar may be, once it is larger than
 *     {@code freeRatioBytes}
 */
public record LayerLimits(long bytes, long entries, int path, long ratio, long freeRatioBytes) {
  /**
   * 256 GiB and ten million files are far above any image seen; deflate reaches 1032:1 on zeros, so
   * only what is no deflate can exceed the ratio, and less than 4 GiB do no harm.
   */
  public static final LayerLimits DEFAULT =
      new LayerLimits(256L << 30, 10_000_000, 4096, 1100, 4L << 30);
}
