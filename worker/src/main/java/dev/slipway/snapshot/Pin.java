package dev.slipway.snapshot;

/** A hold on layers. Closing twice is allowed. */
public interface Pin extends AutoCloseable {
  @Override
  void close();
}
