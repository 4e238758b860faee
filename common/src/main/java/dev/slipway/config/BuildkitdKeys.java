package dev.slipway.config;

import java.util.Set;

/** Keys of buildkitd.toml that Slipway accepts and has no use for, by table. */
final class BuildkitdKeys {
  static final Set<String> TOP =
      Set.of(
          "debug",
          "trace",
          "log",
          "cdi",
          "dns",
          "history",
          "frontend",
          "system",
          "cache",
          "provenanceEnvDir");

  static final Set<String> GRPC = Set.of("debugAddress", "uid", "gid", "securityDescriptor");

  static final Set<String> REGISTRY = Set.of("ca", "keypair", "tlsconfigdir");

  static final Set<String> OCI_WORKER =
      Set.of(
          "enabled",
          "rootless",
          "snapshotter",
          "proxySnapshotterPath",
          "stargzSnapshotter",
          "labels",
          "networkMode",
          "cniConfigPath",
          "cniBinaryPath",
          "cniPoolSize",
          "bridgeName",
          "bridgeSubnet",
          "binary",
          "apparmor-profile",
          "selinux",
          "defaultCgroupParent",
          "userRemapUnsupported");

  private BuildkitdKeys() {}
}
