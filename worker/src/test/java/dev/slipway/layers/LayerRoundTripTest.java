package dev.slipway.layers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.compatibility.Area;
import dev.slipway.compatibility.Feature;
import dev.slipway.error.SlipwayException;
import dev.slipway.linux.ExtendedAttributes;
import dev.slipway.oci.Digest;
import dev.slipway.oci.MediaTypes.Compression;
import dev.slipway.snapshot.LayerWriter;
import dev.slipway.snapshot.MountNamespace;
import dev.slipway.snapshot.MountedRoot;
import dev.slipway.snapshot.OverlaySnapshots;
import dev.slipway.snapshot.SnapshotStore;
import dev.slipway.snapshot.StoredLayer;
import dev.slipway.telemetry.Meters;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Random;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LayerRoundTripTest {
  @TempDir Path directory;
  SnapshotStore store;

  @BeforeEach
  void openStore() throws Exception {
    MountNamespace.assume(directory);
    store = OverlaySnapshots.open(directory.resolve("store"), java.time.InstantSource.system());
  }

  @AfterEach
  void closeStore() {
    if (store != null) {
      store.close();
    }
  }

  /** A layer with everything that a step can leave. */
  private StoredLayer busyLayer() throws Exception {
    try (MountedRoot root = store.mount(List.of(), true)) {
      Files.createDirectories(root.path().resolve("gone/deep"));
      Files.writeString(root.path().resolve("gone/deep/f"), "f");
      Files.writeString(root.path().resolve("removed"), "r");
      root.commit("snap:base");
    }
    try (MountedRoot root = store.mount(List.of("snap:base"), true)) {
      Path top = root.path();
      Files.delete(top.resolve("removed"));
      Files.delete(top.resolve("gone/deep/f"));
      Files.delete(top.resolve("gone/deep"));
      Files.delete(top.resolve("gone"));
      Files.createDirectory(top.resolve("gone"));
      Files.writeString(top.resolve("gone/new"), "new");
      Files.createDirectories(top.resolve("d/" + "long".repeat(30) + "/ü"));
      Files.write(top.resolve("d/" + "long".repeat(30) + "/ü/big"), random(3_000_000));
      Files.createSymbolicLink(top.resolve("d/link"), Path.of("/etc/passwd"));
      Files.writeString(top.resolve("d/one"), "same file");
      Files.createLink(top.resolve("d/two"), top.resolve("d/one"));
      Files.setAttribute(top.resolve("d/one"), "unix:mode", 04755);
      Files.setAttribute(top.resolve("d"), "unix:uid", 1000);
      byte[] setuid = {1, 0, 0, 2, (byte) 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
      Files.writeString(top.resolve("d/capable"), "c");
      ExtendedAttributes.set(top.resolve("d/capable").toString(), "security.capability", setuid);
      return root.commit("snap:busy");
    }
  }

  private static byte[] random(int size) {
    byte[] bytes = new byte[size];
    new Random(7).nextBytes(bytes);
    return bytes;
  }

  private StoredLayer apply(String id, byte[] stream, Optional<Digest> expected) throws Exception {
    try (LayerWriter writer = store.prepare(id, List.of("snap:base"))) {
      return new LayerApplier().apply(new ByteArrayInputStream(stream), "", writer, expected);
    }
  }

  @Test
  void aLayerMadeFromItsOwnTarIsTheSame() throws Exception {
    StoredLayer layer = busyLayer();
    ByteArrayOutputStream first = new ByteArrayOutputStream();
    Digest diffId = new LayerTarWriter().write(layer, first);

    StoredLayer again = apply("snap:again", first.toByteArray(), Optional.of(diffId));

    ByteArrayOutputStream second = new ByteArrayOutputStream();
    assertThat(new LayerTarWriter().write(again, second)).isEqualTo(diffId);
    assertThat(second.toByteArray()).isEqualTo(first.toByteArray());
    assertThat(again.size()).isEqualTo(layer.size());
    try (MountedRoot root = store.mount(List.of("snap:base", "snap:again"), false)) {
      assertThat(root.path().resolve("removed")).doesNotExist();
      assertThat(root.path().resolve("gone/deep")).doesNotExist();
      assertThat(root.path().resolve("gone/new")).hasContent("new");
      assertThat(
              ExtendedAttributes.get(
                  root.path().resolve("d/capable").toString(), "security.capability"))
          .isPresent();
      assertThat(Files.getAttribute(root.path().resolve("d/two"), "unix:nlink")).isEqualTo(2);
    }
  }

  @Test
  void blobsAreValidGzipOfTheTarAndMadeOnce() throws Exception {
    StoredLayer layer = busyLayer();
    try (BlobMaker maker = new BlobMaker(store, new Meters(new SimpleMeterRegistry()))) {
      StoredLayer made = maker.make(layer.id());

      byte[] blob = Files.readAllBytes(made.blobFile());
      assertThat(made.blob().orElseThrow().digest()).isEqualTo(Digest.of(blob));
      assertThat(made.blob().orElseThrow().size()).isEqualTo(blob.length);
      try (InputStream gzip = new GZIPInputStream(new ByteArrayInputStream(blob))) {
        assertThat(Digest.of(gzip.readAllBytes())).isEqualTo(made.diffId().orElseThrow());
      }
      assertThat(maker.make(layer.id())).isEqualTo(made);
      assertThat(apply("snap:again", blob, made.diffId()).size()).isEqualTo(layer.size());
    }
  }

  private static byte[] plain(Path blob) throws Exception {
    try (LayerStream stream = new LayerStream(Files.newInputStream(blob), LayerLimits.DEFAULT)) {
      return stream.readAllBytes();
    }
  }

  private static Packing packing(Compression compression, int level) {
    return new Packing(compression, OptionalInt.of(level), OptionalLong.empty());
  }

  @Feature(
      value = {
        "compression=gzip",
        "compression=zstd",
        "compression=uncompressed",
        "compression-level"
      },
      area = Area.EXPORTER)
  @ParameterizedTest
  @CsvSource({
    "ZSTD, 3, application/vnd.oci.image.layer.v1.tar+zstd",
    "ZSTD, 12, application/vnd.oci.image.layer.v1.tar+zstd",
    "GZIP, 0, application/vnd.oci.image.layer.v1.tar+gzip",
    "GZIP, 9, application/vnd.oci.image.layer.v1.tar+gzip",
    "NONE, 0, application/vnd.oci.image.layer.v1.tar"
  })
  void aLayerIsPackedInEveryWayWithTheSameTarInside(
      Compression compression, int level, String mediaType) throws Exception {
    StoredLayer layer = busyLayer();
    ByteArrayOutputStream tar = new ByteArrayOutputStream();
    Digest diffId = new LayerTarWriter().write(layer, tar);
    try (BlobMaker maker = new BlobMaker(store, new Meters(new SimpleMeterRegistry()))) {
      BlobMaker.Made made = maker.make(layer.id(), packing(compression, level));

      assertThat(made.diffId()).isEqualTo(diffId);
      assertThat(made.blob().mediaType()).isEqualTo(mediaType);
      assertThat(made.blob().digest()).isEqualTo(Digest.of(Files.readAllBytes(made.file())));
      assertThat(plain(made.file())).isEqualTo(tar.toByteArray());
      assertThat(maker.make(layer.id(), packing(compression, level))).isEqualTo(made);
      assertThat(store.findBlob(made.blob().digest())).isPresent();
    }
  }

  @Test
  void noTimeInABoundedPackingIsAfterTheBound() throws Exception {
    StoredLayer layer = busyLayer();
    Packing bounded = new Packing(Compression.GZIP, OptionalInt.empty(), OptionalLong.of(86_400));
    try (BlobMaker maker = new BlobMaker(store, new Meters(new SimpleMeterRegistry()))) {
      BlobMaker.Made made = maker.make(layer.id(), bounded);

      try (TarArchiveInputStream tar =
          new TarArchiveInputStream(new ByteArrayInputStream(plain(made.file())))) {
        for (TarArchiveEntry e = tar.getNextEntry(); e != null; e = tar.getNextEntry()) {
          assertThat(e.getLastModifiedTime().toMillis()).isLessThanOrEqualTo(86_400_000);
        }
      }
      assertThat(made.diffId()).isEqualTo(Digest.of(plain(made.file())));
      assertThat(store.find(layer.id()).orElseThrow().blob()).isEmpty();
    }
  }

  @Test
  void anImagesLayerIsRepackedFromItsOwnTar() throws Exception {
    StoredLayer layer = busyLayer();
    try (BlobMaker maker = new BlobMaker(store, new Meters(new SimpleMeterRegistry()))) {
      BlobMaker.Made zstd = maker.make(layer.id(), packing(Compression.ZSTD, 1));

      BlobMaker.Made same = maker.repack(layer.id(), zstd.file(), packing(Compression.GZIP, 6));
      BlobMaker.Made bounded =
          maker.repack(
              layer.id(),
              zstd.file(),
              new Packing(Compression.GZIP, OptionalInt.empty(), OptionalLong.of(86_400)));

      assertThat(same.diffId()).isEqualTo(zstd.diffId());
      assertThat(plain(same.file())).isEqualTo(plain(zstd.file()));
      BlobMaker.Made direct =
          maker.make(
              layer.id(),
              new Packing(Compression.NONE, OptionalInt.empty(), OptionalLong.of(86_400)));
      assertThat(plain(bounded.file())).isEqualTo(plain(direct.file()));
    }
  }

  @Test
  void ofManyPackingsAFewAreKept() throws Exception {
    StoredLayer layer = busyLayer();
    try (BlobMaker maker = new BlobMaker(store, new Meters(new SimpleMeterRegistry()))) {
      for (int level = 0; level < 9; level++) {
        maker.make(layer.id(), packing(Compression.GZIP, level));
      }

      StoredLayer packed = store.find(layer.id()).orElseThrow();
      assertThat(packed.variants()).hasSize(4);
      assertThat(packed.blobSize())
          .isEqualTo(
              packed.variants().keySet().stream()
                  .mapToLong(name -> packed.variantFile(name).toFile().length())
                  .sum());
      assertThat(store.dropBlob(layer.id(), _ -> true)).isPresent();
      assertThat(store.find(layer.id()).orElseThrow().isPacked()).isFalse();
    }
  }

  @Test
  void refusesAnotherLayerThanTheOneAskedFor() throws Exception {
    busyLayer();

    assertThatThrownBy(() -> apply("snap:x", tar("f"), Optional.of(Digest.ofText("other"))))
        .isInstanceOf(SlipwayException.class)
        .hasMessageContaining("diffId");
    assertThat(store.has("snap:x")).isFalse();
  }

  @Test
  void refusesPathsThatLeave() throws Exception {
    busyLayer();

    assertThatThrownBy(() -> apply("snap:x", tar("a/../../f"), Optional.empty()))
        .hasMessageContaining("leaves");
  }

  @Test
  void linksOnTheWayStayInside() throws Exception {
    busyLayer();
    Path outside = Files.createDirectory(directory.resolve("outside"));
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (TarArchiveOutputStream tar = new TarArchiveOutputStream(out)) {
      TarArchiveEntry link = new TarArchiveEntry("esc", TarArchiveEntry.LF_SYMLINK);
      link.setLinkName(outside.toString());
      tar.putArchiveEntry(link);
      tar.closeArchiveEntry();
      file(tar, "esc/f");
    }

    assertThatThrownBy(() -> apply("snap:x", out.toByteArray(), Optional.empty()))
        .hasMessageContaining("below the link esc");
    assertThat(outside).isEmptyDirectory();
  }

  private static byte[] tar(String... names) throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (TarArchiveOutputStream tar = new TarArchiveOutputStream(out)) {
      for (String name : names) {
        file(tar, name);
      }
    }
    return out.toByteArray();
  }

  private static void file(TarArchiveOutputStream tar, String name) throws Exception {
    TarArchiveEntry entry = new TarArchiveEntry(name);
    entry.setSize(1);
    tar.putArchiveEntry(entry);
    tar.write('x');
    tar.closeArchiveEntry();
  }
}
