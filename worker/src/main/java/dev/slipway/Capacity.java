package dev.slipway;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;

/**
 * What this machine, or the cgroup that the worker runs in, has for build steps.
 *
 * @param memoryBytes 0 = unknown
 */
record Capacity(int processors, long memoryBytes) {
  /** A step that compiles takes about as much. */
  private static final long MEMORY_PER_SLOT = 1L << 30;

  /** The JVM looks at both cgroup versions itself. */
  static Capacity here() {
    long memory =
        ManagementFactory.getOperatingSystemMXBean() instanceof OperatingSystemMXBean system
            ? Math.max(0, system.getTotalMemorySize())
            : 0;
    return new Capacity(Runtime.getRuntime().availableProcessors(), memory);
  }

  /** One stage for each processor and for each GiB of memory, whichever is fewer; at least one. */
  int slots() {
    long byMemory = memoryBytes == 0 ? processors : memoryBytes / MEMORY_PER_SLOT;
    return (int) Math.max(1, Math.min(processors, byMemory));
  }
}
