package dev.slipway.sandbox;

import dev.slipway.graph.ExecMeta;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The worker's own hard limits, beyond which nobody without real root can raise a process's:
 * proc(5), /proc/self/limits.
 */
final class RlimitBounds {
  /** What the kernel calls a limit, by its name in {@code --ulimit}. */
  private static final Map<String, String> KERNEL_NAMES =
      Map.ofEntries(
          Map.entry("cpu", "Max cpu time"),
          Map.entry("fsize", "Max file size"),
          Map.entry("data", "Max data size"),
          Map.entry("stack", "Max stack size"),
          Map.entry("core", "Max core file size"),
          Map.entry("rss", "Max resident set"),
          Map.entry("nproc", "Max processes"),
          Map.entry("nofile", "Max open files"),
          Map.entry("memlock", "Max locked memory"),
          Map.entry("as", "Max address space"),
          Map.entry("locks", "Max file locks"),
          Map.entry("sigpending", "Max pending signals"),
          Map.entry("msgqueue", "Max msgqueue size"),
          Map.entry("nice", "Max nice priority"),
          Map.entry("rtprio", "Max realtime priority"),
          Map.entry("rttime", "Max realtime timeout"));

  /**
   * Processes and threads of the root of all steps of one worker together, for which the kernel
   * counts: enough for wide compilations, and a fork bomb is stopped well before the machine's
   * 32,768 process ids are used up. There is no pids controller to bound it by.
   */
  static final long MAX_PROCESSES = 8192;

  private static final String PROCESSES = "nproc";

  private RlimitBounds() {}

  /**
   * Returns the spec with its limits cut to what the worker may give, and with a limit of
   * processes.
   */
  static ExecSpec clamp(ExecSpec spec) throws IOException {
    ExecMeta meta = spec.meta();
    Map<String, Long> bounds = parse(Files.readAllLines(Path.of("/proc/self/limits")));
    bounds.merge(PROCESSES, MAX_PROCESSES, Math::min);
    return spec.with(meta.with(clamp(meta.ulimits(), bounds)));
  }

  static List<ExecMeta.Ulimit> clamp(List<ExecMeta.Ulimit> asked, Map<String, Long> bounds) {
    List<ExecMeta.Ulimit> limits =
        new ArrayList<>(asked.stream().map(limit -> clamp(limit, bounds)).toList());
    if (asked.stream().noneMatch(limit -> limit.name().equalsIgnoreCase(PROCESSES))) {
      limits.add(new ExecMeta.Ulimit(PROCESSES, bounds.get(PROCESSES), bounds.get(PROCESSES)));
    }
    return List.copyOf(limits);
  }

  /** Hard limits by {@code --ulimit} name; unlimited ones are absent. */
  static Map<String, Long> parse(List<String> lines) {
    Map<String, Long> bounds = new HashMap<>();
    KERNEL_NAMES.forEach((name, kernelName) ->
        lines.stream()
            .filter(line -> line.startsWith(kernelName))
            .map(line -> line.substring(kernelName.length()).trim().split("\\s+"))
            .filter(fields -> fields.length >= 2 && fields[1].matches("\\d+"))
            .findFirst()
            .ifPresent(fields -> bounds.put(name, Long.parseLong(fields[1]))));
    return bounds;
  }

  /** Negative values mean unlimited, as in Docker. */
  private static ExecMeta.Ulimit clamp(ExecMeta.Ulimit limit, Map<String, Long> bounds) {
    String name = limit.name().toLowerCase(Locale.ROOT);
    Long bound = bounds.get(name);
    if (bound == null) {
      return limit;
    }
    long hard = limit.hard() < 0 ? bound : Math.min(limit.hard(), bound);
    long soft = limit.soft() < 0 ? hard : Math.min(limit.soft(), hard);
    return new ExecMeta.Ulimit(limit.name(), soft, hard);
  }
}
