package dev.slipway.control;

import dev.slipway.frontend.SourceError;
import dev.slipway.graph.SourceMap;
import dev.slipway.progress.BuildDetail.Place;
import dev.slipway.solve.StepFailure;
import java.util.List;
import java.util.Optional;

/** Where in the user's files a build failed. */
final class Failures {
  private Failures() {}

  /** Returns the place that the error, or what caused it, names. */
  static Optional<Place> place(Throwable error) {
    for (Throwable cause = error; cause != null; cause = cause.getCause()) {
      Optional<Place> place =
          switch (cause) {
            case SourceError source -> Optional.of(new Place(source.file(), source.ranges()));
            case StepFailure step -> of(step.sources(), step);
            default -> Optional.empty();
          };
      if (place.isPresent()) {
        return place;
      }
    }
    return Optional.empty();
  }

  private static Optional<Place> of(SourceMap sources, StepFailure step) {
    return sources.locations().getOrDefault(step.vertex(), List.of()).stream()
        .findFirst()
        .map(location -> new Place(sources.files().get(location.file()), location.ranges()));
  }
}
