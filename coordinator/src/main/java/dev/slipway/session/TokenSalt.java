package dev.slipway.session;

import com.google.protobuf.ByteString;
import java.security.SecureRandom;

/** What makes a client's keys for tokens differ from process to process; 32 random bytes. */
record TokenSalt(ByteString bytes) {
  private static final int LENGTH = 32;

  static TokenSalt random() {
    byte[] bytes = new byte[LENGTH];
    new SecureRandom().nextBytes(bytes);
    return new TokenSalt(ByteString.copyFrom(bytes));
  }
}
