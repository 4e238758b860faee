package dev.slipway.error;

/** What a caller can do about an error; decides retry and gRPC status in one place each. */
public enum ErrorKind {
  /** The request itself is wrong; the same request will fail again. */
  INVALID,
  /** What was asked for does not exist. */
  NOT_FOUND,
  /** The caller may not do this. */
  DENIED,
  /** Another state was expected; look again, then decide. */
  CONFLICT,
  /** A peer did not answer or answered that it cannot now; the same request may succeed later. */
  UNAVAILABLE,
  /** A bound was reached: size, length of a queue, disk. */
  EXHAUSTED,
  /** Somebody who may do so ended it. */
  CANCELLED,
  /** The feature is known and not there yet. */
  UNSUPPORTED,
  /** A defect of Slipway. */
  INTERNAL;

  /** Whether the same request may succeed when it is repeated. */
  public boolean mayRetry() {
    return this == UNAVAILABLE;
  }
}
