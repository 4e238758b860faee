package dev.slipway.session;

import io.grpc.Metadata;
import io.grpc.Metadata.Key;
import java.time.Duration;
import java.util.HashSet;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a client says when it opens its session.
 *
 * @param id unique per session
 * @param sharedKey tells its contexts from others' over sessions; may be empty
 * @param methods {@code /package.service/method}, lower case
 * @param healthTimeout interval and time-out of health checks when the client wants others than
 *     ours
 */
record SessionHeaders(
    String id, String sharedKey, Set<String> methods, Optional<Duration> healthTimeout) {
  private static final Key<String> ID = key("x-docker-expose-session-uuid");
  private static final Key<String> SHARED_KEY = key("x-docker-expose-session-sharedkey");
  private static final Key<String> METHOD = key("x-docker-expose-session-grpc-method");
  private static final Key<String> HEALTH = key("x-buildkit-session-health-custom-timeout");

  /** Ids are 25 characters; whoever sends far more does not mean an id. */
  private static final int MAXIMUM_ID = 256;

  private static final long MINIMUM_HEALTH_MILLIS = 1000;

  SessionHeaders {
    methods = Set.copyOf(methods);
  }

  /**
   * @throws IllegalArgumentException if there is no usable id
   */
  static SessionHeaders of(Metadata headers) {
    String id = headers.get(ID);
    if (id == null || id.isBlank() || id.length() > MAXIMUM_ID) {
      throw new IllegalArgumentException("session needs an id in " + ID.name());
    }
    Set<String> methods = new HashSet<>();
    Iterable<String> values = headers.getAll(METHOD);
    if (values != null) {
      values.forEach(value -> methods.add(value.toLowerCase(Locale.ROOT)));
    }
    String sharedKey = headers.get(SHARED_KEY);
    return new SessionHeaders(
        id, sharedKey == null ? "" : sharedKey, methods, health(headers.get(HEALTH)));
  }

  private static Optional<Duration> health(@Nullable String value) {
    if (value == null || !value.matches("[0-9]{1,9}")) {
      return Optional.empty();
    }
    return Optional.of(Duration.ofMillis(Math.max(MINIMUM_HEALTH_MILLIS, Long.parseLong(value))));
  }

  private static Key<String> key(String name) {
    return Key.of(name, Metadata.ASCII_STRING_MARSHALLER);
  }
}
