package dev.slipway.snapshot;

import dev.slipway.linux.Mounts;
import dev.slipway.linux.Processes;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;

/** Skips tests that need root of a mount namespace, with the command that gives one. */
public final class MountNamespace {
  private MountNamespace() {}

  /** Tests mount only where {@code SLIPWAY_TEST_MOUNTS=1} says that the namespace is theirs. */
  public static void assume(Path directory) throws Exception {
    Assumptions.assumeTrue(
        "1".equals(System.getenv("SLIPWAY_TEST_MOUNTS")) && Processes.uid() == 0,
        "needs root of a mount namespace of its own: SLIPWAY_TEST_MOUNTS=1 rootlesskit mvn …, or as root SLIPWAY_TEST_MOUNTS=1 unshare -m mvn …");
    Path target = Files.createDirectories(directory.resolve("mount-probe"));
    Mounts.mount("tmpfs", target, "tmpfs", 0, "size=64k");
    Mounts.unmount(target);
  }
}
