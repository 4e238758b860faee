package dev.slipway.control;

import dev.slipway.error.SlipwayException;
import dev.slipway.frontend.gateway.ClientFailure;
import dev.slipway.registry.RegistryException;
import dev.slipway.telemetry.BuildMetric.Blame;
import java.util.Optional;

/** Who can do something about a failed build. */
final class Blames {
  private Blames() {}

  /** Returns what went wrong here, where the client's frontend gave up because of that. */
  static Throwable reason(Throwable error, Optional<SlipwayException> lastFailure) {
    return error instanceof ClientFailure && lastFailure.isPresent() ? lastFailure.get() : error;
  }

  /**
   * Returns whose it is.
   *
   * @param lastFailure of a call that the client's frontend made; when the client gives up, that is
   *     why
   */
  static Blame of(Throwable error, Optional<SlipwayException> lastFailure) {
    if (!(reason(error, lastFailure) instanceof SlipwayException failure)) {
      return Blame.FARM;
    }
    return switch (failure.kind()) {
      case INVALID, NOT_FOUND, DENIED, CONFLICT, UNSUPPORTED, CANCELLED -> Blame.USER;
      case UNAVAILABLE, EXHAUSTED ->
          RegistryException.caused(failure) ? Blame.REGISTRY : Blame.FARM;
      case INTERNAL -> Blame.FARM;
    };
  }
}
