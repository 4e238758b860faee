package dev.slipway.config;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * {@code [farm.ca]}: the farm's own CA, with which coordinators make certificates for workers that
 * join.
 *
 * @param cert its certificate, PEM
 * @param key its key, not encrypted; coordinators only have it
 * @param life of a worker's certificate
 * @param sharedToken whether the farm's join token gets a worker a certificate; else only tokens of
 *     {@code slipway worker token} do
 */
public record FarmCa(Path cert, Path key, Duration life, boolean sharedToken) {
  /** A worker whose machine is lost is out by itself the same day. */
  public static final Duration DEFAULT_LIFE = Duration.ofHours(8);

  /** Renewal looks every second. */
  private static final Duration SHORTEST_LIFE = Duration.ofSeconds(5);

  public FarmCa {
    if (life.compareTo(SHORTEST_LIFE) < 0) {
      throw new IllegalArgumentException("certificates of workers live " + life);
    }
  }

  static FarmCa read(TomlTable table) throws SlipwayException {
    FarmCa ca =
        of(
                table.text("cert"),
                table.text("key"),
                table.duration("worker-certificate-life").orElse(DEFAULT_LIFE),
                table.flag("shared-token").orElse(true),
                "farm.ca")
            .orElseThrow(() -> incomplete("farm.ca"));
    table.end();
    return ca;
  }

  /**
   * Returns it, or nothing when no file is named.
   *
   * @param where what names the files, for errors
   * @throws SlipwayException INVALID when one of the two is missing, or the life is too short
   */
  public static Optional<FarmCa> of(
      Optional<String> cert, Optional<String> key, Duration life, boolean sharedToken, String where)
      throws SlipwayException {
    if (cert.isEmpty() && key.isEmpty()) {
      return Optional.empty();
    }
    if (cert.isEmpty() || key.isEmpty()) {
      throw incomplete(where);
    }
    if (life.compareTo(SHORTEST_LIFE) < 0) {
      throw new SlipwayException(
          ErrorKind.INVALID,
          where
              + ": certificates of workers must live "
              + SHORTEST_LIFE.toSeconds()
              + " s at least");
    }
    return Optional.of(new FarmCa(Path.of(cert.get()), Path.of(key.get()), life, sharedToken));
  }

  private static SlipwayException incomplete(String where) {
    return new SlipwayException(
        ErrorKind.INVALID, where + " needs both the CA's certificate (cert) and its key (key)");
  }
}
