package dev.slipway.layers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.luben.zstd.ZstdOutputStream;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.snapshot.LayerWriter;
import dev.slipway.snapshot.MountNamespace;
import dev.slipway.snapshot.OverlaySnapshots;
import dev.slipway.snapshot.SnapshotStore;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Layers that are made to fill a disk: refused by a bound's name, and nothing is left of them. */
class LayerBombTest {
  private static final byte[] NOTHING = new byte[0];
  private static final LayerLimits SMALL = new LayerLimits(1 << 20, 100, 4096, 1100, 4L << 30);

  @TempDir Path directory;
  private SnapshotStore store;

  @BeforeEach
  void openStore() throws Exception {
    MountNamespace.assume(directory);
    store = OverlaySnapshots.open(directory.resolve("store"), InstantSource.system());
  }

  @AfterEach
  void closeStore() {
    if (store != null) {
      store.close();
    }
  }

  private void apply(String id, List<String> below, byte[] stream) throws Exception {
    try (LayerWriter writer = store.prepare(id, below)) {
      new LayerApplier(SMALL).apply(new ByteArrayInputStream(stream), "", writer, Optional.empty());
    }
  }

  private void isRefused(byte[] stream, String why) throws Exception {
    assertThatThrownBy(() -> apply("snap:bomb", List.of(), stream))
        .isInstanceOfSatisfying(
            SlipwayException.class,
            e -> assertThat(e.kind()).as(e.getMessage()).isEqualTo(ErrorKind.INVALID))
        .hasMessageContaining(why);
    assertThat(store.has("snap:bomb")).isFalse();
    try (Stream<Path> files = Files.walk(directory)) {
      assertThat(files.filter(Files::isRegularFile).mapToLong(file -> file.toFile().length()).sum())
          .isLessThan(SMALL.bytes());
    }
  }

  private interface Compressor {
    OutputStream over(OutputStream out) throws Exception;
  }

  private static byte[] packed(Compressor compressor, byte[] plain) throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (OutputStream compressed = compressor.over(out)) {
      compressed.write(plain);
    }
    return out.toByteArray();
  }

  private static byte[] zeros() {
    return new TarBlocks().entry('0', "zeros", new byte[64 << 20]).end();
  }

  @Test
  void aBlobThatDecompressesToMoreThanItMay() throws Exception {
    isRefused(packed(GZIPOutputStream::new, zeros()), "worker.oci.max-layer-size");
    isRefused(packed(ZstdOutputStream::new, zeros()), "worker.oci.max-layer-size");
    isRefused(zeros(), "worker.oci.max-layer-size");
  }

  @Test
  void zerosAfterTheEndOfTheTarCountToo() throws Exception {
    byte[] tar = new TarBlocks().entry('0', "f", NOTHING).end();
    byte[] longer = java.util.Arrays.copyOf(tar, 64 << 20);

    isRefused(packed(GZIPOutputStream::new, longer), "worker.oci.max-layer-size");
  }

  @Test
  void whatIsCompressedTwiceIsNoLayer() throws Exception {
    byte[] twice = packed(GZIPOutputStream::new, packed(GZIPOutputStream::new, zeros()));

    isRefused(twice, "it is no tar");
  }

  @Test
  void moreEntriesThanThereMayBe() throws Exception {
    TarBlocks tar = new TarBlocks();
    for (int i = 0; i < 200; i++) {
      tar.entry('5', "d" + i, NOTHING);
    }

    isRefused(tar.end(), "more than 100 entries (worker.oci.max-layer-entries)");
  }

  @Test
  void aSmallTarWithAHugeHole() throws Exception {
    byte[] tar =
        new TarBlocks()
            .pax('x', Map.of("GNU.sparse.map", "1999999999,1", "GNU.sparse.size", "2000000000"))
            .entry('0', "hole", new byte[] {'x'})
            .end();

    isRefused(tar, "worker.oci.max-layer-size");
  }

  @Test
  void hardLinksThatCopyALowerFileAgainAndAgain() throws Exception {
    try (LayerWriter writer = store.prepare("snap:base", List.of())) {
      new LayerApplier()
          .apply(
              new ByteArrayInputStream(new TarBlocks().entry('0', "big", new byte[300_000]).end()),
              "",
              writer,
              Optional.empty());
    }
    TarBlocks tar = new TarBlocks();
    for (int i = 0; i < 50; i++) {
      tar.pax('x', Map.of("linkpath", "big")).entry('1', "copy" + i, NOTHING);
    }
    byte[] stream = tar.end();

    assertThatThrownBy(() -> apply("snap:bomb", List.of("snap:base"), stream))
        .hasMessageContaining("worker.oci.max-layer-size");
  }

  @Test
  void aPathThatLinuxWouldNotTake() throws Exception {
    byte[] tar =
        new TarBlocks()
            .pax('x', Map.of("path", "d/".repeat(3000) + "f"))
            .entry('0', "f", NOTHING)
            .end();

    isRefused(tar, "a path of more than 4096 bytes");
  }

  @ParameterizedTest
  @ValueSource(strings = {".wh.", ".wh..", ".wh...", "a/.wh.", "a/.wh.x/f", ".wh.x/.wh.y"})
  void markersThatNameNothing(String name) throws Exception {
    isRefused(new TarBlocks().entry('0', name, NOTHING).end(), "was refused: it has");
  }

  @Test
  void oddMarkersMeanNothingElse() throws Exception {
    byte[] tar =
        new TarBlocks()
            .entry('0', ".wh..wh..opq", new byte[] {'x'})
            .entry('5', "d/.wh..wh..opq", NOTHING)
            .entry('0', ".wh..wh.plnk", new byte[] {'x'})
            .entry('2', "d/.wh.gone", NOTHING)
            .entry('0', "d/kept", new byte[] {'x'})
            .entry('0', "d/.wh.kept", NOTHING)
            .end();

    apply("snap:odd", List.of(), tar);

    Path layer = store.find("snap:odd").orElseThrow().directory();
    assertThat(layer.resolve("d/kept")).hasContent("x");
    try (Stream<Path> names = Files.walk(layer)) {
      assertThat(names.map(path -> path.getFileName().toString()))
          .noneMatch(name -> name.startsWith(".wh."));
    }
  }
}
