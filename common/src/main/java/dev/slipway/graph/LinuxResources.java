package dev.slipway.graph;

/**
 * What a process may take of the machine; 0 or empty = no limit. As cgroups name it.
 *
 * @param memory in bytes
 * @param memorySwap memory and swap together, in bytes
 * @param cpuShares relative weight
 * @param cpuPeriod in microseconds
 * @param cpuQuota microseconds of each period
 * @param cpusetCpus processors, {@code 0-2,7}
 * @param cpusetMems memory nodes, the same way
 */
public record LinuxResources(
    long memory,
    long memorySwap,
    long cpuShares,
    long cpuPeriod,
    long cpuQuota,
    String cpusetCpus,
    String cpusetMems) {}
