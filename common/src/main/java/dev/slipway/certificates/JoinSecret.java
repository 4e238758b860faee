package dev.slipway.certificates;

import dev.slipway.error.SlipwayException;
import java.util.Optional;

/**
 * What a worker is given to join a farm: {@code SECRET}, or {@code SECRET@sha256:<hex>} with the
 * pin of the farm's CA.
 *
 * @param secret shown to coordinators
 * @param pin by which a coordinator is known; empty = by a CA file, or the farm has no TLS
 */
public record JoinSecret(String secret, Optional<Pin> pin) {
  private static final String PINNED = "@sha256:";

  /** Reads a token file's text. @throws SlipwayException INVALID when its pin is malformed */
  public static JoinSecret parse(String text) throws SlipwayException {
    String token = text.strip();
    int at = token.lastIndexOf(PINNED);
    return at < 0
        ? new JoinSecret(token, Optional.empty())
        : new JoinSecret(token.substring(0, at), Optional.of(Pin.parse(token.substring(at + 1))));
  }

  /** As it is given to a worker. */
  public String text() {
    return secret + pin.map(known -> "@" + known).orElse("");
  }

  /** The secret stays out of logs. */
  @Override
  public String toString() {
    return "JoinSecret[" + pin.map(Pin::text).orElse("no pin") + "]";
  }
}
