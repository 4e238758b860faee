package dev.slipway.frontend.dockerfile;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.frontend.dockerfile.convert.ConvertOptions;
import dev.slipway.frontend.dockerfile.instruction.CsvRecord;
import dev.slipway.graph.ExecMeta;
import dev.slipway.graph.Op;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads what the client wants every RUN to have. Messages as BuildKit's. */
final class RunOptions {
  private static final Pattern ULIMIT =
      Pattern.compile("([^=]+)=(-?[0-9]{1,18})(?::(-?[0-9]{1,18}))?");
  private static final Set<String> LIMITS =
      Set.of(
          "core",
          "cpu",
          "data",
          "fsize",
          "locks",
          "memlock",
          "msgqueue",
          "nice",
          "nofile",
          "nproc",
          "rss",
          "rtprio",
          "rttime",
          "sigpending",
          "stack");
  private static final Pattern IP =
      Pattern.compile("[0-9]{1,3}(\\.[0-9]{1,3}){3}|[0-9a-f]*:[0-9a-f:.]*");

  private final Map<String, String> options;

  RunOptions(Map<String, String> options) {
    this.options = options;
  }

  ConvertOptions.Exec read() throws SlipwayException {
    return new ConvertOptions.Exec(
        hosts(),
        ulimits(),
        hostname(),
        network(),
        sharedMemory(),
        option("cgroup-parent"),
        new ResourceOptions(options).read());
  }

  private String option(String key) {
    return options.getOrDefault(key, "");
  }

  private String hostname() {
    String argument = option("build-arg:BUILDKIT_SANDBOX_HOSTNAME");
    return argument.isEmpty() ? option("hostname") : argument;
  }

  private Op.Network network() throws SlipwayException {
    String mode = option("force-network-mode");
    return switch (mode) {
      case "host" -> Op.Network.HOST;
      case "none" -> Op.Network.NONE;
      case "", "sandbox" -> Op.Network.SANDBOX;
      default -> throw invalid("invalid netmode " + mode);
    };
  }

  private List<ExecMeta.ExtraHost> hosts() throws SlipwayException {
    List<ExecMeta.ExtraHost> hosts = new ArrayList<>();
    for (String field : fields("add-hosts", "failed to parse additional hosts: ")) {
      String entry = field.toLowerCase(Locale.ROOT);
      int equals = entry.indexOf('=');
      if (equals < 0) {
        throw invalid("failed to parse additional hosts: invalid key-value pair " + field);
      }
      String ip = entry.substring(equals + 1);
      if (!IP.matcher(ip).matches()) {
        throw invalid("failed to parse additional hosts: failed to parse IP " + ip);
      }
      hosts.add(new ExecMeta.ExtraHost(entry.substring(0, equals), ip));
    }
    return hosts;
  }

  private List<ExecMeta.Ulimit> ulimits() throws SlipwayException {
    List<ExecMeta.Ulimit> limits = new ArrayList<>();
    for (String field : fields("ulimit", "failed to parse ulimit: ")) {
      Matcher matcher = ULIMIT.matcher(field);
      if (!matcher.matches()) {
        throw invalid("failed to parse ulimit: invalid ulimit argument: " + field);
      }
      String name = matcher.group(1);
      if (!LIMITS.contains(name)) {
        throw invalid("failed to parse ulimit: invalid ulimit type: " + name);
      }
      long soft = Long.parseLong(matcher.group(2));
      long hard = matcher.group(3) == null ? soft : Long.parseLong(matcher.group(3));
      if (hard != -1 && (soft == -1 || soft > hard)) {
        throw invalid(
            "failed to parse ulimit: ulimit soft limit must be less than or equal to hard limit: "
                + (soft == -1 ? "soft: -1 (unlimited), hard: " + hard : soft + " > " + hard));
      }
      limits.add(new ExecMeta.Ulimit(name, soft, hard));
    }
    return limits;
  }

  private long sharedMemory() throws SlipwayException {
    String size = option("shm-size");
    if (size.isEmpty()) {
      return 0;
    }
    if (!size.matches("[-+]?[0-9]{1,18}")) {
      throw invalid("failed to parse shm size: \"" + size + "\" is not a number of bytes");
    }
    return Math.max(0, Long.parseLong(size));
  }

  private List<String> fields(String key, String problem) throws SlipwayException {
    try {
      return option(key).isEmpty() ? List.of() : CsvRecord.fields(option(key));
    } catch (IllegalArgumentException e) {
      throw invalid(problem + e.getMessage());
    }
  }

  private static SlipwayException invalid(String message) {
    return new SlipwayException(ErrorKind.INVALID, message);
  }
}
