package dev.slipway.layers;

import dev.slipway.diff.LayerWalk;
import dev.slipway.error.SlipwayException;
import dev.slipway.linux.Directory;
import dev.slipway.oci.Digest;
import dev.slipway.snapshot.LayerWriter;
import dev.slipway.snapshot.RootAttributes;
import dev.slipway.snapshot.StoredLayer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Layer tars and archives, plain and compressed: nothing of them lands outside their directory. */
public final class LayerTarFuzz {
  /** Small, so that a bomb is told from a slow machine. */
  private static final LayerLimits LIMITS = new LayerLimits(1 << 20, 200, 4096, 1100, 16L << 20);

  private static final String OUTSIDE = "outside";

  private LayerTarFuzz() {}

  public static void fuzzerTestOneInput(byte[] data) throws IOException {
    Path root = Files.createTempDirectory("layer-fuzz");
    try {
      Files.writeString(root.resolve(OUTSIDE), OUTSIDE);
      Path layer = Files.createDirectory(root.resolve("layer"));
      Path files = Files.createDirectory(root.resolve("files"));
      LayerApplier applier = new LayerApplier(LIMITS);
      refused(() -> {
        try (Writer writer = new Writer(layer)) {
          applier.apply(new ByteArrayInputStream(data), "", writer, Optional.empty());
        }
      });
      refused(() -> applier.unpack(new ByteArrayInputStream(data), "archive", files));
      LayerWalk.walk(layer, _ -> {});
      check(root);
    } finally {
      try (Directory parent = Directory.open(root.getParent())) {
        parent.removeTree(root.getFileName().toString());
      }
    }
  }

  private static void check(Path root) throws IOException {
    String[] names = root.toFile().list();
    if (names == null
        || names.length != 3
        || !Files.readString(root.resolve(OUTSIDE)).equals(OUTSIDE)) {
      throw new AssertionError("something was written outside");
    }
  }

  private interface Reading {
    void read() throws SlipwayException;
  }

  private static void refused(Reading reading) {
    try {
      reading.read();
    } catch (SlipwayException _) {
      return; // told in words
    }
  }

  /** A layer that is never kept. */
  private record Writer(Path directory) implements LayerWriter {
    @Override
    public String id() {
      return "snap:fuzz";
    }

    @Override
    public List<Path> below() {
      return List.of();
    }

    @Override
    public void root(RootAttributes attributes) {}

    @Override
    public StoredLayer commit(long size, Optional<Digest> diffId) {
      return new StoredLayer(id(), size, directory, diffId, Optional.empty());
    }

    @Override
    public void close() {}
  }
}
