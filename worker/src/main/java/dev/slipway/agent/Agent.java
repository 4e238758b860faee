package dev.slipway.agent;

import dev.slipway.certificates.FarmTls;
import dev.slipway.content.BlobDirectory;
import dev.slipway.execute.StageExecutor;
import dev.slipway.gc.DiskKeeper;
import dev.slipway.gc.DiskRecord;
import dev.slipway.layers.BlobMaker;
import dev.slipway.layers.LayerApplier;
import dev.slipway.layers.LayerLimits;
import dev.slipway.mounts.CacheMounts;
import dev.slipway.part.Parts;
import dev.slipway.protocol.worker.Ask;
import dev.slipway.registry.BlobTransfer;
import dev.slipway.registry.RetryPolicy;
import dev.slipway.sandbox.Sandbox;
import dev.slipway.snapshot.SnapshotStore;
import dev.slipway.source.LayerFetcher;
import dev.slipway.telemetry.Meters;
import dev.slipway.tracing.Tracing;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A worker at work: does what the coordinators ask until it is closed. @ThreadSafe */
public final class Agent implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Agent.class);

  /** How soon the end of the last stage is noticed by a worker that leaves. */
  private static final Duration DRAIN_POLL = Duration.ofMillis(20);

  private final BlobTransfer transfer;
  private final LayerFetcher fetcher;
  private final ScheduledExecutorService pulse =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("agent-pulse").factory());
  private final Work work;
  private final FarmLinks links;
  private volatile boolean draining;

  /**
   * Where the coordinators are and how they know us.
   *
   * @param seeds {@code host:port} of one or some; they name the others
   */
  public record Farm(List<String> seeds, String joinToken, Optional<FarmTls> tls) {
    public Farm {
      seeds = List.copyOf(seeds);
    }

    @Override
    public String toString() {
      return "Farm" + seeds;
    }
  }

  /** Hears of the coordinators that come and go, and where the others are. Must not block. */
  public interface Coordinators {
    /**
     * The worker has joined one.
     *
     * @param address {@code host:port}
     * @param publicKey that it signs capability tokens with, X.509 SubjectPublicKeyInfo
     * @param now what its clock says
     */
    void joined(String address, byte[] publicKey, Instant now);

    /** The link to the one with this key ended. */
    void left(byte[] publicKey);

    /**
     * The farm's processes are there now; said again with each change.
     *
     * @param addresses {@code host:port} of all coordinators' servers for workers and all workers'
     */
    void farm(Set<String> addresses);

    /**
     * The one with this key says who was evicted from the farm.
     *
     * @param workerIds all that are
     */
    void evicted(byte[] publicKey, Set<String> workerIds);
  }

  /**
   * @param disk looks after the store
   * @param root of the worker's files, on the store's file system
   * @param limits of images' layers and of archives
   * @param durable where layers may be kept beside this worker's own disk
   */
  public Agent(
      WorkerDescription description,
      Farm farm,
      SnapshotStore store,
      CacheMounts mounts,
      DiskKeeper disk,
      Sandbox sandbox,
      Path root,
      Optional<BlobDirectory> durable,
      LayerLimits limits,
      Meters meters,
      Tracing tracing,
      Coordinators coordinators)
      throws IOException {
    Inventory inventory = new Inventory(store, mounts);
    disk.onRemoved(gone ->
        inventory.removed(
            gone.stream()
                .filter(record -> record.type() != DiskRecord.Type.CACHE_MOUNT)
                .map(DiskRecord::id)
                .toList()));
    InstantSource clock = InstantSource.system();
    Path scratch = emptied(root.resolve("scratch"));
    this.transfer = new BlobTransfer(RetryPolicy.DEFAULT, durable, farm.tls());
    this.fetcher =
        new LayerFetcher(
            store,
            new LayerApplier(limits),
            transfer,
            scratch,
            clock,
            meters,
            inventory::added,
            farm.tls());
    Parts parts = new Parts(store);
    BlobMaker blobs = new BlobMaker(store, meters, limits);
    LayerStoring storing = new LayerStoring(store, blobs, durable, meters);
    DiskQuestions diskQuestions = new DiskQuestions(disk, this::announce);
    LayerQuestions layerQuestions = new LayerQuestions(fetcher);
    this.work =
        new Work(
            new StageExecutor(
                store,
                mounts,
                fetcher,
                sandbox,
                disk,
                parts,
                limits,
                clock,
                meters,
                inventory::added),
            new LayerPusher(store, fetcher, blobs, transfer, scratch, clock, meters),
            new PathReader(store, fetcher),
            new Questions(
                Map.of(
                    Ask.QuestionCase.DISK_USAGE, diskQuestions::usage,
                    Ask.QuestionCase.PRUNE, diskQuestions::prune,
                    Ask.QuestionCase.STORE_LAYERS, storing::store,
                    Ask.QuestionCase.FETCH_LAYERS, layerQuestions::fetch,
                    Ask.QuestionCase.FETCH_MOUNT, new MountQuestions(mounts)::fetch,
                    Ask.QuestionCase.DIGEST_PART, new PartQuestions(parts, fetcher)::answer)),
            inventory,
            disk,
            root,
            new Slots(description.slots()),
            new AtomicLong(),
            tracing,
            pulse);
    long incarnation = new SecureRandom().nextLong();
    this.links =
        new FarmLinks(
            farm.seeds(),
            farm.joinToken(),
            farm.tls(),
            news -> membership(description, incarnation, news),
            coordinators);
  }

  private Membership membership(
      WorkerDescription description, long incarnation, Membership.News news) {
    Membership membership = new Membership(description, incarnation, work, news);
    if (draining) {
      membership.drain();
    }
    return membership;
  }

  private static Path emptied(Path directory) throws IOException {
    Files.createDirectories(directory);
    try (var files = Files.list(directory)) {
      for (Path file : files.toList()) {
        Files.deleteIfExists(file);
      }
    }
    return directory;
  }

  /** Joins the coordinators, and stays joined until {@link #close}. */
  public void start() {
    links.start();
  }

  /** Whether a coordinator has taken this worker in, and it takes stages. */
  public boolean isReady() {
    return !draining && !links.joined().isEmpty();
  }

  /** Whether it takes no new stage because it is to leave. */
  public boolean isDraining() {
    return draining;
  }

  /** The coordinators that are joined now, by their own addresses. */
  public List<String> coordinators() {
    return links.joined();
  }

  /** Links to coordinators, joined or being dialed. */
  int links() {
    return links.all().size();
  }

  /** Stages that run now. */
  public int runningStages() {
    return work.stageSlots().taken();
  }

  /** Stages that ended since the start. */
  public long stagesRun() {
    return work.stagesRun().get();
  }

  private void announce() {
    links.all().forEach(Membership::announce);
  }

  /**
   * Takes no new stage, and returns when all that runs has ended and no coordinator needs what is
   * here, when none is linked, or when the patience ends.
   *
   * @param patience counts from the end of the last stage: leaving never costs work
   */
  public void drain(Duration patience) throws InterruptedException {
    long deadline = System.nanoTime() + patience.toNanos();
    draining = true;
    LOG.atInfo().addKeyValue("stages", runningStages()).log("draining");
    boolean busy = runningStages() > 0;
    links.all().forEach(Membership::drain);
    while (links.all().stream().anyMatch(Membership::isNeeded)) {
      if (runningStages() > 0) {
        deadline = System.nanoTime() + patience.toNanos();
      }
      if (System.nanoTime() >= deadline) {
        LOG.atWarn()
            .addKeyValue("stages", runningStages())
            .addKeyValue("patienceSeconds", patience.toSeconds())
            .log("draining took too long; the worker ends");
        return;
      }
      Thread.sleep(DRAIN_POLL);
      if (busy && runningStages() == 0) {
        // Those who hand over what is here wait for the last result.
        busy = false;
        announce();
      }
    }
    LOG.atInfo().log("drained");
  }

  /** Takes nothing new, cancels what runs and leaves the farm. */
  @Override
  public void close() {
    links.close();
    pulse.shutdownNow();
    fetcher.close();
    transfer.close();
  }
}
