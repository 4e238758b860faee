package dev.slipway.progress;

/**
 * Bytes that were moved to workers for a step or a build, as on the wire, by where they came from.
 *
 * @param peers other workers
 * @param registries registries, asked by the worker itself
 * @param coordinator clients' directories and blobs that the coordinator relayed
 */
public record MovedBytes(long peers, long registries, long coordinator) {
  public static final MovedBytes NONE = new MovedBytes(0, 0, 0);

  public MovedBytes {
    if (peers < 0 || registries < 0 || coordinator < 0) {
      throw new IllegalArgumentException("nothing moves fewer than no bytes");
    }
  }

  /** Returns the sum. */
  public MovedBytes plus(MovedBytes other) {
    return new MovedBytes(
        peers + other.peers, registries + other.registries, coordinator + other.coordinator);
  }
}
