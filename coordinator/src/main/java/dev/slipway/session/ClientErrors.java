package dev.slipway.session;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import io.grpc.Status;

/** What a status from a client means for the build. */
public final class ClientErrors {
  private ClientErrors() {}

  /**
   * @param what what was tried, for when the client did not say anything itself
   * @param unknown kind of errors that the client gave no code
   */
  public static SlipwayException of(
      Session session, Status status, String what, ErrorKind unknown) {
    if (!session.isOpen()) {
      return new SlipwayException(
          ErrorKind.UNAVAILABLE,
          what + " failed: session " + session.id() + " has ended",
          status.getCause());
    }
    ErrorKind kind =
        switch (status.getCode()) {
          case NOT_FOUND -> ErrorKind.NOT_FOUND;
          case PERMISSION_DENIED, UNAUTHENTICATED -> ErrorKind.DENIED;
          case UNAVAILABLE, DEADLINE_EXCEEDED, ABORTED -> ErrorKind.UNAVAILABLE;
          case RESOURCE_EXHAUSTED -> ErrorKind.EXHAUSTED;
          case CANCELLED -> ErrorKind.CANCELLED;
          case UNIMPLEMENTED -> ErrorKind.UNSUPPORTED;
          default -> unknown;
        };
    String said = status.getDescription();
    return new SlipwayException(
        kind, said == null ? what + " failed: " + status.getCode() : said, status.getCause());
  }
}
