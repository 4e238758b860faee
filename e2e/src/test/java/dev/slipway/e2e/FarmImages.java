package dev.slipway.e2e;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * The images of {@code deploy/images}, built once for the whole run by a farm of their own, which
 * keeps nobody who uses the shared one waiting.
 */
final class FarmImages {
  static final String COORDINATOR = "slipway/coordinator";
  static final String WORKER = "slipway/worker";

  /** Downloads Debian packages and links a Java runtime, for two architectures. */
  private static final Duration PATIENCE = Duration.ofMinutes(6);

  /** Of every file; any second that is over will do. */
  private static final String EPOCH = "1795392000";

  private static FarmImages shared;

  private final Farm farm = Farm.start(2);

  private FarmImages() {
    Workplace.atEnd(farm::close);
  }

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

  /** A client of the farm that built them. */
  Buildx buildx() {
    return farm.buildx();
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
    try (Command build = buildx().startBuild(tree, arguments.toArray(String[]::new))) {
      return build.await(PATIENCE).orThrow().output();
    }
  }
}
