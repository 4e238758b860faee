package dev.slipway.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.http.SpeedFloor;
import dev.slipway.layers.BlobMaker;
import dev.slipway.layers.LayerApplier;
import dev.slipway.layers.LayerTarWriter;
import dev.slipway.mounts.CacheMounts;
import dev.slipway.oci.Digest;
import dev.slipway.part.Parts;
import dev.slipway.peer.PeerServer;
import dev.slipway.peer.TrustedKeys;
import dev.slipway.protocol.Capability;
import dev.slipway.protocol.worker.BlobSource;
import dev.slipway.protocol.worker.Layer;
import dev.slipway.protocol.worker.LayerBlob;
import dev.slipway.protocol.worker.MovedBytes;
import dev.slipway.protocol.worker.Part;
import dev.slipway.protocol.worker.PartRequest;
import dev.slipway.protocol.worker.PathSelector;
import dev.slipway.registry.BlobTransfer;
import dev.slipway.registry.RetryPolicy;
import dev.slipway.snapshot.MountNamespace;
import dev.slipway.snapshot.MountedRoot;
import dev.slipway.snapshot.OverlaySnapshots;
import dev.slipway.snapshot.RootAttributes;
import dev.slipway.snapshot.SnapshotStore;
import dev.slipway.snapshot.StoredLayer;
import dev.slipway.telemetry.Meters;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.prometheus.PrometheusConfig;
import io.micrometer.prometheus.PrometheusMeterRegistry;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two workers that give, one that takes, and links between them that fail. */
class PeerTransferTest {
  private static final int MEGABYTE = 1 << 20;

  @TempDir Path directory;
  private final Capability.Signer signer = Capability.Signer.generate();
  private final List<AutoCloseable> closing = new ArrayList<>();
  private Giver one;
  private Giver two;
  private SnapshotStore store;
  private LayerFetcher fetcher;

  /** A worker's store and server, reached directly or over a link that can fail. */
  private record Giver(SnapshotStore store, int port, FaultyLink link) {
    String direct() {
      return "http://127.0.0.1:" + port;
    }
  }

  @BeforeEach
  void start() throws Exception {
    MountNamespace.assume(directory);
    one = giver("one");
    two = giver("two");
    store = open("taker");
    fetcher = fetcher(store);
  }

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable one : closing.reversed()) {
      one.close();
    }
  }

  private SnapshotStore open(String name) throws Exception {
    SnapshotStore opened = OverlaySnapshots.open(directory.resolve(name), InstantSource.system());
    closing.add(opened);
    return opened;
  }

  private Giver giver(String name) throws Exception {
    SnapshotStore opened = open(name);
    TrustedKeys keys = new TrustedKeys(InstantSource.system());
    keys.joined(signer.publicKey(), Instant.now());
    CacheMounts mounts =
        CacheMounts.open(directory.resolve(name + "-mounts"), (_, _) -> {}, InstantSource.system());
    closing.add(mounts);
    PeerServer server =
        new PeerServer(
            opened,
            mounts,
            new PrometheusMeterRegistry(PrometheusConfig.DEFAULT),
            new Meters(new SimpleMeterRegistry()),
            new PeerServer.Doors(keys),
            () -> true);
    closing.add(server);
    int port = server.start(new InetSocketAddress("127.0.0.1", 0));
    FaultyLink link = new FaultyLink(port);
    closing.add(link);
    return new Giver(opened, port, link);
  }

  private LayerFetcher fetcher(SnapshotStore into) throws Exception {
    BlobTransfer transfer = new BlobTransfer(RetryPolicy.DEFAULT);
    closing.add(transfer);
    LayerFetcher made =
        new LayerFetcher(
            into,
            new LayerApplier(),
            transfer,
            Files.createTempDirectory(directory, "scratch"),
            InstantSource.system(),
            new Meters(new SimpleMeterRegistry()),
            _ -> {});
    closing.add(made);
    return made;
  }

  private static void make(SnapshotStore in, String id, int bytes) throws Exception {
    try (MountedRoot root = in.mount(List.of(), true)) {
      byte[] content = new byte[bytes];
      new Random(id.hashCode()).nextBytes(content);
      Files.write(root.path().resolve("content"), content);
      Files.createDirectories(root.path().resolve("etc"));
      Files.writeString(root.path().resolve("etc/name"), id);
      root.commit(id);
    }
  }

  /** The layer is at the first giver, and at the second as a copy of it. */
  private void makeAtBoth(String id, int bytes) throws Exception {
    make(one.store, id, bytes);
    try (LayerFetcher other = fetcher(two.store)) {
      other.ensure(List.of(List.of(layer(id, one.direct()))), TransferProgress.NONE);
    }
  }

  private Layer layer(String id, String... givers) {
    Layer.Builder layer = Layer.newBuilder().setId(id).setCapability(token("layers/" + id));
    for (String giver : givers) {
      layer.addPeerUrls(giver + "/layers/" + id.replace(":", "%3A"));
    }
    return layer.build();
  }

  private String token(String resource) {
    return signer.sign(resource, Instant.now().plusSeconds(60));
  }

  private MovedBytes fetch(Layer... layers) throws Exception {
    return fetcher.ensure(List.of(List.of(layers)), TransferProgress.NONE).wire();
  }

  private static Digest digest(SnapshotStore of, String id) throws Exception {
    return new LayerTarWriter().write(of.find(id).orElseThrow(), OutputStream.nullOutputStream());
  }

  private void assertSame(String id) throws Exception {
    assertThat(digest(store, id)).isEqualTo(digest(one.store, id));
  }

  @Test
  void knowsTheDigestOfWhatItBrought() throws Exception {
    make(one.store, "snap:a", MEGABYTE);

    MovedBytes moved = fetch(layer("snap:a", one.direct()));

    Digest digest = digest(one.store, "snap:a");
    assertThat(store.find("snap:a").flatMap(StoredLayer::diffId)).contains(digest);
    assertThat(one.store.find("snap:a").flatMap(StoredLayer::diffId)).contains(digest);
    assertThat(moved.getPeers()).isBetween((long) MEGABYTE, MEGABYTE + 8192L);
    assertThat(moved.getRegistries() + moved.getCoordinator()).isZero();
  }

  @Test
  void goesOnWhereTheLinkBroke() throws Exception {
    make(one.store, "snap:a", 8 * MEGABYTE);
    one.link.cut(3 * MEGABYTE, 2);

    MovedBytes moved = fetch(layer("snap:a", one.link.url()));

    assertSame("snap:a");
    assertThat(one.link.connections()).isGreaterThanOrEqualTo(3);
    assertThat(one.link.bytes()).isLessThan(8 * MEGABYTE + 200_000L);
    assertThat(moved.getPeers()).isLessThan(8 * MEGABYTE + 20_000L);
  }

  @Test
  void goesOnAtAnotherPeer() throws Exception {
    makeAtBoth("snap:a", 8 * MEGABYTE);
    one.link.cut(3 * MEGABYTE, Integer.MAX_VALUE);
    two.link.cut(3 * MEGABYTE, Integer.MAX_VALUE);

    MovedBytes moved = fetch(layer("snap:a", one.link.url(), two.link.url()));

    assertSame("snap:a");
    assertThat(one.link.bytes()).isBetween(2L * MEGABYTE, 6L * MEGABYTE + 200_000);
    assertThat(two.link.bytes()).isBetween(2L * MEGABYTE, 6L * MEGABYTE + 200_000);
    assertThat(moved.getPeers()).isLessThan(8 * MEGABYTE + 20_000L);
  }

  @Test
  void throwsAwayWhatIsCorruptAndAsksTheNext() throws Exception {
    makeAtBoth("snap:a", 2 * MEGABYTE);
    one.link.flip(MEGABYTE);
    two.link.flip(-1);

    MovedBytes moved = fetch(layer("snap:a", one.link.url(), two.link.url()));

    assertSame("snap:a");
    assertThat(moved.getPeers()).isBetween(2L * MEGABYTE, 4L * MEGABYTE + 20_000);
  }

  @Test
  void saysSoWhenAllThatItGotWasCorrupt() throws Exception {
    make(one.store, "snap:a", 2 * MEGABYTE);
    one.link.flip(MEGABYTE);

    assertThatThrownBy(() -> fetch(layer("snap:a", one.link.url())))
        .isInstanceOf(LayersUnavailableException.class)
        .hasMessageContaining("gave a wrong layer");
    assertThat(store.has("snap:a")).isFalse();
  }

  @Test
  void leavesAPeerThatHangsForTheNextWithinSeconds() throws Exception {
    makeAtBoth("snap:a", MEGABYTE);
    makeAtBoth("snap:b", MEGABYTE);
    makeAtBoth("snap:c", MEGABYTE);
    one.link.hang();
    long begin = System.nanoTime();

    for (String id : List.of("snap:a", "snap:b", "snap:c")) {
      fetch(layer(id, one.link.url(), two.direct()));
    }

    // One time 4 s, and room for a busy machine; a time-out for each layer would be far more.
    assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(20));
    assertThat(one.link.connections()).as("asked once, then left alone").isLessThanOrEqualTo(1);
    assertSame("snap:c");
  }

  @Test
  void leavesAPeerThatCrawls() throws Exception {
    makeAtBoth("snap:a", MEGABYTE);
    one.link.throttle(20_000);
    Peers peers = new Peers();
    peers.doubt(two.direct().substring("http://".length())); // so that the slow one is the first
    String token = token("layers/snap:a");
    List<TarOrigin> origins =
        List.of(
            new TarOrigin(java.net.URI.create(one.link.url() + "/layers/snap:a"), token, true),
            new TarOrigin(java.net.URI.create(two.direct() + "/layers/snap:a"), token, true));
    Digest digest;

    try (PeerClient http = new PeerClient(Optional.empty());
        TarStream stream =
            new TarStream(
                http,
                peers,
                "snap:a",
                origins,
                _ -> {},
                new SpeedFloor(SpeedFloor.BYTES_PER_SECOND, Duration.ofMillis(800)))) {
      digest = Digest.of(stream.readAllBytes());
      assertThat(stream.givers()).containsExactlyElementsOf(origins);
    }

    assertThat(digest).isEqualTo(digest(one.store, "snap:a"));
    assertThat(one.link.bytes()).isLessThan(400_000);
  }

  @Test
  void takesFromAllThatHaveIt() throws Exception {
    List<Layer> layers = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      makeAtBoth("snap:" + i, MEGABYTE);
      layers.add(layer("snap:" + i, one.link.url(), two.link.url()));
    }
    one.link.throttle(8 * MEGABYTE);
    two.link.throttle(8 * MEGABYTE);

    MovedBytes moved = fetch(layers.toArray(Layer[]::new));

    assertThat(moved.getPeers()).isLessThan(8 * MEGABYTE + 100_000L);
    assertThat(one.link.bytes()).isGreaterThan(2L * MEGABYTE);
    assertThat(two.link.bytes()).isGreaterThan(2L * MEGABYTE);
  }

  @Test
  void whatAStepDidToTheRootDirectoryComesToo() throws Exception {
    try (MountedRoot root = one.store.mount(List.of(), true)) {
      Files.setPosixFilePermissions(root.path(), PosixFilePermissions.fromString("rwx--x---"));
      Files.setAttribute(root.path(), "unix:uid", 7);
      root.commit("snap:a");
    }

    fetch(layer("snap:a", one.direct()));

    assertThat(RootAttributes.of(store.find("snap:a").orElseThrow().directory()))
        .isEqualTo(RootAttributes.of(one.store.find("snap:a").orElseThrow().directory()))
        .satisfies(root -> assertThat(root.permissions()).isEqualTo(0710));
  }

  @Test
  void saysWhoDoesNotHaveIt() throws Exception {
    Layer wanted = layer("snap:a", one.direct(), "http://127.0.0.1:1");

    assertThatThrownBy(() -> fetch(wanted))
        .isInstanceOfSatisfying(
            LayersUnavailableException.class,
            e ->
                assertThat(e.absences())
                    .containsExactly(
                        new LayersUnavailableException.Absence("snap:a", wanted.getPeerUrls(0))));
  }

  @Test
  void whatIsHeldCannotBeDeleted() throws Exception {
    make(one.store, "snap:a", 1000);

    try (LayerFetcher.Held _ =
        fetcher.hold(List.of(List.of(layer("snap:a", one.direct()))), TransferProgress.NONE)) {
      assertThat(store.delete(List.of("snap:a"), _ -> true)).isEmpty();
    }

    assertThat(store.delete(List.of("snap:a"), _ -> true)).hasSize(1);
  }

  private Layer part(String path, String... givers) {
    PartRequest request =
        PartRequest.newBuilder()
            .addLayerIds("snap:a")
            .addSelectors(PathSelector.newBuilder().setPath(path))
            .build();
    String id = "part:" + Digest.of(request.toByteArray()).value();
    Part.Builder part =
        Part.newBuilder().setId(id).setRequest(request).setCapability(token("parts/" + id));
    for (String giver : givers) {
      part.addPeerUrls(giver + "/parts/" + id.replace(":", "%3A"));
    }
    return Parts.asLayer(part.build());
  }

  @Test
  void aPartGoesOnAtAnotherPeerToo() throws Exception {
    makeAtBoth("snap:a", 4 * MEGABYTE);
    one.link.cut(2 * MEGABYTE, Integer.MAX_VALUE);
    two.link.cut(2 * MEGABYTE + 100_000, Integer.MAX_VALUE);

    Layer part = part("/content", one.link.url(), two.link.url());
    MovedBytes moved = fetch(part);

    try (MountedRoot whole = one.store.mount(List.of("snap:a"), false);
        MountedRoot root = store.mount(List.of(part.getId()), false)) {
      assertThat(root.path().resolve("content"))
          .hasSameBinaryContentAs(whole.path().resolve("content"));
      assertThat(root.path().resolve("etc")).doesNotExist();
    }
    assertThat(moved.getPeers()).isLessThan(4 * MEGABYTE + 20_000L);
  }

  @Test
  void aPartCostsOnlyWhatIsInIt() throws Exception {
    make(one.store, "snap:a", 16 * MEGABYTE);
    Layer part = part("/etc/name", one.link.url());

    MovedBytes first = fetch(part);
    MovedBytes again = fetch(part);

    assertThat(first.getPeers()).isBetween(1L, 10_000L);
    assertThat(again.getPeers()).isZero();
    assertThat(one.link.connections()).as("the tar and its digest").isLessThanOrEqualTo(2);
  }

  /** A blob at the first giver, and at the second as a copy of it. */
  private StoredLayer makeBlobs() throws Exception {
    make(one.store, "chain:a", 2 * MEGABYTE);
    try (BlobMaker maker = new BlobMaker(one.store, new Meters(new SimpleMeterRegistry()));
        LayerFetcher other = fetcher(two.store)) {
      StoredLayer made = maker.make("chain:a");
      other.ensure(List.of(List.of(image(made, one.direct()))), TransferProgress.NONE);
      return made;
    }
  }

  private Layer image(StoredLayer made, String... givers) {
    Digest digest = made.blob().orElseThrow().digest();
    LayerBlob.Builder blob =
        LayerBlob.newBuilder()
            .setDigest(digest.value())
            .setSize(made.blob().get().size())
            .setMediaType(made.blob().get().mediaType());
    for (String giver : givers) {
      blob.addSources(
          BlobSource.newBuilder()
              .setUrl(giver + "/blobs/" + digest)
              .setAuthorization("Bearer " + token("blobs/" + digest))
              .setWorker(true));
    }
    return Layer.newBuilder()
        .setId(made.id())
        .setDiffId(made.diffId().orElseThrow().value())
        .setBlob(blob)
        .build();
  }

  @Test
  void aCorruptBlobIsTakenFromTheNextAndDroppedByItsOwner() throws Exception {
    StoredLayer made = makeBlobs();
    try (var file = Files.newByteChannel(made.blobFile(), StandardOpenOption.WRITE)) {
      file.position(MEGABYTE);
      file.write(java.nio.ByteBuffer.wrap("rot".getBytes()));
    }
    Layer image = image(made, one.link.url(), two.link.url());

    // Either may be asked first; in the end the corrupt one must have been.
    MovedBytes moved = fetch(image);
    Digest digest = made.blob().orElseThrow().digest();
    if (one.link.bytes() > 0) {
      assertThat(moved.getPeers()).isGreaterThan(4L * MEGABYTE);
      long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(5);
      while (one.store.findBlob(digest).isPresent() && System.nanoTime() < end) {
        Thread.sleep(10);
      }
      assertThat(one.store.findBlob(digest)).isEmpty();
    } else {
      assertThat(moved.getPeers()).isLessThan(3L * MEGABYTE);
    }
    assertThat(store.findBlob(digest)).isPresent();
    assertThat(two.store.findBlob(digest)).isPresent();
  }

  @Test
  void aBlobGoesOnAtAnotherPeer() throws Exception {
    StoredLayer made = makeBlobs();
    one.link.cut(MEGABYTE, 1);
    two.link.cut(MEGABYTE, 1);

    MovedBytes moved = fetch(image(made, one.link.url(), two.link.url()));

    assertThat(moved.getPeers()).isEqualTo(made.blob().orElseThrow().size());
    assertThat(store.find("chain:a").flatMap(StoredLayer::blob)).isEqualTo(made.blob());
  }

  @Test
  void theDiffIdOfAnImageLayerIsNotMistakenForThatOfItsTar() throws Exception {
    makeBlobs();
    one.store.describe("chain:a", Digest.ofText("as its maker wrote it"), Optional.empty());
    Layer known =
        layer("chain:a", one.direct()).toBuilder()
            .setDiffId(Digest.ofText("as its maker wrote it").value())
            .build();

    fetch(known);

    assertSame("chain:a");
    assertThat(store.find("chain:a").flatMap(StoredLayer::diffId)).isEmpty();
  }
}
