package dev.slipway.routing;

import io.grpc.Metadata;
import java.util.Optional;

/**
 * What a coordinator owns: a client's session, or a build, which lives where its session is.
 *
 * @param key in the map of owners
 * @param words for messages
 */
record Owned(String key, String words) {
  private static final Metadata.Key<String> SESSION_ID =
      Metadata.Key.of("x-docker-expose-session-uuid", Metadata.ASCII_STRING_MARSHALLER);
  private static final Metadata.Key<String> BUILD_ID =
      Metadata.Key.of("buildkit-controlapi-buildid", Metadata.ASCII_STRING_MARSHALLER);

  /** Ids are 25 characters; whoever sends far more does not mean an id. */
  private static final int MAXIMUM_ID = 256;

  /** The session of that id; a {@code prefix:} before it is dropped. */
  static Optional<Owned> session(String id) {
    return of("session", id.substring(id.indexOf(':') + 1));
  }

  static Optional<Owned> build(String ref) {
    return of("build", ref);
  }

  /** The session that the call opens. */
  static Optional<Owned> openedSession(Metadata headers) {
    return Optional.ofNullable(headers.get(SESSION_ID)).flatMap(Owned::session);
  }

  /** The build that a frontend's call belongs to. */
  static Optional<Owned> calledBuild(Metadata headers) {
    return Optional.ofNullable(headers.get(BUILD_ID)).flatMap(Owned::build);
  }

  private static Optional<Owned> of(String kind, String id) {
    return id.isEmpty() || id.length() > MAXIMUM_ID
        ? Optional.empty()
        : Optional.of(new Owned(kind + ":" + id, kind + " " + id));
  }
}
