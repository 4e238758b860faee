package dev.slipway.routing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.slipway.cluster.ClusterMembers;
import dev.slipway.config.ClusterSettings;
import dev.slipway.protocol.buildkit.control.BytesMessage;
import dev.slipway.protocol.buildkit.control.ControlGrpc;
import dev.slipway.protocol.buildkit.control.SolveRequest;
import dev.slipway.protocol.buildkit.control.StatusRequest;
import dev.slipway.protocol.buildkit.control.StatusResponse;
import dev.slipway.protocol.buildkit.gateway.ExecMessage;
import dev.slipway.protocol.buildkit.gateway.LLBBridgeGrpc;
import dev.slipway.protocol.buildkit.gateway.PingRequest;
import io.grpc.ClientInterceptor;
import io.grpc.Deadline;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;

/** Three members of a cluster, real servers; the calls of one build spread over them. */
@Timeout(60)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class RoutingTest {
  static final int MESSAGES = 2_000;

  private static List<Site> sites = new ArrayList<>();

  @BeforeAll
  static void start() throws Exception {
    int number = 0;
    for (ClusterSettings settings : ClusterMembers.settings(3)) {
      sites.add(new Site("site" + number++, settings));
    }
    await()
        .untilAsserted(() ->
            assertThat(sites).allSatisfy(site -> assertThat(site.coordinators.all()).hasSize(3)));
  }

  @AfterAll
  static void stop() {
    sites.forEach(Site::close);
  }

  /** A session that stays open; what it hears. */
  private static final class OpenSession implements StreamObserver<BytesMessage> {
    final List<String> heard = new CopyOnWriteArrayList<>();
    final CompletableFuture<Status> end = new CompletableFuture<>();
    StreamObserver<BytesMessage> up;

    @Override
    public void onNext(BytesMessage message) {
      heard.add(message.getData().toStringUtf8());
    }

    @Override
    public void onError(Throwable error) {
      end.complete(Status.fromThrowable(error));
    }

    @Override
    public void onCompleted() {
      end.complete(Status.OK);
    }
  }

  private OpenSession open(int site, String id) {
    OpenSession session = new OpenSession();
    session.up =
        ControlGrpc.newStub(sites.get(site).client)
            .withInterceptors(header("x-docker-expose-session-uuid", id))
            .session(session);
    return session;
  }

  private static ClientInterceptor header(String name, String value) {
    Metadata headers = new Metadata();
    headers.put(Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER), value);
    return MetadataUtils.newAttachHeadersInterceptor(headers);
  }

  private static SolveRequest order(String ref, String session) {
    return SolveRequest.newBuilder().setRef(ref).setSession(session).build();
  }

  private String solve(int site, String ref, String session) {
    return ControlGrpc.newBlockingStub(sites.get(site).client)
        .solve(order(ref, session))
        .getExporterResponseMap()
        .get("by");
  }

  private String ping(int site, String build) {
    return LLBBridgeGrpc.newBlockingStub(sites.get(site).client)
        .withInterceptors(header("buildkit-controlapi-buildid", build))
        .ping(PingRequest.getDefaultInstance())
        .getWorkers(0)
        .getID();
  }

  @Test
  void everyCallOfABuildGoesWhereItsSessionIs() {
    OpenSession session = open(0, "s1");
    await().untilAsserted(() -> assertThat(session.heard).containsExactly("site0"));

    int before = sites.get(1).forwarded.get();
    assertThat(solve(1, "b1", "s1")).isEqualTo("site0");
    assertThat(solve(0, "b2", "prefix:s1")).isEqualTo("site0");
    assertThat(ping(2, "b1")).isEqualTo("site0");
    assertThat(ping(0, "b1")).isEqualTo("site0");
    assertThat(sites.get(1).forwarded.get() - before).isEqualTo(1);

    session.up.onCompleted();
    assertThat(session.end).succeedsWithin(Duration.ofSeconds(5)).isEqualTo(Status.OK);
  }

  @Test
  void callsThatComeFirstWaitForTheirSessionAndBuild() throws Exception {
    Executor threads = Executors.newVirtualThreadPerTaskExecutor();
    CompletableFuture<String> ping = CompletableFuture.supplyAsync(() -> ping(2, "late"), threads);
    CompletableFuture<String> solve =
        CompletableFuture.supplyAsync(() -> solve(1, "late", "s2"), threads);
    await().during(Duration.ofMillis(300)).untilAsserted(() -> assertThat(solve).isNotDone());

    long start = System.nanoTime();
    open(0, "s2");

    assertThat(solve.get(5, TimeUnit.SECONDS)).isEqualTo("site0");
    assertThat(ping.get(5, TimeUnit.SECONDS)).isEqualTo("site0");
    System.out.println(
        "waiting calls were passed on after " + (System.nanoTime() - start) / 1_000_000 + " ms");
  }

  @Test
  void aBuildWithoutASessionStaysWhereItLanded() {
    assertThat(solve(1, "b3", "")).isEqualTo("site1");
    assertThat(ping(0, "b3")).isEqualTo("site1");
  }

  @Test
  void nobodysBuildIsNotFound() {
    assertThatThrownBy(() -> ping(0, "nobody's"))
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> {
              assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.NOT_FOUND);
              assertThat(e.getStatus().getDescription()).isEqualTo("no such job nobody's");
            });
  }

  @Test
  void errorsComeBackWithTheirDetails() {
    open(0, "s4");

    assertThatThrownBy(() -> solve(1, ToyServices.FAILING, "s4"))
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> {
              assertThat(e.getStatus().getDescription()).isEqualTo("step failed at site0");
              assertThat(e.getTrailers().get(ToyServices.DETAIL)).containsExactly(1, 2, 3);
            });
  }

  @Test
  void deadlineAndCancelReachTheOwner() throws Exception {
    open(0, "s5");
    CompletableFuture<Throwable> end = new CompletableFuture<>();
    ClientCallStreamObserver<?>[] call = new ClientCallStreamObserver<?>[1];
    ControlGrpc.newStub(sites.get(1).client)
        .withDeadlineAfter(40, TimeUnit.SECONDS)
        .solve(
            order(ToyServices.ENDLESS, "s5"),
            new Observer<SolveRequest, dev.slipway.protocol.buildkit.control.SolveResponse>(
                request -> call[0] = request, end));
    Optional<Deadline> deadline = sites.get(0).services.started.poll(10, TimeUnit.SECONDS);
    assertThat(deadline.orElseThrow().timeRemaining(TimeUnit.SECONDS)).isBetween(20L, 40L);

    call[0].cancel("enough", null);

    assertThat(sites.get(0).services.cancelled.await(10, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void aSlowReaderHoldsTheOwnerBack() throws Exception {
    solve(0, "b6", "");
    AtomicInteger received = new AtomicInteger();
    Semaphore reading = new Semaphore(0);
    CountDownLatch end = new CountDownLatch(1);
    ControlGrpc.newStub(sites.get(1).client)
        .status(
            StatusRequest.newBuilder().setRef("b6").build(),
            new StreamObserver<StatusResponse>() {
              @Override
              public void onNext(StatusResponse message) {
                received.incrementAndGet();
                reading.acquireUninterruptibly();
              }

              @Override
              public void onError(Throwable error) {
                end.countDown();
              }

              @Override
              public void onCompleted() {
                end.countDown();
              }
            });
    await().untilAsserted(() -> assertThat(received).hasValue(1));
    AtomicInteger sent = sites.get(0).services.sent;
    int[] last = {-1};
    await()
        .pollInterval(Duration.ofMillis(300))
        .until(() -> sent.get() == last[0] || (last[0] = sent.get()) < 0);
    assertThat(sent.get()).isLessThan(MESSAGES / 2);

    reading.release(MESSAGES);

    assertThat(end.await(20, TimeUnit.SECONDS)).isTrue();
    assertThat(received).hasValue(MESSAGES);
  }

  @Test
  void streamsGoBothWays() throws Exception {
    solve(0, "b7", "");
    List<String> heard = new CopyOnWriteArrayList<>();
    CompletableFuture<Throwable> end = new CompletableFuture<>();
    StreamObserver<ExecMessage> up =
        LLBBridgeGrpc.newStub(sites.get(2).client)
            .withInterceptors(header("buildkit-controlapi-buildid", "b7"))
            .execProcess(
                new StreamObserver<>() {
                  @Override
                  public void onNext(ExecMessage message) {
                    heard.add(message.getProcessID());
                  }

                  @Override
                  public void onError(Throwable error) {
                    end.complete(error);
                  }

                  @Override
                  public void onCompleted() {
                    end.complete(null);
                  }
                });

    for (int i = 0; i < 100; i++) {
      up.onNext(ExecMessage.newBuilder().setProcessID("/" + i).build());
    }
    await().untilAsserted(() -> assertThat(heard).hasSize(100));
    up.onCompleted();

    assertThat(end.get(10, TimeUnit.SECONDS)).isNull();
    assertThat(heard).first().isEqualTo("site0/0");
    assertThat(heard).last().isEqualTo("site0/99");
  }

  @Test
  @Order(Integer.MAX_VALUE)
  void whoeverIsLeftSaysWhatIsGoneAndAtLastRefuses() throws Exception {
    open(0, "s8");
    CompletableFuture<Throwable> end = new CompletableFuture<>();
    ControlGrpc.newStub(sites.get(1).client)
        .solve(order(ToyServices.ENDLESS, "s8"), new Observer<>(_ -> {}, end));
    assertThat(sites.get(0).services.started.poll(10, TimeUnit.SECONDS)).isNotNull();

    sites.get(0).die();

    assertThat(Status.fromThrowable(end.get(10, TimeUnit.SECONDS)))
        .satisfies(status -> {
          assertThat(status.getCode()).isEqualTo(Status.Code.UNAVAILABLE);
          assertThat(status.getDescription())
              .contains("which has session s8, cannot be reached any more")
              .contains("start the build again");
        });
    await().untilAsserted(() -> assertThat(sites.get(1).coordinators.all()).hasSize(2));
    assertThatThrownBy(() -> ping(1, ToyServices.ENDLESS))
        .hasMessageContaining("had build endless and has left the farm");
    assertThat(solve(2, "next", "")).isEqualTo("site2");

    sites.get(1).die();

    await().untilAsserted(() -> assertThat(sites.get(2).coordinators.all()).hasSize(1));
    assertThatThrownBy(() -> solve(2, "b9", ""))
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE))
        .hasMessageContaining("sees 1 of the farm's 3 coordinators");
    assertThat(open(2, "s9").end)
        .succeedsWithin(Duration.ofSeconds(5))
        .satisfies(status -> assertThat(status.getCode()).isEqualTo(Status.Code.UNAVAILABLE));
  }

  /** Hears how a call ends. */
  private record Observer<Q, A>(
      java.util.function.Consumer<ClientCallStreamObserver<Q>> begun,
      CompletableFuture<Throwable> end)
      implements ClientResponseObserver<Q, A> {
    @Override
    public void beforeStart(ClientCallStreamObserver<Q> request) {
      begun.accept(request);
    }

    @Override
    public void onNext(A message) {
      // Only the end matters.
    }

    @Override
    public void onError(Throwable error) {
      end.complete(error);
    }

    @Override
    public void onCompleted() {
      end.complete(null);
    }
  }
}
