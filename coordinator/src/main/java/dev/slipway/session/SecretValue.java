package dev.slipway.session;

import com.google.protobuf.ByteString;

/**
 * What a client told about a secret. Nothing that prints it shows it: {@link Object#toString} is
 * kept from the bytes, and it is no record, whose equality would tell about them.
 */
public final class SecretValue {
  private final ByteString bytes;

  public SecretValue(ByteString bytes) {
    this.bytes = bytes;
  }

  /** The value itself, for the message to whoever uses it and nothing else. */
  public ByteString bytes() {
    return bytes;
  }

  @Override
  public String toString() {
    return "secret of " + bytes.size() + " bytes";
  }
}
