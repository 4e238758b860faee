package dev.slipway.explain;

import dev.slipway.graph.ExecMeta;
import dev.slipway.graph.Op;
import java.util.LinkedHashMap;
import java.util.Map;

/** Parts of an operation that can be told apart in words; all values are hashed. */
final class Facets {
  /** Before the name of an environment variable. */
  static final String VARIABLE = "$";

  static final String COMMAND = "command";

  /** More variables than this are seen only as a change of the operation. */
  private static final int MAX_VARIABLES = 64;

  private static final int MAX_NAME = 64;

  private Facets() {}

  static Map<String, Long> of(Op op, Hashes hashes) {
    Map<String, Long> facets = new LinkedHashMap<>();
    if (op instanceof Op.Exec exec) {
      ExecMeta meta = exec.meta();
      facets.put(COMMAND, hashes.keyed(meta.arguments().toString()));
      facets.put("working directory", hashes.keyed(meta.workingDirectory()));
      facets.put("user", hashes.keyed(meta.user()));
      facets.put("mounts", hashes.keyed(exec.mounts().toString()));
      facets.put("network", hashes.keyed(exec.network().name()));
      facets.put("secrets", hashes.keyed(exec.secretEnvironment().toString()));
      meta.environment().stream()
          .limit(MAX_VARIABLES)
          .forEach(entry -> {
            int equals = entry.indexOf('=');
            String name = equals < 0 ? entry : entry.substring(0, equals);
            if (name.length() <= MAX_NAME) {
              facets.put(VARIABLE + name, hashes.keyed(entry));
            }
          });
    }
    return facets;
  }
}
