package dev.slipway.frontend.dockerfile;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.graph.LinuxResources;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/** Reads what every RUN may take of the machine. Messages as BuildKit's. */
record ResourceOptions(Map<String, String> options) {
  private static final LinuxResources UNLIMITED = new LinuxResources(0, 0, 0, 0, 0, "", "");
  private static final Pattern SET =
      Pattern.compile("[0-9]{1,6}(?:-[0-9]{1,6})?(?:,[0-9]{1,6}(?:-[0-9]{1,6})?)*");

  Optional<LinuxResources> read() throws SlipwayException {
    LinuxResources resources =
        new LinuxResources(
            positive("memory"),
            swap(),
            positive("cpushares"),
            positive("cpuperiod"),
            positive("cpuquota"),
            set("cpusetcpus"),
            set("cpusetmems"));
    return resources.equals(UNLIMITED) ? Optional.empty() : Optional.of(resources);
  }

  private long positive(String key) throws SlipwayException {
    String value = options.getOrDefault(key, "");
    if (value.isEmpty()) {
      return 0;
    }
    long number = number(key, value);
    if (number <= 0) {
      throw invalid(key, value + ": must be > 0");
    }
    return number;
  }

  private long swap() throws SlipwayException {
    String key = "memswap";
    String value = options.getOrDefault(key, "");
    if (value.isEmpty()) {
      return 0;
    }
    long number = number(key, value);
    if (number < -1 || number == 0) {
      throw invalid(key, value + ": must be -1 (unlimited) or > 0");
    }
    return number;
  }

  private String set(String key) throws SlipwayException {
    String value = options.getOrDefault(key, "");
    if (!value.isEmpty() && !SET.matcher(value).matches()) {
      throw invalid(key, value);
    }
    return value;
  }

  private static long number(String key, String value) throws SlipwayException {
    if (!value.matches("[-+]?[0-9]{1,18}")) {
      throw invalid(key, value);
    }
    return Long.parseLong(value);
  }

  private static SlipwayException invalid(String key, String value) {
    return new SlipwayException(
        ErrorKind.INVALID, "failed to parse resource limits: invalid " + key + " value: " + value);
  }
}
