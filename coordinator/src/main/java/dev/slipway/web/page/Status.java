package dev.slipway.web.page;

import dev.slipway.progress.BuildSummary.State;
import java.util.Locale;

/** Where a build or a step is: told by a sign, a word and a colour. */
enum Status {
  PENDING,
  WAITING,
  RUNNING,
  SUCCEEDED,
  CACHED,
  FAILED,
  CANCELLED,
  /** It ran at a coordinator that is gone. */
  LOST;

  static Status of(State state) {
    return switch (state) {
      case RUNNING -> RUNNING;
      case SUCCEEDED -> SUCCEEDED;
      case FAILED -> FAILED;
      case CANCELLED -> CANCELLED;
    };
  }

  /** In the style sheet and for people. */
  String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
