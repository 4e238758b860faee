package dev.slipway.registry;

import dev.slipway.error.SlipwayException;
import java.util.List;
import java.util.Optional;

/** Gives requests to one registry their Authorization header. @ThreadSafe */
interface RequestAuthorizer {
  /** Value of the header; empty = none. */
  Optional<String> header() throws SlipwayException, InterruptedException;

  /**
   * The registry answered 401.
   *
   * @param challenges values of WWW-Authenticate
   * @return whether the request may succeed now
   */
  boolean challenged(List<String> challenges) throws SlipwayException, InterruptedException;

  /** Always the same header; empty = none. */
  static RequestAuthorizer fixed(String header) {
    Optional<String> value = header.isEmpty() ? Optional.empty() : Optional.of(header);
    return new RequestAuthorizer() {
      @Override
      public Optional<String> header() {
        return value;
      }

      @Override
      public boolean challenged(List<String> challenges) {
        return false;
      }
    };
  }
}
