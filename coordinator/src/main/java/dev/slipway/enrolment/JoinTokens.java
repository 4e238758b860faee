package dev.slipway.enrolment;

import dev.slipway.certificates.JoinSecret;
import dev.slipway.certificates.Pin;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.HexFormat;
import java.util.Optional;

/**
 * The tokens with which workers without a certificate get one: the farm's join token, if it is good
 * for that, and tokens that an administrator made, each good for a time, for one worker or any. A
 * token works at every coordinator. @ThreadSafe
 */
public final class JoinTokens {
  /** What sets such tokens apart from others, for people and for searches of secrets. */
  private static final String PREFIX = "slipway-join-";

  private static final int SECRET_BYTES = 20;

  /** Tokens that are not over; more are made by a mistake. */
  private static final int MAX_TOKENS = 1_000;

  /** A token that lives longer is a password that somebody forgets. */
  private static final Duration LONGEST_LIFE = Duration.ofDays(30);

  private final Register register;
  private final Optional<String> shared;
  private final Pin pin;
  private final SecureRandom random;
  private final InstantSource clock;

  /**
   * @param shared the farm's join token; empty = it gets no worker a certificate
   * @param pin of the farm's CA
   */
  public JoinTokens(
      Register register,
      Optional<String> shared,
      Pin pin,
      SecureRandom random,
      InstantSource clock) {
    this.register = register;
    this.shared = shared;
    this.pin = pin;
    this.random = random;
    this.clock = clock;
  }

  /**
   * Makes a token.
   *
   * @param once whether it is for one worker
   * @throws SlipwayException INVALID when the life is none, EXHAUSTED when there are too many
   */
  public JoinSecret make(Duration life, boolean once) throws SlipwayException {
    if (!life.isPositive() || life.compareTo(LONGEST_LIFE) > 0) {
      throw new SlipwayException(
          ErrorKind.INVALID,
          "a join token lives some time up to " + LONGEST_LIFE.toDays() + " days, not " + life);
    }
    Instant now = now();
    byte[] bytes = new byte[SECRET_BYTES];
    random.nextBytes(bytes);
    String secret = PREFIX + HexFormat.of().formatHex(bytes);
    try {
      register.grants().forget(grant -> grant.isOver(now));
      if (register.grants().known().size() >= MAX_TOKENS) {
        throw new SlipwayException(
            ErrorKind.EXHAUSTED,
            "there are " + MAX_TOKENS + " join tokens that have not ended: wait until some have");
      }
      JoinGrant grant = new JoinGrant(now.plus(life), once, "");
      register.grants().update(hash(secret), (_, _) -> Optional.of(grant));
    } catch (IOException e) {
      throw Register.notKept(e);
    }
    return new JoinSecret(secret, Optional.of(pin));
  }

  /**
   * Returns when the token lets that worker have a certificate; a token for one use is used then.
   * The same worker with the same key may ask again: it has not got the answer.
   *
   * @param key hash of the key that the certificate is for
   * @throws SlipwayException DENIED when the token is unknown, has ended or was used
   */
  void use(String secret, String workerId, String key) throws SlipwayException {
    if (shared.isPresent() && isEqual(shared.get(), secret)) {
      return;
    }
    String hash = hash(secret);
    Optional<JoinGrant> known = register.grants().get(hash);
    if (known.isEmpty()) {
      throw denied("the join token is wrong");
    }
    if (known.get().isOver(now())) {
      throw denied("the join token has ended on " + known.get().ends());
    }
    if (!known.get().once()) {
      return;
    }
    String user = workerId + " " + key;
    try {
      Optional<JoinGrant> used =
          register
              .grants()
              .update(
                  hash,
                  (_, grant) ->
                      grant.map(now ->
                          now.usedBy().isEmpty() ? new JoinGrant(now.ends(), true, user) : now));
      if (used.filter(grant -> grant.usedBy().equals(user)).isEmpty()) {
        throw denied("the join token was for one worker and is used");
      }
    } catch (IOException e) {
      throw Register.notKept(e);
    }
  }

  private Instant now() {
    return clock.instant().truncatedTo(ChronoUnit.MILLIS);
  }

  private static SlipwayException denied(String why) {
    return new SlipwayException(
        ErrorKind.DENIED,
        why
            + ": get a new one with `slipway worker token` and put it into the worker's token file");
  }

  private static boolean isEqual(String one, String other) {
    return MessageDigest.isEqual(
        one.getBytes(StandardCharsets.UTF_8), other.getBytes(StandardCharsets.UTF_8));
  }

  /** Of random bits that nobody tries out: one round of SHA-256 is enough. */
  static String hash(String secret) {
    return hash(secret.getBytes(StandardCharsets.UTF_8));
  }

  static String hash(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
