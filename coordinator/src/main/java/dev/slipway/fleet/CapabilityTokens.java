package dev.slipway.fleet;

import dev.slipway.error.SlipwayException;
import dev.slipway.protocol.Capability;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Hands out capability tokens; one is given again while most of its life is left, as signing costs
 * more than looking up. @ThreadSafe
 */
final class CapabilityTokens {
  /**
   * Tokens remembered, those asked for last; about 800 bytes each. Most layers are asked for once;
   * those of base images again and again, and they are few.
   */
  static final int MAX_REMEMBERED = 1_000;

  private final Capability.Signer signer = Capability.Signer.generate();
  private final Map<String, Token> remembered =
      Collections.synchronizedMap(
          new LinkedHashMap<>(16, 0.75f, true) {
            private static final long serialVersionUID = 1L;

            @Override
            protected boolean removeEldestEntry(Map.Entry<String, Token> eldest) {
              return size() > MAX_REMEMBERED;
            }
          });
  private final Duration lifetime;
  private final Clock clock;

  CapabilityTokens(Duration lifetime, Clock clock) {
    this.lifetime = lifetime;
    this.clock = clock;
  }

  byte[] publicKey() {
    return signer.publicKey();
  }

  Capability.Verifier verifier() {
    try {
      return new Capability.Verifier(signer.publicKey());
    } catch (SlipwayException e) {
      throw new IllegalStateException("the signer's own key is not a key", e);
    }
  }

  /** Returns a token that is good for at least half of the lifetime. */
  String token(String resource) {
    Instant now = clock.instant();
    Token token = remembered.get(resource);
    if (token != null && token.expiry().isAfter(now.plus(lifetime.dividedBy(2)))) {
      return token.text();
    }
    Instant expiry = now.plus(lifetime);
    Token fresh = new Token(signer.sign(resource, expiry), expiry);
    remembered.put(resource, fresh);
    return fresh.text();
  }

  private record Token(String text, Instant expiry) {}
}
