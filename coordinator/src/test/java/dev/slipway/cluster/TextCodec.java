package dev.slipway.cluster;

import static java.nio.charset.StandardCharsets.UTF_8;

/** Texts as values, for tests. */
final class TextCodec implements Codec<String> {
  @Override
  public byte[] encode(String value) {
    return value.getBytes(UTF_8);
  }

  @Override
  public String decode(byte[] bytes) {
    return new String(bytes, UTF_8);
  }
}
