package dev.slipway.graph;

import java.util.List;

/**
 * The process of an exec op.
 *
 * @param arguments executed as they are, no shell
 * @param environment {@code NAME=value} entries
 * @param workingDirectory absolute path
 * @param user {@code name|uid[:group|gid]}, empty = root
 * @param hostname empty = the default
 * @param extraHosts entries for /etc/hosts
 * @param proxyEnvironment {@code NAME=value} entries seen by the process and absent from the cache
 *     key
 * @param validExitCodes codes that count as success; never empty, {0} by default
 * @param cgroupParent where its control group is to be, empty = anywhere
 * @param removeParentsOfStubs whether directories around a mount point that had to be made go with
 *     it
 */
public record ExecMeta(
    List<String> arguments,
    List<String> environment,
    String workingDirectory,
    String user,
    String hostname,
    List<ExtraHost> extraHosts,
    List<Ulimit> ulimits,
    List<String> proxyEnvironment,
    List<Integer> validExitCodes,
    String cgroupParent,
    boolean removeParentsOfStubs) {
  public ExecMeta {
    arguments = List.copyOf(arguments);
    environment = List.copyOf(environment);
    extraHosts = List.copyOf(extraHosts);
    ulimits = List.copyOf(ulimits);
    proxyEnvironment = List.copyOf(proxyEnvironment);
    validExitCodes = validExitCodes.isEmpty() ? List.of(0) : List.copyOf(validExitCodes);
  }

  /** The same in no control group of its own, leaving no trace of mount points. */
  public ExecMeta(
      List<String> arguments,
      List<String> environment,
      String workingDirectory,
      String user,
      String hostname,
      List<ExtraHost> extraHosts,
      List<Ulimit> ulimits,
      List<String> proxyEnvironment,
      List<Integer> validExitCodes) {
    this(
        arguments,
        environment,
        workingDirectory,
        user,
        hostname,
        extraHosts,
        ulimits,
        proxyEnvironment,
        validExitCodes,
        "",
        true);
  }

  /** The same with other limits. */
  public ExecMeta with(List<Ulimit> limits) {
    return new ExecMeta(
        arguments,
        environment,
        workingDirectory,
        user,
        hostname,
        extraHosts,
        limits,
        proxyEnvironment,
        validExitCodes,
        cgroupParent,
        removeParentsOfStubs);
  }

  /** One more line of /etc/hosts. */
  public record ExtraHost(String host, String ip) {}

  /** A resource limit of the process, name as in {@code docker build --ulimit}. */
  public record Ulimit(String name, long soft, long hard) {}
}
