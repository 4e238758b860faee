package dev.slipway.container;

import dev.slipway.protocol.buildkit.ops.Meta;

/** What a process gets that its frontend did not name. */
final class ProcessDefaults {
  private static final String UNIX_PATH =
      "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

  private static final String WINDOWS_PATH =
      "c:\\Windows\\System32;c:\\Windows;C:\\Windows\\System32\\WindowsPowerShell\\v1.0";

  private ProcessDefaults() {}

  static Meta of(Meta meta, boolean terminal, String os) {
    Meta.Builder whole = meta.toBuilder();
    if (meta.getCwd().isEmpty()) {
      whole.setCwd("/");
    }
    add(whole, "PATH", os.equals("windows") ? WINDOWS_PATH : UNIX_PATH);
    if (terminal) {
      add(whole, "TERM", "xterm");
    }
    return whole.build();
  }

  private static void add(Meta.Builder meta, String name, String value) {
    if (meta.getEnvList().stream().noneMatch(entry -> entry.startsWith(name + "="))) {
      meta.addEnv(name + "=" + value);
    }
  }
}
