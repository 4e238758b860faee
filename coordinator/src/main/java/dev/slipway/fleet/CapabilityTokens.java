package dev.slipway.fleet;

import dev.slipway.error.SlipwayException;
import dev.slipway.protocol.Capability;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Hands out capability tokens; one is given again while most of its life is left, as signing costs
 * more than looking up. @ThreadSafe
 */
final class CapabilityTokens {
  /** Tokens remembered; about 500 bytes each. */
  private static final int MAX_REMEMBERED = 10_000;

  private final Capability.Signer signer = Capability.Signer.generate();
  private final Map<String, Token> remembered = new ConcurrentHashMap<>();
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
    if (remembered.size() >= MAX_REMEMBERED) {
      remembered.clear();
    }
    Instant expiry = now.plus(lifetime);
    Token fresh = new Token(signer.sign(resource, expiry), expiry);
    remembered.put(resource, fresh);
    return fresh.text();
  }

  private record Token(String text, Instant expiry) {}
}
