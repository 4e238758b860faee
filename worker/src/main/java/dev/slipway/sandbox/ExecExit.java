package dev.slipway.sandbox;

/** How a process ended. */
public sealed interface ExecExit {
  /** It ran and returned a code; 128 + n when signal n ended it. */
  record Exited(int code) implements ExecExit {}

  /** It ran longer than it was allowed to and was killed. */
  record TimedOut() implements ExecExit {}
}
