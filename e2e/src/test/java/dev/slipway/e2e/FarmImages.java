package dev.slipway.e2e;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** The images of {@code deploy/images}, built by the shared farm, once for the whole run. */
final class FarmImages {
  static final String COORDINATOR = "slipway/coordinator";
  static final String WORKER = "slipway/worker";

  /** Downloads Debian packages and links a Java runtime, for two architectures. */
  private static final Duration PATIENCE = Duration.ofMinutes(6);

  /** Of every file; any second that is over will do. */
  private static final String EPOCH = "1795392000";

  private static FarmImages shared;

  private FarmImages() {}

  static synchronized FarmImages shared() {
    if (shared == null) {
      LocalRegistry.shared().provide(PATIENCE, "debian", "jdk");
      FarmImages images = new FarmImages();
      images.build("coordinator", COORDINATOR, "--platform", "linux/amd64,linux/arm64");
      images.build("worker", WORKER, "--platform", "linux/amd64,linux/arm64");
      shared = images;
    }
    return shared;
  }

  /** Builds a target and pushes it as tag {@code 1} of that repository. */
  String build(String target, String repository, String... flags) {
    LocalRegistry registry = LocalRegistry.shared();
    Path tree = Workplace.tree();
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "-f",
                tree.resolve("deploy/images/Dockerfile").toString(),
                "--target",
                target,
                "--build-arg",
                "DEBIAN=debian",
                "--build-arg",
                "JDK=jdk",
                "--build-arg",
                "SOURCE_DATE_EPOCH=" + EPOCH,
                "-t",
                registry.image(repository + ":1"),
                "--push"));
    arguments.addAll(List.of(flags));
    try (Command build =
        SharedFarm.get().buildx().startBuild(tree, arguments.toArray(String[]::new))) {
      return build.await(PATIENCE).orThrow().output();
    }
  }
}
