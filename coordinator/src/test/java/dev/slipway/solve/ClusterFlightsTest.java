package dev.slipway.solve;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.slipway.cluster.Cluster;
import dev.slipway.cluster.ClusterMembers;
import dev.slipway.cluster.Lease;
import dev.slipway.cluster.Leases;
import dev.slipway.cluster.MapNames;
import dev.slipway.config.ClusterSettings;
import dev.slipway.coordination.CoordinationService;
import dev.slipway.coordination.CoordinatorRecord;
import dev.slipway.coordination.Coordinators;
import dev.slipway.error.SlipwayException;
import dev.slipway.graph.Definition;
import dev.slipway.graph.Vertex;
import dev.slipway.identity.Rights;
import dev.slipway.plan.Graphs;
import dev.slipway.progress.Progress;
import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import java.net.InetSocketAddress;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Two coordinators of one cluster that share a worker and an index. */
@Timeout(60)
class ClusterFlightsTest {
  private final FakeFarm farm = new FakeFarm();
  private final Graphs graphs = new Graphs();
  private final Vertex base = graphs.image("busybox");
  private final List<Node> nodes = new ArrayList<>();

  private record Node(Cluster cluster, Coordinators coordinators, FarmSolver solver, Server server)
      implements AutoCloseable {
    static Node start(ClusterSettings settings, FakeFarm farm) throws Exception {
      Cluster cluster = ClusterMembers.start(settings);
      Coordinators coordinators = Coordinators.start(cluster, "token", Optional.empty());
      FarmSolver solver =
          new FarmSolver(TestParts.of(farm), new Leases(cluster, MapNames.LEASES), coordinators);
      Server server =
          NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", 0))
              .addService(new CoordinationService(_ -> null, solver.watching()))
              .build()
              .start();
      coordinators.announce(
          new CoordinatorRecord(
              cluster.self(),
              "127.0.0.1:" + server.getPort(),
              List.of(),
              "127.0.0.1:1",
              Instant.EPOCH));
      return new Node(cluster, coordinators, solver, server);
    }

    /** As if its process had been killed. */
    void kill() {
      server.shutdownNow();
      ClusterMembers.kill(cluster);
    }

    @Override
    public void close() {
      server.shutdownNow();
      coordinators.close();
      cluster.close();
    }
  }

  @BeforeEach
  void start() throws Exception {
    for (ClusterSettings settings : ClusterMembers.settings(2)) {
      nodes.add(Node.start(settings, farm));
    }
    await().until(() -> nodes.stream().allMatch(node -> node.coordinators().all().size() == 2));
  }

  @AfterEach
  void stop() {
    nodes.forEach(Node::close);
  }

  /** What a client would see. */
  private static final class Seen implements Progress {
    private final StringBuffer log = new StringBuffer();
    private final Set<String> statuses = ConcurrentHashMap.newKeySet();

    @Override
    public void vertex(VertexState vertex) {}

    @Override
    public void status(StatusLine line) {
      statuses.add(line.id());
    }

    @Override
    public void log(LogChunk chunk) {
      log.append(new String(chunk.data(), UTF_8));
    }

    @Override
    public void warning(Warning warning) {}
  }

  private CompletableFuture<SolvedResult> solving(
      int node, String build, Definition definition, Progress progress) {
    return solving(node, build, definition, progress, new AtomicReference<>());
  }

  private CompletableFuture<SolvedResult> solving(
      int node,
      String build,
      Definition definition,
      Progress progress,
      AtomicReference<Thread> thread) {
    CompletableFuture<SolvedResult> result = new CompletableFuture<>();
    thread.set(
        Thread.ofVirtual()
            .start(() -> {
              try {
                result.complete(
                    nodes
                        .get(node)
                        .solver()
                        .solve(
                            new BuildContext(build, "", Rights.of(""), progress),
                            List.of(definition))
                        .getFirst());
              } catch (SlipwayException | InterruptedException | RuntimeException e) {
                result.completeExceptionally(e);
              }
            }));
    return result;
  }

  @Test
  void equalBuildsAtTwoCoordinatorsRunEachStepOnceAndBothShowTheWholeLog() throws Exception {
    CountDownLatch gate = new CountDownLatch(1);
    farm.held.put("one", gate);
    farm.says.put("one", "compiling\n");
    Definition definition = graphs.definition(graphs.run("two", graphs.run("one", base)));
    Seen seen = new Seen();

    CompletableFuture<SolvedResult> first = solving(0, "first", definition, Progress.NONE);
    await().until(() -> !farm.stages.isEmpty());
    CompletableFuture<SolvedResult> second = solving(1, "second", definition, seen);
    await().untilAsserted(() -> assertThat(seen.log).hasToString("compiling\n"));
    gate.countDown();

    assertThat(first.get().chain()).isEqualTo(second.get().chain());
    assertThat(farm.ran).containsExactly("one", "two");
  }

  @Test
  void aFailureIsTheFailureOfAllWhoWait() throws Exception {
    CountDownLatch gate = new CountDownLatch(1);
    farm.held.put("one", gate);
    farm.failing.add("one");
    farm.says.put("one", "error\n");
    Definition definition = graphs.definition(graphs.run("one", base));
    Seen seen = new Seen();

    CompletableFuture<SolvedResult> first = solving(0, "first", definition, Progress.NONE);
    await().until(() -> !farm.stages.isEmpty());
    CompletableFuture<SolvedResult> second = solving(1, "second", definition, seen);
    await().untilAsserted(() -> assertThat(seen.log).hasToString("error\n"));
    gate.countDown();

    assertThatThrownBy(first::get).cause().isInstanceOf(StepFailure.class);
    assertThatThrownBy(second::get)
        .isInstanceOf(ExecutionException.class)
        .cause()
        .isInstanceOfSatisfying(
            StepFailure.class, failure -> assertThat(failure.exitCode()).isEqualTo(7));
    assertThat(farm.ran).containsExactly("one");
  }

  @Test
  void whoWaitsTakesTheStepWhenItsCoordinatorDies() throws Exception {
    CountDownLatch gate = new CountDownLatch(1);
    farm.held.put("one", gate);
    farm.says.put("one", "started\n");
    Definition definition = graphs.definition(graphs.run("one", base));
    Seen seen = new Seen();
    solving(0, "first", definition, Progress.NONE);
    await().until(() -> !farm.stages.isEmpty());
    CompletableFuture<SolvedResult> second = solving(1, "second", definition, seen);
    await().untilAsserted(() -> assertThat(seen.log).hasToString("started\n"));

    long start = System.nanoTime();
    nodes.getFirst().kill();
    await().until(() -> farm.stages.size() == 2);
    System.out.println(
        "step of a dead coordinator taken over after "
            + (System.nanoTime() - start) / 1_000_000
            + " ms");
    gate.countDown();

    assertThat(second.get().chain().layers()).hasSize(1);
  }

  @Test
  void aLeaseThatItsLivingOwnerForgotIsTakenOver() throws Exception {
    CountDownLatch gate = new CountDownLatch(1);
    farm.held.put("one", gate);
    Definition definition = graphs.definition(graphs.run("one", base));
    CompletableFuture<SolvedResult> probe = solving(1, "probe", definition, Progress.NONE);
    await().until(() -> !farm.stages.isEmpty());
    Leases forgotten = new Leases(nodes.getFirst().cluster(), MapNames.LEASES);
    String key = leasedKey();
    gate.countDown();
    probe.get();
    farm.dropHolder(FakeFarm.WORKER);
    await()
        .until(() -> {
          Leases.Claim claim = forgotten.claim(List.of(key), "forgotten");
          return claim.has(key);
        });

    assertThat(solving(1, "second", definition, Progress.NONE).get().chain().layers()).hasSize(1);
    assertThat(farm.ran).containsExactly("one", "one");
  }

  private String leasedKey() {
    List<String> keys = new ArrayList<>();
    nodes
        .getFirst()
        .cluster()
        .<Lease>map(MapNames.LEASES, ClusterMembers.leaseCodec())
        .forEach((key, _) -> keys.add(key));
    assertThat(keys).hasSize(1);
    return keys.getFirst();
  }

  @Test
  void whatOthersWaitForGoesOnWhenItsBuildIsCancelled() throws Exception {
    CountDownLatch gate = new CountDownLatch(1);
    farm.held.put("one", gate);
    farm.says.put("one", "started\n");
    Definition definition = graphs.definition(graphs.run("two", graphs.run("one", base)));
    AtomicReference<Thread> caller = new AtomicReference<>();
    CompletableFuture<SolvedResult> first = solving(0, "first", definition, Progress.NONE, caller);
    await().until(() -> !farm.stages.isEmpty());
    Seen seen = new Seen();
    CompletableFuture<SolvedResult> second = solving(1, "second", definition, seen);
    await().untilAsserted(() -> assertThat(seen.log).hasToString("started\n"));

    caller.get().interrupt();
    assertThatThrownBy(first::get).cause().isInstanceOf(InterruptedException.class);
    gate.countDown();

    assertThat(second.get().chain().layers()).containsExactly("snap:two-2");
    assertThat(farm.ran).containsExactly("one", "two");
    assertThat(farm.cancelled).isEmpty();
  }

  @Test
  void whoGivesUpWaitingLeavesTheRunningBuildAlone() throws Exception {
    CountDownLatch gate = new CountDownLatch(1);
    farm.held.put("one", gate);
    farm.says.put("one", "started\n");
    Definition definition = graphs.definition(graphs.run("one", base));
    CompletableFuture<SolvedResult> first = solving(0, "first", definition, Progress.NONE);
    await().until(() -> !farm.stages.isEmpty());
    Seen seen = new Seen();
    AtomicReference<Thread> caller = new AtomicReference<>();
    CompletableFuture<SolvedResult> second = solving(1, "second", definition, seen, caller);
    await().untilAsserted(() -> assertThat(seen.log).hasToString("started\n"));

    caller.get().interrupt();
    assertThatThrownBy(second::get).cause().isInstanceOf(InterruptedException.class);
    gate.countDown();

    assertThat(first.get().chain().layers()).containsExactly("snap:one-1");
    assertThat(farm.ran).containsExactly("one");
  }
}
