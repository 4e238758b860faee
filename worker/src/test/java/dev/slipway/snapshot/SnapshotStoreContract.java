package dev.slipway.snapshot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.error.SlipwayException;
import dev.slipway.oci.Digest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What every store of snapshots does. */
abstract class SnapshotStoreContract {
  @TempDir Path directory;
  SnapshotStore store;

  /** What the store takes for the time. */
  volatile Instant now = Instant.parse("2026-01-01T00:00:00Z");

  final InstantSource clock = () -> now;

  abstract SnapshotStore open(Path root) throws Exception;

  @BeforeEach
  void openStore() throws Exception {
    MountNamespace.assume(directory);
    store = open(directory.resolve("store"));
  }

  @AfterEach
  void closeStore() {
    if (store != null) {
      store.close();
    }
  }

  private void layer(String id, List<String> chain, String file, String text) throws Exception {
    try (MountedRoot root = store.mount(chain, true)) {
      Files.writeString(root.path().resolve(file), text);
      root.commit(id);
    }
  }

  @Test
  void stacksLayersUpperOverLower() throws Exception {
    layer("snap:a", List.of(), "f", "old");
    layer("snap:b", List.of("snap:a"), "f", "new");

    try (MountedRoot root = store.mount(List.of("snap:a", "snap:b"), false)) {
      assertThat(root.path().resolve("f")).hasContent("new");
    }
    try (MountedRoot root = store.mount(List.of("snap:a"), false)) {
      assertThat(root.path().resolve("f")).hasContent("old");
    }
    assertThat(store.find("snap:b").orElseThrow().size()).isEqualTo(3);
  }

  @Test
  void removalsHideWhatIsBelow() throws Exception {
    layer("snap:a", List.of(), "f", "x");
    try (MountedRoot root = store.mount(List.of("snap:a"), true)) {
      Files.delete(root.path().resolve("f"));
      root.commit("snap:b");
    }

    try (MountedRoot root = store.mount(List.of("snap:a", "snap:b"), false)) {
      assertThat(root.path()).isEmptyDirectory();
    }
  }

  @Test
  void readOnlyRootsTakeNoWrites() throws Exception {
    try (MountedRoot root = store.mount(List.of(), false)) {
      assertThatThrownBy(() -> Files.createFile(root.path().resolve("f")))
          .hasMessageContaining("Read-only");
    }
  }

  @Test
  void throwsAwayWhatIsNotCommitted() throws Exception {
    Path path;
    try (MountedRoot root = store.mount(List.of(), true)) {
      path = root.path();
      Files.writeString(path.resolve("f"), "x");
    }

    assertThat(path).doesNotExist();
    assertThat(store.inventory()).isEmpty();
    assertThat(directory.resolve("store/incoming")).isEmptyDirectory();
  }

  @Test
  void mountsMoreThanAHundredLayers() throws Exception {
    List<String> chain = new ArrayList<>();
    for (int i = 0; i < 130; i++) {
      try (LayerWriter writer = store.prepare("snap:" + i, chain)) {
        Files.writeString(writer.directory().resolve("f" + i), "x");
        writer.commit(1);
      }
      chain.add("snap:" + i);
    }

    try (MountedRoot root = store.mount(chain, true);
        var files = Files.list(root.path())) {
      assertThat(files).hasSize(130);
    }
  }

  @Test
  void takesALayerThatComesTwiceInAChain() throws Exception {
    layer("snap:a", List.of(), "a", "a");
    layer("snap:b", List.of("snap:a"), "b", "b");

    try (MountedRoot root = store.mount(List.of("snap:a", "snap:b", "snap:a"), false)) {
      assertThat(root.path().resolve("a")).exists();
      assertThat(root.path().resolve("b")).exists();
    }
  }

  @Test
  void keepsLayersInUse() throws Exception {
    layer("snap:a", List.of(), "a", "a");

    try (MountedRoot _ = store.mount(List.of("snap:a"), false)) {
      assertThat(store.delete(List.of("snap:a"), _ -> true)).isEmpty();
    }
    assertThat(store.delete(List.of("snap:a"), _ -> true))
        .extracting(deleted -> deleted.layer().id())
        .containsExactly("snap:a");
    assertThat(store.has("snap:a")).isFalse();
  }

  @Test
  void namesMissingLayers() {
    assertThatThrownBy(() -> store.mount(List.of("snap:none"), true))
        .isInstanceOf(SlipwayException.class)
        .hasMessageContaining("snap:none");
  }

  @Test
  void survivesARestartWithoutWhatWasHalfMade() throws Exception {
    layer("snap:a", List.of(), "a", "a");
    store.describe("snap:a", Digest.ofText("x"), Optional.empty());
    LayerWriter half = store.prepare("snap:half", List.of());
    Files.writeString(half.directory().resolve("f"), "x");
    store.close();

    store = open(directory.resolve("store"));

    assertThat(store.inventory()).extracting(StoredLayer::id).containsExactly("snap:a");
    assertThat(store.find("snap:a").orElseThrow().diffId()).contains(Digest.ofText("x"));
    assertThat(directory.resolve("store/incoming")).isEmptyDirectory();
    layer("snap:b", List.of("snap:a"), "b", "b");
  }

  private LayerUsage usage(String id) {
    return store.usage().stream()
        .filter(usage -> usage.layer().id().equals(id))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void knowsWhenALayerWasMadeOnWhatAndUsed() throws Exception {
    layer("snap:a", List.of(), "a", "a");
    Instant made = now;
    now = now.plusSeconds(60);
    layer("snap:b", List.of("snap:a"), "b", "b");

    assertThat(usage("snap:a").createdAt()).isEqualTo(made);
    assertThat(usage("snap:a").lastUsedAt()).isEqualTo(now);
    assertThat(usage("snap:a").uses()).isEqualTo(1);
    assertThat(usage("snap:a").below()).isEmpty();
    assertThat(usage("snap:b").below()).contains("snap:a");
    assertThat(usage("snap:b").uses()).isZero();
  }

  @Test
  void remembersUsesOverARestart() throws Exception {
    layer("snap:a", List.of(), "a", "a");
    now = now.plusSeconds(60);
    try (Pin _ = store.pin(List.of("snap:a"))) {
      assertThat(usage("snap:a").pinned()).isTrue();
    }
    LayerUsage before = usage("snap:a");
    store.close();

    store = open(directory.resolve("store"));

    assertThat(usage("snap:a")).isEqualTo(before);
    assertThat(before.pinned()).isFalse();
  }

  @Test
  void keepsWhatAnotherLayerWasMadeOn() throws Exception {
    layer("snap:a", List.of(), "a", "a");
    layer("snap:b", List.of("snap:a"), "b", "b");
    store.close();
    store = open(directory.resolve("store"));

    assertThat(store.delete(List.of("snap:a"), _ -> true)).isEmpty();
    assertThat(store.delete(List.of("snap:b", "snap:a"), _ -> true))
        .extracting(deleted -> deleted.layer().id())
        .containsExactly("snap:b", "snap:a");
  }

  @Test
  void keepsWhatIsNotFree() throws Exception {
    layer("snap:a", List.of(), "a", "a");

    assertThat(store.delete(List.of("snap:a"), _ -> false)).isEmpty();
    assertThat(store.has("snap:a")).isTrue();
  }

  @Test
  void freesTheDiskOfWhatWasDeleted() throws Exception {
    layer("snap:a", List.of(), "a", "a".repeat(1000));

    store.delete(List.of("snap:a"), _ -> true);

    assertThat(store.awaitDeleted(java.time.Duration.ofSeconds(10))).isTrue();
    assertThat(store.pendingBytes()).isZero();
    assertThat(directory.resolve("store/layers")).isEmptyDirectory();
    assertThat(directory.resolve("store/trash")).isEmptyDirectory();
  }

  @Test
  void aNumberIsNotUsedAgainAfterARestart() throws Exception {
    layer("snap:a", List.of(), "a", "a");
    now = now.plusSeconds(60);
    store.pin(List.of("snap:a")).close();
    store.delete(List.of("snap:a"), _ -> true);
    store.close();

    store = open(directory.resolve("store"));
    layer("snap:b", List.of(), "b", "b");

    assertThat(usage("snap:b").uses()).isZero();
  }

  @Test
  void dropsACompressedCopyAndKeepsTheLayer() throws Exception {
    layer("snap:a", List.of(), "a", "a");
    Files.writeString(store.find("snap:a").orElseThrow().blobFile(), "12345");
    Digest diffId = Digest.ofText("x");
    store.describe(
        "snap:a", diffId, Optional.of(new StoredBlob("application/tar", Digest.ofText("y"), 5)));
    assertThat(usage("snap:a").bytes()).isEqualTo(6);

    try (Pin _ = store.pin(List.of("snap:a"))) {
      assertThat(store.dropBlob("snap:a", _ -> true)).isEmpty();
    }
    assertThat(store.dropBlob("snap:a", _ -> false)).isEmpty();
    assertThat(store.dropBlob("snap:a", _ -> true).orElseThrow().blobSize()).isEqualTo(5);
    assertThat(store.dropBlob("snap:a", _ -> true)).isEmpty();

    assertThat(usage("snap:a").bytes()).isEqualTo(1);
    store.close();
    store = open(directory.resolve("store"));
    assertThat(store.find("snap:a").orElseThrow().blob()).isEmpty();
    assertThat(store.find("snap:a").orElseThrow().diffId()).contains(diffId);
  }

  @Test
  void otherPackingsOfALayerAreFoundByDigestAndAfterARestart() throws Exception {
    layer("snap:a", List.of(), "a", "a");
    Files.writeString(store.find("snap:a").orElseThrow().variantFile("zstd-3@7"), "123");
    Digest digest = Digest.ofText("packed");
    StoredVariant variant =
        new StoredVariant(Digest.ofText("x"), new StoredBlob("application/tar", digest, 3));

    store.keep("snap:a", "zstd-3@7", variant);

    assertThat(store.findBlob(digest)).isPresent();
    assertThat(usage("snap:a").bytes()).isEqualTo(4);
    store.close();
    store = open(directory.resolve("store"));
    assertThat(store.find("snap:a").orElseThrow().variants()).containsEntry("zstd-3@7", variant);
    assertThat(store.findBlob(digest)).isPresent();
    assertThat(store.dropBlob("snap:a", _ -> true).orElseThrow().blobSize()).isEqualTo(3);
    assertThat(store.findBlob(digest)).isEmpty();
  }

  @Test
  void aFileThatTwoLayersHaveCountsOnceAndGoesOnWithTheYounger() throws Exception {
    layer("snap:a", List.of(), "big", "12345");
    Path from = store.find("snap:a").orElseThrow().directory();
    try (MountedRoot root = store.mount(List.of(), true);
        Pin _ = store.pin(List.of("snap:a"))) {
      root.detach();
      Files.createLink(root.upper().orElseThrow().resolve("copy"), from.resolve("big"));
      Files.writeString(root.upper().orElseThrow().resolve("own"), "123");
      long inode = (long) Files.getAttribute(from.resolve("big"), "unix:ino");
      root.commit("snap:b", java.util.Map.of(inode, from));
    }
    assertThat(usage("snap:a").bytes()).isEqualTo(5);
    assertThat(usage("snap:b").bytes()).isEqualTo(3);
    assertThat(usage("snap:b").layer().size()).isEqualTo(8);
    store.close();
    store = open(directory.resolve("store"));
    assertThat(usage("snap:b").bytes()).isEqualTo(3);

    List<Deleted> gone = store.delete(List.of("snap:a"), _ -> true);

    assertThat(gone.getFirst().bytes()).as("nothing is freed by it").isZero();
    assertThat(usage("snap:b").bytes()).isEqualTo(8);
    store.close();
    store = open(directory.resolve("store"));
    assertThat(usage("snap:b").bytes()).isEqualTo(8);
    assertThat(store.delete(List.of("snap:b"), _ -> true).getFirst().bytes()).isEqualTo(8);
  }
}
