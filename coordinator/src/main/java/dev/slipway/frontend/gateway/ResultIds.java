package dev.slipway.frontend.gateway;

import java.math.BigInteger;
import java.security.SecureRandom;

/** Ids of results, as BuildKit's: 17 random bytes in base 36, 25 characters. @ThreadSafe */
final class ResultIds {
  private static final SecureRandom RANDOM = new SecureRandom();

  private static final int LENGTH = 25;

  private ResultIds() {}

  static String next() {
    String id =
        String.format("%25s", new BigInteger(17 * 8, RANDOM).toString(36)).replace(' ', '0');
    return id.substring(id.length() - LENGTH);
  }
}
