package dev.slipway.peer;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.protocol.Capability;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The keys of the coordinators whose tokens are good: of those that are joined, and for a while of
 * those that were, as what they began goes on for others. {@code this} guards the keys. @ThreadSafe
 */
public final class TrustedKeys {
  private static final Logger LOG = LoggerFactory.getLogger(TrustedKeys.class);

  /** As long as a coordinator's tokens live; each says itself until when. */
  private static final Duration KEPT = Duration.ofMinutes(15);

  /** Keys of past coordinators: each restart of one makes a new key, and each is tried. */
  private static final int MAX_KEYS = 64;

  private final InstantSource clock;
  private final Map<ByteBuffer, Key> keys = new LinkedHashMap<>();

  /**
   * @param ahead how far the coordinator's clock was ahead of ours when it was joined: a worker
   *     whose clock is wrong must not refuse the farm
   */
  private record Key(
      Capability.Verifier verifier, Duration ahead, int memberships, Instant leftAt) {}

  /**
   * @param clock one that nobody sets: only how much time has passed matters
   */
  public TrustedKeys(InstantSource clock) {
    this.clock = clock;
  }

  /**
   * A coordinator that signs with the key was joined.
   *
   * @param publicKey X.509 SubjectPublicKeyInfo
   * @param now what the coordinator's clock says
   */
  public synchronized void joined(byte[] publicKey, Instant now) {
    ByteBuffer name = ByteBuffer.wrap(publicKey);
    Key known = keys.remove(name);
    try {
      keys.put(
          name,
          new Key(
              known != null ? known.verifier : new Capability.Verifier(publicKey),
              Duration.between(clock.instant(), now),
              known != null ? known.memberships + 1 : 1,
              Instant.MAX));
    } catch (SlipwayException e) {
      LOG.atError().setCause(e).log("the coordinator's key is unusable, peers will be refused");
    }
    forgetOld();
  }

  /** The link to the coordinator ended. */
  public synchronized void left(byte[] publicKey) {
    keys.computeIfPresent(
        ByteBuffer.wrap(publicKey),
        (_, key) ->
            new Key(
                key.verifier,
                key.ahead,
                key.memberships - 1,
                key.memberships == 1 ? clock.instant() : key.leftAt));
  }

  /** Whether any coordinator is known. */
  synchronized boolean isEmpty() {
    return keys.isEmpty();
  }

  /**
   * Returns when one of the coordinators has signed the token for the resource.
   *
   * @throws SlipwayException DENIED when none has
   */
  void verify(String token, String resource) throws SlipwayException {
    SlipwayException refusal =
        new SlipwayException(
            ErrorKind.DENIED, "access to " + resource + " was denied: no coordinator is known");
    for (Key key : latestFirst()) {
      try {
        key.verifier.verify(token, resource, clock.instant().plus(key.ahead));
        return;
      } catch (SlipwayException e) {
        refusal = e;
      }
    }
    throw refusal;
  }

  private synchronized List<Key> latestFirst() {
    forgetOld();
    return List.copyOf(keys.values()).reversed();
  }

  private void forgetOld() {
    Instant oldest = clock.instant().minus(KEPT);
    keys.values().removeIf(key -> key.memberships == 0 && key.leftAt.isBefore(oldest));
    var each = keys.values().iterator();
    while (keys.size() > MAX_KEYS && each.hasNext()) {
      if (each.next().memberships == 0) {
        each.remove();
      }
    }
  }
}
