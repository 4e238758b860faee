package dev.slipway.error;

import java.util.Objects;

/**
 * The one checked exception. Its message says what was tried, on what, and what happened: {@code
 * push of layer sha256:ab… to registry.test/app failed: 403 DENIED}. Subclasses only carry data.
 */
public class SlipwayException extends Exception {
  private static final long serialVersionUID = 1L;

  private final ErrorKind kind;

  public SlipwayException(ErrorKind kind, String message) {
    super(Objects.requireNonNull(message, "message is null"));
    this.kind = Objects.requireNonNull(kind, "kind is null");
  }

  public SlipwayException(ErrorKind kind, String message, Throwable cause) {
    super(Objects.requireNonNull(message, "message is null"), cause);
    this.kind = Objects.requireNonNull(kind, "kind is null");
  }

  public ErrorKind kind() {
    return kind;
  }
}
