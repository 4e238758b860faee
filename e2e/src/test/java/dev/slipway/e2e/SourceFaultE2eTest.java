package dev.slipway.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** Registries and disks that give bad bytes, half of the bytes, or none. */
class SourceFaultE2eTest {
  private final LocalRegistry registry = LocalRegistry.shared();
  private final Ordeal ordeal = Ordeal.prepare();

  @Test
  void aBuildSurvivesARegistryThatFailsNowAndThen() throws IOException {
    AtomicInteger requests = new AtomicInteger();
    RegistryFront.Gate gate =
        exchange -> {
          // Every seventh: an upload that starts anew (three requests) gets through in between.
          if (requests.incrementAndGet() % 7 == 0) {
            exchange.getRequestBody().readAllBytes();
            exchange.sendResponseHeaders(500, -1);
            exchange.close();
          }
        };
    try (RegistryFront failing = RegistryFront.before(registry, gate);
        Farm farm = Farm.start(2, failing.mirrorConfig());
        Command build = ordeal.begin(farm.buildx(), failing.address())) {
      ordeal.survives(build, farm);
      Ordeal.leavesNothing(farm, 1, 2);
    }
  }

  @Test
  void aBuildSurvivesDownloadsThatBreakOff() throws IOException {
    AtomicInteger downloads = new AtomicInteger();
    RegistryFront.Gate gate =
        exchange -> {
          boolean blob =
              exchange.getRequestMethod().equals("GET")
                  && exchange.getRequestURI().getPath().contains("/blobs/");
          if (blob && downloads.getAndIncrement() % 2 == 0) {
            breakOff(exchange);
          }
        };
    try (RegistryFront breaking = RegistryFront.before(registry, gate);
        Farm farm = Farm.start(2, breaking.mirrorConfig());
        Command build = ordeal.begin(farm)) {
      ordeal.survives(build, farm);
      assertThat(downloads.get()).as("downloads of the base image").isGreaterThan(2);
    }
  }

  /** Promises a megabyte, gives a little of nothing and hangs up. */
  private static void breakOff(HttpExchange exchange) throws IOException {
    exchange.sendResponseHeaders(200, 1 << 20);
    exchange.getResponseBody().flush();
    exchange.close();
  }

  /**
   * worker-1 has the base image's blob on its disk, with other bytes; a worker that is new asks it
   * first.
   */
  @Test
  void aBuildSurvivesABlobThatWentBadOnAPeersDisk() throws IOException {
    try (Farm farm = Farm.start(1)) {
      farm.buildx().build(BuildDirectory.of("FROM busybox\nRUN echo 1\n").path()).orThrow();
      List<Path> blobs = spoilBlobs(farm.workerRoot(1));
      assertThat(blobs).as("blobs on the disk of worker 1").isNotEmpty();
      Command.run(
              Duration.ofSeconds(60),
              List.of(Workplace.slipway(), "worker", "add", "--root", farm.root().toString()))
          .orThrow();
      Awaitility.await()
          .atMost(Duration.ofSeconds(20))
          .until(() -> farm.http("/api/v1/workers").contains("\"worker-2\""));

      try (Command build = ordeal.begin(farm)) {
        ordeal.survives(build, farm);
      }
      Ordeal.leavesNothing(farm, 1, 2);
    }
  }

  private static List<Path> spoilBlobs(Path workerRoot) throws IOException {
    List<Path> blobs;
    try (Stream<Path> layers = Files.list(workerRoot.resolve("snapshots/layers"))) {
      blobs = layers.map(layer -> layer.resolve("blob")).filter(Files::exists).toList();
    }
    for (Path blob : blobs) {
      try (RandomAccessFile file = new RandomAccessFile(blob.toFile(), "rw")) {
        file.seek(file.length() / 2);
        int old = file.read();
        file.seek(file.length() / 2);
        file.write(old ^ 0xff);
      }
    }
    return blobs;
  }
}
