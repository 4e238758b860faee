package dev.slipway.cluster;

/** Turns a map's values into bytes and back. @ThreadSafe */
public interface Codec<V> {
  byte[] encode(V value);

  /** Returns the value of which {@link #encode} made the bytes. */
  V decode(byte[] bytes);
}
