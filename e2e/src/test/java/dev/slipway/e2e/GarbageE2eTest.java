package dev.slipway.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.protocol.buildkit.control.PruneRequest;
import dev.slipway.protocol.buildkit.control.UsageRecord;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/** What workers keep on their disks, and for how long. */
@Order(1)
class GarbageE2eTest {
  private static final int MIB = 1 << 20;

  private final LocalRegistry registry = LocalRegistry.shared();

  @BeforeAll
  static void readsWorkersFiles() {
    Assumptions.assumeTrue(
        Workplace.root(), "needs root: the files of workers belong to subordinate ids");
  }

  private static List<UsageRecord> idle(DiskClient disk) {
    return Awaitility.await("nothing is in use")
        .atMost(Duration.ofSeconds(20))
        .until(disk::usage, records -> records.stream().noneMatch(UsageRecord::getInUse));
  }

  @Test
  void diskUsageAndPruneAreRightToTheByte() {
    try (Farm farm = Farm.start(2);
        DiskClient disk = new DiskClient(farm)) {
      BuildDirectory app =
          BuildDirectory.of(
                  """
                  FROM busybox AS one
                  RUN head -c 1234567 /dev/urandom > /a && ln /a /b && cp /a /c && rm /c && ln -s a /d
                  FROM busybox AS two
                  RUN head -c 7654321 /dev/urandom > /e && sleep 1
                  RUN chmod 600 /e && mkdir /f && echo x > /f/g
                  FROM busybox
                  COPY . /context
                  COPY --from=one /a /b /
                  COPY --from=two /e /
                  """)
              .with("some/file", new byte[54321])
              .with("empty", "");
      for (int i = 1; i <= 2; i++) {
        farm.buildx()
            .build(app.path(), "--no-cache", "-t", registry.image("gc/bytes:" + i), "--push")
            .orThrow();
      }

      List<UsageRecord> before = idle(disk);
      assertThat(DiskClient.bytes(before)).isEqualTo(disk.onDisk()).isGreaterThan(2 * 16_000_000);
      assertThat(before).extracting(UsageRecord::getRecordType).contains("regular", "source.local");
      assertThat(before)
          .allMatch(record -> record.getUsageCount() >= 0 && record.hasLastUsedAt())
          .anyMatch(record -> record.getParentsCount() > 0);

      // The real client's words.
      String du = farm.buildx().run("du").orThrow().output();
      assertThat(du).contains("Reclaimable:").contains("Total:");
      String verbose = farm.buildx().run("du", "--verbose").orThrow().output();
      assertThat(verbose)
          .contains("Type:", "Last used:", "result of a step on worker-", "source.local");
      assertThat(farm.buildx().run("du", "--filter", "type=source.local").orThrow().output())
          .contains("tree:")
          .doesNotContain("snap:");

      assertThat(farm.buildx().run("prune", "-f", "--filter", "until=24h").orThrow().output())
          .contains("0B");
      assertThat(idle(disk)).hasSameSizeAs(before);

      List<UsageRecord> gone =
          disk.prune(PruneRequest.newBuilder().setReservedSpace(9_000_000).build());
      List<UsageRecord> between = idle(disk);
      assertThat(DiskClient.bytes(before) - DiskClient.bytes(between))
          .isEqualTo(DiskClient.bytes(gone))
          .isPositive();
      assertThat(DiskClient.bytes(between)).isEqualTo(disk.onDisk()).isBetween(1L, 18_000_000L);

      farm.buildx().run("prune", "-f", "--keep-storage", "1MB").orThrow();
      assertThat(DiskClient.bytes(disk.usage()))
          .isEqualTo(disk.onDisk())
          .isLessThanOrEqualTo(2 * MIB);

      farm.buildx().run("prune", "-a", "-f").orThrow();
      assertThat(disk.usage()).isEmpty();
      assertThat(disk.onDisk()).isZero();

      // What the cache still knows of and nobody has any more is made again.
      farm.buildx().build(app.path(), "-t", registry.image("gc/bytes:3"), "--push").orThrow();
      assertThat(PushedImage.read(registry, "gc/bytes", "3", "amd64").text("context/empty"))
          .isEmpty();
    }
  }

  @Test
  void aSmallDiskStaysSmallOverManyBuilds() {
    String config = registry.mirrorConfig() + "[worker.oci]\n  maxUsedSpace = \"24MB\"\n";
    try (Farm farm = Farm.start(2, config);
        DiskClient disk = new DiskClient(farm)) {
      long most = 0;
      for (int i = 0; i < 30; i++) {
        BuildDirectory app =
            BuildDirectory.of(
                "FROM busybox AS made\nRUN echo "
                    + i
                    + " && head -c 4000000 /dev/urandom > /big\nFROM busybox\nCOPY --from=made /big /big\n");
        farm.buildx().build(app.path(), "-t", registry.image("gc/small:" + i), "--push").orThrow();
        most = Math.max(most, disk.onDisk());
      }

      // A collection begins 2 s after a stage; a few builds fit in between, and copies that
      // pushes need stay for their build.
      assertThat(most).as("bytes on both disks at the worst time").isLessThan(2 * 80L * MIB);
      Awaitility.await("both disks are within their bounds")
          .atMost(Duration.ofSeconds(70))
          .until(() -> DiskClient.bytes(disk.usage()) <= 2 * 24L * MIB);
      assertThat(DiskClient.bytes(idle(disk))).isEqualTo(disk.onDisk());
      assertThat(farm.workerHttp(1, "/metrics") + farm.workerHttp(2, "/metrics"))
          .contains("slipway_disk_collected_bytes_total{reason=\"policy\"")
          .contains("slipway_disk_used_bytes")
          .contains("slipway_disk_free_bytes");
    }
  }

  @Test
  void aFullDiskParksStagesAndIsCollected() {
    try (Farm farm =
            Farm.start(1, 1, registry.mirrorConfig(), root -> smallDisk(root.resolve("worker-1")));
        DiskClient disk = new DiskClient(farm)) {
      String fill = "head -c 120000000 /dev/urandom > /big && ls /big";
      build(farm, "FROM busybox\nRUN echo one && " + fill + "\n").orThrow();

      // Two that do not fit beside each other, nor beside what is cached.
      try (Command first =
              farm.buildx()
                  .startBuild(
                      BuildDirectory.of(
                              "FROM busybox\nRUN head -c 285000000 /dev/urandom > /big && echo full && sleep 6 && rm /big\n")
                          .path());
          Command second = startWhenFull(farm, first, "FROM busybox\nRUN echo two && " + fill)) {
        assertThat(first.await(Duration.ofMinutes(1)).exitCode())
            .as(first.output() + farm.logs())
            .isZero();
        assertThat(second.await(Duration.ofMinutes(1)).exitCode())
            .as(second.output() + farm.logs())
            .isZero();
        assertThat(second.output()).contains("given back by worker-1: its disk is full");
      }
      assertThat(farm.workerHttp(1, "/metrics"))
          .contains("slipway_disk_collected_bytes_total{reason=\"disk_full\"");

      // One that fits nowhere is told so, and what it would take.
      Command.Result hopeless =
          build(farm, "FROM busybox\nRUN head -c 400000000 /dev/urandom > /big\n");
      assertThat(hopeless.exitCode()).isNotZero();
      assertThat(hopeless.output())
          .contains("its disk is full")
          .contains("of 300 MiB are free")
          .contains("make the disk larger");

      build(farm, "FROM busybox\nRUN echo three && " + fill + "\n").orThrow();
      assertThat(DiskClient.bytes(idle(disk))).isEqualTo(disk.onDisk());
    }
  }

  private static void smallDisk(Path folder) {
    try {
      Files.createDirectories(folder);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    Duration patience = Duration.ofSeconds(10);
    String path = folder.toString();
    Command.run(
            patience, List.of("mount", "-t", "tmpfs", "-o", "size=300m,mode=755", "small", path))
        .orThrow();
    Workplace.atEnd(() -> Command.run(patience, List.of("umount", "-l", path)));
  }

  private static Command startWhenFull(Farm farm, Command first, String dockerfile) {
    first.awaitStepLog(Duration.ofMinutes(1), "full");
    return farm.buildx().startBuild(BuildDirectory.of(dockerfile + "\n").path());
  }

  private static Command.Result build(Farm farm, String dockerfile) {
    return farm.buildx().build(BuildDirectory.of(dockerfile).path());
  }

  @Test
  void pruningWhileBuildsRunBreaksNone() throws InterruptedException {
    try (Farm farm = Farm.start(2);
        DiskClient disk = new DiskClient(farm)) {
      AtomicBoolean over = new AtomicBoolean();
      List<Long> pruned = new ArrayList<>();
      Thread pruner =
          Thread.ofVirtual()
              .start(() -> {
                while (!over.get()) {
                  pruned.add(
                      DiskClient.bytes(disk.prune(PruneRequest.newBuilder().setAll(true).build())));
                }
              });
      List<Command> builds = new ArrayList<>();
      for (int i = 0; i < 6; i++) {
        BuildDirectory app =
            BuildDirectory.of(
                    """
                    FROM busybox AS one
                    COPY in /in
                    RUN sleep 1 && cat /in > /one
                    FROM busybox AS two
                    RUN sleep 2 && echo %1$d > /two
                    FROM one
                    COPY --from=two /two /two
                    RUN cat /one /two > /three && sleep 1
                    """
                        .formatted(i))
                .with("in", "in " + i + "\n");
        builds.add(
            farm.buildx().startBuild(app.path(), "-t", registry.image("gc/busy:" + i), "--push"));
      }

      for (int i = 0; i < 6; i++) {
        Command.Result result = builds.get(i).await(Duration.ofMinutes(2));
        assertThat(result.exitCode()).as(result.output() + farm.logs()).isZero();
        assertThat(
                PushedImage.read(registry, "gc/busy", Integer.toString(i), "amd64").text("three"))
            .isEqualTo("in " + i + "\n" + i + "\n");
      }
      over.set(true);
      pruner.join();
      assertThat(pruned).hasSizeGreaterThan(3);
      Awaitility.await("nothing is left of it")
          .atMost(Duration.ofSeconds(20))
          .until(() -> {
            disk.prune(PruneRequest.newBuilder().setAll(true).build());
            return disk.usage().isEmpty() && disk.onDisk() == 0;
          });
    }
  }
}
