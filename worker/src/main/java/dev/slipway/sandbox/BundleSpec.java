package dev.slipway.sandbox;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.slipway.graph.ExecMeta;
import dev.slipway.sandbox.SandboxConfig.Processes;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The config.json of a bundle. OCI runtime-spec v1.0.2, Configuration. No user namespace (the
 * worker has one), no cgroup mount and no resources: neither is delegated to it.
 */
final class BundleSpec {
  static final String DEFAULT_PATH =
      "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
  static final String DEFAULT_HOSTNAME = "buildkitsandbox";

  /** Docker's default: what a package manager needs, nothing that reaches the kernel. */
  private static final List<String> CAPABILITIES =
      List.of(
          "CAP_CHOWN",
          "CAP_DAC_OVERRIDE",
          "CAP_FSETID",
          "CAP_FOWNER",
          "CAP_MKNOD",
          "CAP_NET_RAW",
          "CAP_SETGID",
          "CAP_SETUID",
          "CAP_SETFCAP",
          "CAP_SETPCAP",
          "CAP_NET_BIND_SERVICE",
          "CAP_SYS_CHROOT",
          "CAP_KILL",
          "CAP_AUDIT_WRITE");

  private static final List<String> MASKED_PATHS =
      List.of(
          "/proc/acpi",
          "/proc/asound",
          "/proc/interrupts",
          "/proc/kcore",
          "/proc/keys",
          "/proc/latency_stats",
          "/proc/sched_debug",
          "/proc/scsi",
          "/proc/timer_list",
          "/proc/timer_stats",
          "/sys/devices/virtual/powercap",
          "/sys/firmware");

  private static final List<String> READ_ONLY_PATHS =
      List.of("/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger");

  /**
   * Of -1000 to 1000: where memory ends, a step goes before the worker and the coordinator.
   * proc(5), /proc/pid/oom_score_adj.
   */
  private static final int OOM_SCORE_ADJUSTMENT = 800;

  /** Bytes of /dev/shm, Docker's default. */
  private static final String SHM_SIZE = "size=65536k";

  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  private BundleSpec() {}

  /** How the process sees the network. */
  sealed interface Net {
    /** A namespace of the worker's. */
    record Joined(Path namespace) implements Net {}

    /** A namespace of its own with nothing but loopback. */
    record Isolated() implements Net {}

    /** The host's. */
    record Host() implements Net {}
  }

  /** Files of the worker that the container sees as /etc/hosts and /etc/resolv.conf. */
  record EtcFiles(Path hosts, Path resolvConf) {}

  static ObjectNode of(ExecSpec spec, UserLookup.Ids ids, Net net, EtcFiles etc) {
    return of(spec, ids, net, etc, Processes.OWN);
  }

  static ObjectNode of(
      ExecSpec spec, UserLookup.Ids ids, Net net, EtcFiles etc, Processes processes) {
    ObjectNode config = JSON.objectNode();
    config.put("ociVersion", "1.0.2");
    config.set("process", process(spec, ids));
    config
        .putObject("root")
        .put("path", spec.root().toString())
        .put("readonly", spec.readOnlyRoot());
    config.put("hostname", hostname(spec.meta()));
    config.set("mounts", mounts(spec, net, etc, processes));
    ObjectNode linux = config.putObject("linux");
    linux.putObject("resources");
    ArrayNode namespaces = linux.putArray("namespaces");
    if (processes == Processes.OWN) {
      namespaces.addObject().put("type", "pid");
    }
    for (String type : List.of("ipc", "uts", "mount")) {
      namespaces.addObject().put("type", type);
    }
    switch (net) {
      case Net.Joined joined ->
          namespaces.addObject().put("type", "network").put("path", joined.namespace().toString());
      case Net.Isolated() -> namespaces.addObject().put("type", "network");
      case Net.Host() -> {}
    }
    if (!spec.insecure()) {
      linux.set("seccomp", SeccompProfile.json());
      linux.set("maskedPaths", strings(MASKED_PATHS));
      linux.set("readonlyPaths", strings(READ_ONLY_PATHS));
    }
    return config;
  }

  static String hostname(ExecMeta meta) {
    return meta.hostname().isEmpty() ? DEFAULT_HOSTNAME : meta.hostname();
  }

  /** The process, without a terminal. */
  static ObjectNode process(ExecSpec spec, UserLookup.Ids ids) {
    ExecMeta meta = spec.meta();
    ObjectNode process = JSON.objectNode();
    process.put("terminal", false);
    ObjectNode user =
        process.putObject("user").put("uid", ids.uid()).put("gid", ids.gid()).put("umask", 022);
    if (!ids.supplementary().isEmpty()) {
      ids.supplementary().forEach(user.putArray("additionalGids")::add);
    }
    process.set("args", strings(meta.arguments()));
    process.set("env", strings(environment(spec)));
    process.put("cwd", meta.workingDirectory().isEmpty() ? "/" : meta.workingDirectory());
    ObjectNode capabilities = process.putObject("capabilities");
    if (spec.insecure()) {
      for (String set : List.of("bounding", "effective", "permitted", "inheritable", "ambient")) {
        capabilities.set(set, strings(Capabilities.ofTheWorker()));
      }
    } else {
      for (String set : List.of("bounding", "effective", "permitted")) {
        capabilities.set(set, strings(CAPABILITIES));
      }
    }
    // Set-user-id programs work, as in every container: docs/adr/0011.
    process.put("noNewPrivileges", false);
    process.put("oomScoreAdj", OOM_SCORE_ADJUSTMENT);
    if (!meta.ulimits().isEmpty()) {
      ArrayNode limits = process.putArray("rlimits");
      for (ExecMeta.Ulimit limit : meta.ulimits()) {
        limits
            .addObject()
            .put("type", "RLIMIT_" + limit.name().toUpperCase(Locale.ROOT))
            .put("hard", limit.hard())
            .put("soft", limit.soft());
      }
    }
    return process;
  }

  private static List<String> environment(ExecSpec spec) {
    List<String> environment = new ArrayList<>(spec.meta().environment());
    environment.addAll(spec.meta().proxyEnvironment());
    if (environment.stream().noneMatch(entry -> entry.startsWith("PATH="))) {
      environment.add(DEFAULT_PATH);
    }
    spec.secrets().stream().map(SecretVariable::entry).forEach(environment::add);
    return environment;
  }

  private static ArrayNode mounts(ExecSpec spec, Net net, EtcFiles etc, Processes processes) {
    ArrayNode mounts = JSON.arrayNode();
    switch (processes) {
      case OWN -> mount(mounts, "/proc", "proc", "proc", List.of("nosuid", "noexec", "nodev"));
      case SHARED -> mount(mounts, "/proc", "bind", "/proc", List.of("rbind", "rprivate"));
    }
    mount(
        mounts,
        "/dev",
        "tmpfs",
        "tmpfs",
        List.of("nosuid", "strictatime", "mode=755", "size=65536k"));
    mount(
        mounts,
        "/dev/pts",
        "devpts",
        "devpts",
        List.of("nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"));
    mount(
        mounts,
        "/dev/shm",
        "tmpfs",
        "shm",
        List.of("nosuid", "noexec", "nodev", "mode=1777", SHM_SIZE));
    mount(mounts, "/dev/mqueue", "mqueue", "mqueue", List.of("nosuid", "noexec", "nodev"));
    switch (processes == Processes.OWN ? net : new Net.Host()) {
      // Where no new /proc may be mounted, no new /sys may be either.
      case Net.Host(
              ) -> // sysfs belongs to the network namespace, which is not ours: only the host's
          // mount can be shown
          mount(
              mounts, "/sys", "bind", "/sys", List.of("rbind", "nosuid", "noexec", "nodev", "ro"));
      case Net.Joined _, Net.Isolated _ ->
          mount(
              mounts,
              "/sys",
              "sysfs",
              "sysfs",
              List.of("nosuid", "noexec", "nodev", spec.insecure() ? "rw" : "ro"));
    }
    bind(mounts, "/etc/hosts", etc.hosts(), true);
    bind(mounts, "/etc/resolv.conf", etc.resolvConf(), true);
    for (SandboxMount mount : spec.mounts()) {
      switch (mount) {
        case SandboxMount.Bind(Path source, String destination, boolean readOnly, boolean _) ->
            bind(mounts, destination, source, readOnly);
        case SandboxMount.Socket(Path source, String destination) ->
            bind(mounts, destination, source, false);
        case SandboxMount.Secret(Path source, String destination, boolean executable) -> {
          List<String> options =
              new ArrayList<>(List.of("rbind", "rprivate", "ro", "nodev", "nosuid"));
          if (!executable) {
            options.add("noexec");
          }
          mount(mounts, destination, "bind", source.toString(), options);
        }
        case SandboxMount.Tmpfs(String destination, long size, boolean readOnly) -> {
          List<String> options = new ArrayList<>(List.of("nosuid", "nodev", "mode=1777"));
          if (size > 0) {
            options.add("size=" + size);
          }
          if (readOnly) {
            options.add("ro");
          }
          mount(mounts, destination, "tmpfs", "tmpfs", options);
        }
      }
    }
    return mounts;
  }

  private static void bind(ArrayNode mounts, String destination, Path source, boolean readOnly) {
    mount(
        mounts,
        destination,
        "bind",
        source.toString(),
        List.of("rbind", "rprivate", readOnly ? "ro" : "rw"));
  }

  private static void mount(
      ArrayNode mounts, String destination, String type, String source, List<String> options) {
    ObjectNode mount =
        mounts.addObject().put("destination", destination).put("type", type).put("source", source);
    mount.set("options", strings(options));
  }

  static ArrayNode strings(List<String> values) {
    ArrayNode array = JSON.arrayNode();
    values.forEach(array::add);
    return array;
  }

  /** Text of /etc/hosts. */
  static String hosts(ExecMeta meta) {
    StringBuilder text = new StringBuilder();
    text.append("127.0.0.1\tlocalhost ")
        .append(hostname(meta))
        .append("\n::1\tlocalhost ip6-localhost ip6-loopback\n");
    meta.extraHosts()
        .forEach(host -> text.append(host.ip()).append('\t').append(host.host()).append('\n'));
    return text.toString();
  }
}
