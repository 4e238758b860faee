package dev.slipway.control;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.schedule.Standing;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * What a frontend's options say about the queue: build arguments {@code SLIPWAY_TENANT}, {@code
 * SLIPWAY_PRIORITY}, {@code SLIPWAY_WORKER_LABELS}, or options {@code slipway.tenant}, {@code
 * slipway.priority}, {@code slipway.worker-labels}.
 *
 * @param standing empty when they say nothing
 * @param others the options without them: a frontend never sees those of the queue, and no cache
 *     key has them
 */
record QueueOptions(Optional<Standing> standing, Map<String, String> others) {
  private static final Pattern TENANT = Pattern.compile("[a-z0-9._-]{1,64}");
  private static final Pattern LABEL =
      Pattern.compile("([A-Za-z0-9][A-Za-z0-9._/-]{0,127})=([A-Za-z0-9._:/@+-]{0,128})");

  /** Enough for any selection; each set of labels that waits costs the scheduler a look. */
  private static final int MAX_LABELS = 16;

  private static final int LOW = -50;
  private static final int HIGH = 50;
  private static final int MOST = 100;

  QueueOptions {
    others = Map.copyOf(others);
  }

  /**
   * Takes the options apart. @throws SlipwayException INVALID when one of the queue's is wrong
   *
   * @param ownTenant whose build it is when they name none
   */
  static QueueOptions of(Map<String, String> options, String ownTenant) throws SlipwayException {
    Map<String, String> others = new HashMap<>(options);
    Optional<String> tenant = take(others, "tenant", "SLIPWAY_TENANT");
    Optional<String> priority = take(others, "priority", "SLIPWAY_PRIORITY");
    Optional<String> labels = take(others, "worker-labels", "SLIPWAY_WORKER_LABELS");
    if (tenant.isEmpty() && priority.isEmpty() && labels.isEmpty()) {
      return new QueueOptions(Optional.empty(), others);
    }
    return new QueueOptions(
        Optional.of(
            new Standing(
                tenant(tenant.orElse(ownTenant)),
                priority(priority.orElse("normal")),
                labels(labels.orElse("")))),
        others);
  }

  private static Optional<String> take(Map<String, String> options, String name, String argument)
      throws SlipwayException {
    String option = options.remove("slipway." + name);
    String buildArgument = options.remove("build-arg:" + argument);
    boolean optionGiven = option != null && !option.isEmpty();
    boolean argumentGiven = buildArgument != null && !buildArgument.isEmpty();
    if (optionGiven && argumentGiven && !option.equals(buildArgument)) {
      throw invalid(
          "slipway."
              + name
              + " is \""
              + option
              + "\" and build argument "
              + argument
              + " is \""
              + buildArgument
              + "\": give one of them");
    }
    return Optional.ofNullable(optionGiven ? option : argumentGiven ? buildArgument : null);
  }

  private static String tenant(String text) throws SlipwayException {
    if (!TENANT.matcher(text).matches()) {
      throw invalid(
          "tenant \"" + text + "\" (SLIPWAY_TENANT): expected 1 to 64 of a-z, 0-9, '.', '_', '-'");
    }
    return text;
  }

  private static int priority(String text) throws SlipwayException {
    switch (text) {
      case "low":
        return LOW;
      case "normal":
        return 0;
      case "high":
        return HIGH;
      default:
        if (text.matches("-?[0-9]{1,3}") && Math.abs(Integer.parseInt(text)) <= MOST) {
          return Integer.parseInt(text);
        }
        throw invalid(
            "priority \""
                + text
                + "\" (SLIPWAY_PRIORITY): expected low, normal, high or a number from -100 to 100");
    }
  }

  private static Map<String, String> labels(String text) throws SlipwayException {
    Map<String, String> labels = new HashMap<>();
    for (String item : text.split(",")) {
      if (item.isBlank()) {
        continue;
      }
      var label = LABEL.matcher(item.strip());
      if (!label.matches()) {
        throw invalid(
            "worker label \"" + item.strip() + "\" (SLIPWAY_WORKER_LABELS): expected name=value");
      }
      String before = labels.put(label.group(1), label.group(2));
      if (before != null && !before.equals(label.group(2))) {
        throw invalid(
            "worker label \""
                + label.group(1)
                + "\" (SLIPWAY_WORKER_LABELS) is given twice: no worker has both values");
      }
    }
    if (labels.size() > MAX_LABELS) {
      throw invalid("SLIPWAY_WORKER_LABELS names more than " + MAX_LABELS + " labels");
    }
    return labels;
  }

  private static SlipwayException invalid(String message) {
    return new SlipwayException(ErrorKind.INVALID, message);
  }
}
