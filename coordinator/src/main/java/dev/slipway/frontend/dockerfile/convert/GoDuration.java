package dev.slipway.frontend.dockerfile.convert;

/**
 * Durations as Go prints them: {@code 1h2m3.5s}, {@code 500ms}; histories of images hold them so.
 */
final class GoDuration {
  private static final long MICRO = 1_000;
  private static final long MILLI = 1_000_000;
  private static final long SECOND = 1_000_000_000;
  private static final int MINUTE = 60;

  private GoDuration() {}

  /**
   * @param nanos not negative
   */
  static String text(long nanos) {
    if (nanos == 0) {
      return "0s";
    }
    if (nanos < SECOND) {
      return nanos >= MILLI
          ? decimal(nanos, MILLI) + "ms"
          : nanos >= MICRO ? decimal(nanos, MICRO) + "\u00b5s" : nanos + "ns";
    }
    long minutes = nanos / SECOND / MINUTE;
    String seconds = decimal(nanos - minutes * MINUTE * SECOND, SECOND) + "s";
    if (minutes == 0) {
      return seconds;
    }
    long hours = minutes / MINUTE;
    return (hours == 0 ? "" : hours + "h") + minutes % MINUTE + "m" + seconds;
  }

  private static String decimal(long value, long unit) {
    String fraction = Long.toString(unit + value % unit).substring(1).replaceFirst("0+$", "");
    return value / unit + (fraction.isEmpty() ? "" : "." + fraction);
  }
}
