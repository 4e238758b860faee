package dev.slipway.e2e;

import dev.slipway.protocol.buildkit.control.ControlGrpc;
import dev.slipway.protocol.buildkit.control.DiskUsageRequest;
import dev.slipway.protocol.buildkit.control.PruneRequest;
import dev.slipway.protocol.buildkit.control.UsageRecord;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Asks a farm about its disks with all digits, and counts what is there without asking it. */
final class DiskClient implements AutoCloseable {
  private final Farm farm;
  private final ManagedChannel channel;

  DiskClient(Farm farm) {
    this.farm = farm;
    this.channel =
        NettyChannelBuilder.forTarget(farm.endpoint().substring("tcp://".length()))
            .usePlaintext()
            .build();
  }

  List<UsageRecord> usage() {
    return control().diskUsage(DiskUsageRequest.getDefaultInstance()).getRecordList();
  }

  List<UsageRecord> prune(PruneRequest request) {
    List<UsageRecord> gone = new ArrayList<>();
    control().prune(request).forEachRemaining(gone::add);
    return gone;
  }

  private ControlGrpc.ControlBlockingStub control() {
    return ControlGrpc.newBlockingStub(channel).withDeadlineAfter(60, TimeUnit.SECONDS);
  }

  static long bytes(List<UsageRecord> records) {
    return records.stream().mapToLong(UsageRecord::getSize).sum();
  }

  /**
   * Bytes of regular files below the workers' layers and cache mounts, those with several names
   * once: find, the kernel and nobody of the farm. A layer's own description does not count.
   */
  long onDisk() {
    List<String> words = new ArrayList<>(List.of("find"));
    try (Stream<Path> workers = Files.list(farm.root())) {
      workers
          .filter(path -> path.getFileName().toString().startsWith("worker-"))
          .flatMap(worker ->
              Stream.of(worker.resolve("snapshots/layers"), worker.resolve("mounts/copies")))
          .filter(Files::exists)
          .map(Path::toString)
          .forEach(words::add);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    words.addAll(
        List.of(
            "-type",
            "f",
            "-regex",
            ".*/\\(diff/.*\\|blob\\|files/.*\\)",
            "-printf",
            "%D:%i %s\\n"));
    Set<String> seen = new HashSet<>();
    long bytes = 0;
    for (String line :
        Command.run(Duration.ofSeconds(30), words).orThrow().output().lines().toList()) {
      String[] file = line.split(" ");
      bytes += seen.add(file[0]) ? Long.parseLong(file[1]) : 0;
    }
    return bytes;
  }

  @Override
  public void close() {
    channel.shutdownNow();
  }
}
