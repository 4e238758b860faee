package dev.slipway.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.slipway.cache.CacheRecord;
import dev.slipway.cache.ClusterCacheIndex;
import dev.slipway.cache.LayerChain;
import dev.slipway.cache.LayerRecord;
import dev.slipway.cluster.Cluster;
import dev.slipway.cluster.ClusterMembers;
import dev.slipway.cluster.Codec;
import dev.slipway.cluster.MapNames;
import dev.slipway.config.ClusterSettings;
import dev.slipway.mounts.ClusterMountIndex;
import dev.slipway.mounts.MountId;
import dev.slipway.mounts.MountIndex;
import dev.slipway.mounts.MountPlaces;
import dev.slipway.mounts.SoleMounts;
import dev.slipway.protocol.worker.Answer;
import dev.slipway.protocol.worker.Ask;
import dev.slipway.protocol.worker.CacheMount;
import dev.slipway.protocol.worker.Draining;
import dev.slipway.protocol.worker.Heartbeat;
import dev.slipway.protocol.worker.HeldLayer;
import dev.slipway.protocol.worker.HeldMount;
import dev.slipway.protocol.worker.Hello;
import dev.slipway.protocol.worker.InventoryChange;
import dev.slipway.protocol.worker.LayersFetched;
import dev.slipway.protocol.worker.MountFetched;
import dev.slipway.protocol.worker.WorkerMessage;
import dev.slipway.schedule.WorkerCapacity;
import dev.slipway.schedule.WorkerChanges;
import java.net.InetSocketAddress;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Workers that have joined all coordinators of a cluster of three. */
class SharedWorkersTest {
  private static final String TOKEN = "the farm's join token";
  private static final int COORDINATORS = 3;
  private static final Codec<byte[]> ANYTHING =
      new Codec<>() {
        @Override
        public byte[] encode(byte[] value) {
          return value;
        }

        @Override
        public byte[] decode(byte[] bytes) {
          return bytes;
        }
      };

  private final List<Coordinator> coordinators = new ArrayList<>();
  private final List<FakeWorker> links = new ArrayList<>();

  private record Coordinator(
      Cluster cluster,
      ClusterCacheIndex index,
      MountIndex mounts,
      FarmFleet fleet,
      FarmServer server) {
    Set<String> holders(String layer) {
      LayerRecord record = index.layers(List.of(layer)).get(layer);
      return record == null ? Set.of() : record.holders();
    }

    void die() {
      cluster.close();
      server.close();
    }
  }

  @BeforeEach
  void start() throws Exception {
    for (ClusterSettings settings : ClusterMembers.settings(COORDINATORS)) {
      Cluster cluster = ClusterMembers.start(settings);
      ClusterCacheIndex index = new ClusterCacheIndex(cluster);
      MountIndex mounts = new ClusterMountIndex(cluster);
      FarmFleet fleet = new FarmFleet(FleetConfig.DEFAULTS, index, new Deaf(), Clock.systemUTC());
      fleet.onMounts((worker, held) -> mounts.held(worker, MountIndex.Held.of(held)));
      fleet.handOver(
          new FarmHandOver(
              fleet,
              List.of(new SoleLayers(fleet, index), new SoleMounts(fleet, mounts)),
              () -> cluster.members().getFirst().equals(cluster.self())));
      coordinators.add(
          new Coordinator(
              cluster,
              index,
              mounts,
              fleet,
              FarmServer.start(
                  new InetSocketAddress("127.0.0.1", 0),
                  TOKEN,
                  Optional.empty(),
                  fleet,
                  List.of())));
    }
    await()
        .untilAsserted(() ->
            assertThat(coordinators)
                .allSatisfy(each -> assertThat(each.cluster.members()).hasSize(COORDINATORS)));
  }

  @AfterEach
  void stop() {
    links.forEach(FakeWorker::close);
    coordinators.forEach(Coordinator::die);
  }

  @Test
  void workerKeepsWhatItHoldsUntilItsLastLinkEnds() throws Exception {
    List<FakeWorker> worker = join("w1", 7, "snap:a");

    assertThat(coordinators)
        .allSatisfy(each -> assertThat(each.holders("snap:a")).containsExactly("w1"));
    worker.get(0).sayGoodbye();
    worker.get(1).sayGoodbye();
    await().until(() -> coordinators.get(1).fleet.workers().isEmpty());
    assertThat(coordinators)
        .allSatisfy(each -> assertThat(each.holders("snap:a")).containsExactly("w1"));

    worker.get(2).sayGoodbye();

    await()
        .untilAsserted(() ->
            assertThat(coordinators)
                .allSatisfy(each -> assertThat(each.holders("snap:a")).isEmpty()));
  }

  @Test
  void restartedWorkerHoldsOnlyWhatItSaysNow() throws Exception {
    join("w1", 7, "snap:old", "snap:kept");

    FakeWorker again = dial(0);
    again.join(FakeWorker.hello("w1", "snap:kept").setIncarnation(8));

    assertThat(coordinators.get(2).holders("snap:old")).isEmpty();
    assertThat(coordinators.get(2).holders("snap:kept")).containsExactly("w1");
  }

  @Test
  void linksOfACoordinatorThatDiedDoNotCount() throws Exception {
    List<FakeWorker> worker = join("w1", 7, "snap:a");
    worker.get(1).sayGoodbye();
    worker.get(2).sayGoodbye();
    await().until(() -> coordinators.get(2).fleet.workers().isEmpty());
    Coordinator dead = coordinators.getFirst();

    // Without a word to the index.
    dead.cluster.close();

    Coordinator left = coordinators.get(1);
    await().until(() -> left.cluster.members().size() == COORDINATORS - 1);
    assertThat(left.holders("snap:a")).isEmpty();
    await()
        .untilAsserted(
            () -> assertThat(left.cluster.map(MapNames.WORKERS, ANYTHING).keys()).isEmpty());
  }

  @Test
  void sameInventoryAtAllCoordinatorsIsWrittenOnce() throws Exception {
    AtomicInteger writes = new AtomicInteger();
    coordinators
        .getFirst()
        .cluster
        .map(MapNames.LAYERS, ANYTHING)
        .watch((_, _) -> writes.incrementAndGet());
    String[] layers = new String[5000];
    for (int i = 0; i < layers.length; i++) {
      layers[i] = "snap:" + i;
    }

    long start = System.nanoTime();
    List<FakeWorker> worker = join("w1", 7, layers);
    System.out.println(
        "inventory of 5000 layers known to three coordinators after "
            + (System.nanoTime() - start) / 1_000_000
            + " ms");
    worker.forEach(link ->
        link.say(
            WorkerMessage.newBuilder()
                .setInventoryChange(
                    InventoryChange.newBuilder()
                        .addAdded(HeldLayer.newBuilder().setLayerId("snap:last").setSize(10)))
                .build()));

    await().until(() -> coordinators.get(2).holders("snap:last").contains("w1"));
    await().until(() -> writes.get() >= layers.length + 1);
    assertThat(writes).hasValue(layers.length + 1);
  }

  @Test
  void oldestCoordinatorHandsOverWhatOnlyADrainingWorkerHas() throws Exception {
    List<FakeWorker> leaving = join("w1", 7, "snap:a", "snap:b", "snap:both", "snap:unused");
    List<FakeWorker> staying = join("w2", 9, "snap:both");
    coordinators.get(1).index.save(List.of(record("old", "snap:a"), record("new", "snap:both")));
    coordinators.get(2).index.save(List.of(record("newest", "snap:b")));

    leaving.forEach(link ->
        link.say(WorkerMessage.newBuilder().setDraining(Draining.getDefaultInstance()).build()));

    assertThat(leaving.get(1).next().hasDrained()).isTrue();
    assertThat(leaving.get(2).next().hasDrained()).isTrue();
    Set<String> asked = new HashSet<>();
    FakeWorker target = staying.getFirst();
    for (int i = 0; i < 2; i++) {
      Ask ask = target.next().getAsk();
      var layer = ask.getFetchLayers().getChains(0).getLayers(0);
      assertThat(layer.getPeerUrls(0)).startsWith("http://127.0.0.1:9/layers/snap");
      asked.add(layer.getId());
      target.say(
          WorkerMessage.newBuilder()
              .setInventoryChange(
                  InventoryChange.newBuilder()
                      .addAdded(HeldLayer.newBuilder().setLayerId(layer.getId()).setSize(10)))
              .build());
      target.say(
          WorkerMessage.newBuilder()
              .setAnswer(
                  Answer.newBuilder()
                      .setId(ask.getId())
                      .setLayersFetched(LayersFetched.getDefaultInstance()))
              .build());
    }
    assertThat(leaving.get(0).next().hasDrained()).isTrue();
    assertThat(asked).containsExactlyInAnyOrder("snap:a", "snap:b");
    assertThat(coordinators.get(2).holders("snap:a")).containsExactlyInAnyOrder("w1", "w2");
  }

  @Test
  void newestCopiesOfCacheMountsOutliveADrainingWorker() throws Exception {
    HeldMount small = mount("small", 4, 10);
    HeldMount large = mount("large", 2, 20);
    HeldMount elsewhere = mount("elsewhere", 3, 10);
    HeldMount outdated = mount("outdated", 3, 10);
    List<FakeWorker> leaving =
        join(FakeWorker.hello("w1").addAllHeldMounts(List.of(small, large, elsewhere, outdated)));
    List<FakeWorker> staying =
        join(
            FakeWorker.hello("w2")
                .addHeldMounts(elsewhere)
                .addHeldMounts(outdated.toBuilder().setVersion(4))
                .addHeldMounts(small.toBuilder().setVersion(1)));

    drain(leaving);

    FakeWorker taker = staying.getFirst();
    Map<String, HeldMount> expected =
        new HashMap<>(Map.of(small.getMountId(), small, large.getMountId(), large));
    while (!expected.isEmpty()) {
      Ask ask = taker.next().getAsk();
      CacheMount asked = ask.getFetchMount().getMount();
      HeldMount mount = expected.remove(asked.getMountId());
      assertThat(asked.getName()).isEqualTo(mount.getName());
      assertThat(asked.getVersion()).isEqualTo(mount.getVersion());
      assertThat(asked.getCopies(0).getVersion()).isEqualTo(mount.getVersion());
      assertThat(asked.getCopies(0).getUrl()).startsWith("http://127.0.0.1:9/mounts/mount");
      taker.say(
          WorkerMessage.newBuilder()
              .setAnswer(
                  Answer.newBuilder()
                      .setId(ask.getId())
                      .setMountFetched(MountFetched.newBuilder().setMount(mount)))
              .build());
    }
    assertThat(leaving.getFirst().next().hasDrained()).isTrue();
    assertThat(coordinators.get(2).mounts.find(List.of(small.getMountId())).values())
        .flatExtracting(MountPlaces::copies)
        .containsExactly(new MountPlaces.Copy("w1", 4, 10), new MountPlaces.Copy("w2", 4, 10));
  }

  @Test
  void cacheMountsThatAStageWroteToWhileItsWorkerDrainedAreHandedOverAsTheyAreThen()
      throws Exception {
    HeldMount before = mount("used", 4, 10);
    List<FakeWorker> leaving = join(FakeWorker.hello("w1").addHeldMounts(before));
    FakeWorker taker = join(FakeWorker.hello("w2")).getFirst();
    beat(leaving, 1);
    await()
        .until(() -> coordinators.getFirst().fleet.status("w1").orElseThrow().runningStages() == 1);

    drain(leaving);
    answer(taker, 4);
    coordinators
        .get(1)
        .mounts
        .used("w1", MountIndex.Held.of(List.of(before.toBuilder().setVersion(5).build())));
    beat(leaving, 0);

    answer(taker, 5);
    assertThat(leaving.getFirst().next().hasDrained()).isTrue();
  }

  @Test
  void cacheMountThatNoDiskHasRoomForIsLeft() throws Exception {
    List<FakeWorker> leaving =
        join(FakeWorker.hello("w1").addHeldMounts(mount("large", 4, 1 << 30)));
    List<FakeWorker> staying = join(FakeWorker.hello("w2"));
    staying.forEach(link ->
        link.say(
            WorkerMessage.newBuilder()
                .setHeartbeat(Heartbeat.newBuilder().setFreeBytes((2L << 30) - 1))
                .build()));
    await().until(() -> coordinators.getFirst().fleet.status("w2").orElseThrow().freeBytes() > 0);

    drain(leaving);

    assertThat(leaving.getFirst().next().hasDrained()).isTrue();
  }

  private static void answer(FakeWorker taker, long version) throws InterruptedException {
    Ask ask = taker.next().getAsk();
    CacheMount asked = ask.getFetchMount().getMount();
    assertThat(asked.getCopies(0).getVersion()).isEqualTo(version);
    taker.say(
        WorkerMessage.newBuilder()
            .setAnswer(
                Answer.newBuilder()
                    .setId(ask.getId())
                    .setMountFetched(
                        MountFetched.newBuilder()
                            .setMount(
                                HeldMount.newBuilder()
                                    .setMountId(asked.getMountId())
                                    .setVersion(version))))
            .build());
  }

  private static HeldMount mount(String name, long version, long size) {
    return HeldMount.newBuilder()
        .setMountId(MountId.of("default", name, ""))
        .setName("default/" + name)
        .setVersion(version)
        .setSize(size)
        .build();
  }

  private static void drain(List<FakeWorker> leaving) {
    leaving.forEach(link ->
        link.say(WorkerMessage.newBuilder().setDraining(Draining.getDefaultInstance()).build()));
  }

  private static void beat(List<FakeWorker> links, int stages) {
    links.forEach(link ->
        link.say(
            WorkerMessage.newBuilder()
                .setHeartbeat(Heartbeat.newBuilder().setRunningStages(stages))
                .build()));
  }

  @Test
  void lastWorkerOfAFarmIsReleasedAtOnce() throws Exception {
    FakeWorker worker = join("w1", 7, "snap:a").getFirst();
    coordinators.get(1).index.save(List.of(record("key", "snap:a")));

    worker.say(WorkerMessage.newBuilder().setDraining(Draining.getDefaultInstance()).build());

    assertThat(worker.next().hasDrained()).isTrue();
  }

  private static CacheRecord record(String key, String layer) {
    return new CacheRecord(
        key,
        key,
        Map.of(0, new LayerChain(List.of(layer))),
        Duration.ofSeconds(1),
        Instant.EPOCH,
        "team-a");
  }

  private FakeWorker dial(int coordinator) {
    FakeWorker link = new FakeWorker(coordinators.get(coordinator).server.address(), TOKEN);
    links.add(link);
    return link;
  }

  /** One link to each coordinator. */
  private List<FakeWorker> join(String id, long incarnation, String... layers) throws Exception {
    return join(FakeWorker.hello(id, layers).setIncarnation(incarnation));
  }

  private List<FakeWorker> join(Hello.Builder hello) throws Exception {
    List<FakeWorker> joined = new ArrayList<>();
    for (int i = 0; i < COORDINATORS; i++) {
      FakeWorker link = dial(i);
      assertThat(link.join(hello).hasWelcome()).isTrue();
      joined.add(link);
    }
    return joined;
  }

  private static final class Deaf implements WorkerChanges {
    @Override
    public void workerJoined(WorkerCapacity worker) {}

    @Override
    public void workerDraining(String workerId) {}

    @Override
    public void workerLeft(String workerId) {}
  }
}
