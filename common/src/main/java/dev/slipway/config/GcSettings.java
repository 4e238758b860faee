package dev.slipway.config;

import com.fasterxml.jackson.databind.JsonNode;
import dev.slipway.error.SlipwayException;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What of {@code [worker.oci]} says how much a worker keeps on its disk; the keys are buildkitd's.
 *
 * @param enabled whether a worker collects by itself; a prune works in any case
 * @param reservedSpace kept whatever the disk looks like
 * @param maxUsedSpace the cache's bound
 * @param minFreeSpace left to others on the disk
 * @param policies tried in order; none = those that follow from the three sizes
 */
public record GcSettings(
    boolean enabled,
    Space reservedSpace,
    Space maxUsedSpace,
    Space minFreeSpace,
    List<Policy> policies) {
  public static final GcSettings DEFAULT =
      new GcSettings(true, Space.NONE, Space.NONE, Space.NONE, List.of());

  static final Set<String> KEYS =
      Set.of("gc", "gckeepstorage", "gcpolicy", "reservedSpace", "maxUsedSpace", "minFreeSpace");

  public GcSettings {
    policies = List.copyOf(policies);
  }

  /**
   * A part of a disk: bytes, or a share of the whole.
   *
   * @param percent counts when there are no bytes; both 0 = not said
   */
  public record Space(long bytes, int percent) {
    public static final Space NONE = new Space(0, 0);

    private static final Pattern AMOUNT =
        Pattern.compile("(\\d+(?:\\.\\d+)?) ?([kmgtp]?)(?:i?b)?", Pattern.CASE_INSENSITIVE);

    private static final Pattern SHARE = Pattern.compile("(\\d{1,3})%");

    /** So many bytes. */
    public static Space ofBytes(long bytes) {
      return new Space(bytes, 0);
    }

    /** So many hundredths of the disk. */
    public static Space ofPercent(int percent) {
      return new Space(0, percent);
    }

    public boolean isSet() {
      return bytes != 0 || percent != 0;
    }

    /** In bytes, on a disk of that size. */
    public long of(long total) {
      return bytes != 0 ? bytes : total / 100 * percent;
    }

    static Space read(TomlTable table, String key) throws SlipwayException {
      Optional<JsonNode> value = table.value(key);
      if (value.isEmpty()) {
        return NONE;
      }
      if (value.get().canConvertToLong() && value.get().longValue() >= 0) {
        return ofBytes(value.get().longValue());
      }
      String text = value.get().isTextual() ? value.get().textValue() : "";
      Matcher share = SHARE.matcher(text);
      if (share.matches() && Integer.parseInt(share.group(1)) <= 100) {
        return ofPercent(Integer.parseInt(share.group(1)));
      }
      Matcher amount = AMOUNT.matcher(text);
      if (!amount.matches()) {
        throw table.invalid(key, "a number of bytes, or a text like \"10GB\" or \"20%\"");
      }
      // A K is 1024, as in all sizes of buildkitd's file.
      int power = "kmgtp".indexOf(amount.group(2).toLowerCase(Locale.ROOT));
      long unit = amount.group(2).isEmpty() ? 1 : 1L << (10 * (power + 1));
      return ofBytes(
          new BigDecimal(amount.group(1)).multiply(BigDecimal.valueOf(unit)).longValue());
    }
  }

  /**
   * One rule.
   *
   * @param filters any of which a record must match, {@code key==value} and the like; none = all
   *     records
   * @param all also what the worker keeps for itself
   * @param keepDuration records used since then stay
   * @param blobsOnly drops the compressed copies of layers and keeps the layers
   */
  public record Policy(
      List<String> filters,
      boolean all,
      Duration keepDuration,
      Space reservedSpace,
      Space maxUsedSpace,
      Space minFreeSpace,
      boolean blobsOnly) {
    public Policy {
      filters = List.copyOf(filters);
    }

    private static Policy read(TomlTable table) throws SlipwayException {
      Space reserved = Space.read(table, "reservedSpace");
      Space old = Space.read(table, "keepBytes");
      boolean none = table.value("keepDuration").filter(value -> value.asInt(-1) == 0).isPresent();
      Policy policy =
          new Policy(
              table.texts("filters"),
              table.flag("all").orElse(false),
              none ? Duration.ZERO : table.duration("keepDuration").orElse(Duration.ZERO),
              reserved.isSet() ? reserved : old,
              Space.read(table, "maxUsedSpace"),
              Space.read(table, "minFreeSpace"),
              table.flag("blobsOnly").orElse(false));
      table.end();
      return policy;
    }
  }

  /** Reads its keys; the table has others beside them. */
  static GcSettings read(TomlTable table) throws SlipwayException {
    Space reserved = Space.read(table, "reservedSpace");
    Space old = Space.read(table, "gckeepstorage");
    List<Policy> policies = new ArrayList<>();
    for (TomlTable policy : table.list("gcpolicy")) {
      policies.add(Policy.read(policy));
    }
    return new GcSettings(
        table.flag("gc").orElse(DEFAULT.enabled),
        reserved.isSet() ? reserved : old,
        Space.read(table, "maxUsedSpace"),
        Space.read(table, "minFreeSpace"),
        policies);
  }
}
