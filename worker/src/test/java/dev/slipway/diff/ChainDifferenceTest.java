package dev.slipway.diff;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.snapshot.LayerWriter;
import dev.slipway.snapshot.MountNamespace;
import dev.slipway.snapshot.MountedRoot;
import dev.slipway.snapshot.OverlaySnapshots;
import dev.slipway.snapshot.SnapshotStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.InstantSource;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ChainDifferenceTest {
  private static final FileTime TIME = FileTime.fromMillis(1_700_000_000_000L);

  @TempDir Path directory;
  SnapshotStore store;

  private interface Writing {
    void in(Path root) throws Exception;
  }

  @BeforeEach
  void openStore() throws Exception {
    MountNamespace.assume(directory);
    store = OverlaySnapshots.open(directory.resolve("store"), InstantSource.system());
    layer(
        "lower",
        root -> {
          Files.createDirectories(root.resolve("d/e"));
          file(root.resolve("d/same"), "same");
          file(root.resolve("d/gone"), "gone");
          file(root.resolve("d/e/deep"), "deep");
          file(root.resolve("changed"), "old");
        });
  }

  @AfterEach
  void closeStore() {
    if (store != null) {
      store.close();
    }
  }

  @Test
  void makesTheUpperTreeWhenLaidOverTheLower() throws Exception {
    layer(
        "upper",
        root -> {
          Files.createDirectories(root.resolve("d"));
          file(root.resolve("d/same"), "same");
          file(root.resolve("changed"), "new");
          Files.createSymbolicLink(root.resolve("link"), Path.of("d"));
        });

    difference("lower", "upper");

    look(
        List.of("lower", "difference"),
        root -> {
          assertThat(root.resolve("d").toFile().list()).containsExactly("same");
          assertThat(root.resolve("changed")).hasContent("new");
          assertThat(root.resolve("link")).isSymbolicLink();
        });
  }

  @Test
  void hasNothingOfWhatIsTheSame() throws Exception {
    layer(
        "upper",
        root -> {
          Files.createDirectories(root.resolve("d/e"));
          file(root.resolve("d/same"), "same");
          file(root.resolve("d/gone"), "gone");
          file(root.resolve("d/e/deep"), "deep");
          file(root.resolve("changed"), "new");
        });

    difference("lower", "upper");

    look(
        List.of("difference"), root -> assertThat(root.toFile().list()).containsExactly("changed"));
  }

  @Test
  void isNothingForTwoEqualTrees() throws Exception {
    assertThat(differ(List.of("lower"), List.of("lower"))).isFalse();
  }

  @Test
  void removesEverythingWhenTheUpperTreeIsEmpty() throws Exception {
    try (LayerWriter writer = store.prepare("difference", List.of());
        MountedRoot lower = store.mount(List.of("lower"), false);
        MountedRoot upper = store.mount(List.of(), false)) {
      ChainDifference.write(lower.path(), upper.path(), writer.directory());
      writer.commit(0);
    }

    look(List.of("lower", "difference"), root -> assertThat(root).isEmptyDirectory());
  }

  @Test
  void keepsNamesOfOneFileTogether() throws Exception {
    layer(
        "upper",
        root -> {
          Files.createDirectories(root.resolve("d"));
          file(root.resolve("d/one"), "x");
          Files.createLink(root.resolve("two"), root.resolve("d/one"));
        });

    difference("lower", "upper");

    look(
        List.of("difference"),
        root ->
            assertThat(Files.getAttribute(root.resolve("two"), "unix:ino"))
                .isEqualTo(Files.getAttribute(root.resolve("d/one"), "unix:ino")));
  }

  @Test
  void takesAttributesAndTimes() throws Exception {
    layer(
        "upper",
        root -> {
          Files.createDirectories(root.resolve("d"));
          Files.setPosixFilePermissions(
              root.resolve("d"), PosixFilePermissions.fromString("rwx------"));
          Files.setLastModifiedTime(root.resolve("d"), TIME);
        });

    difference("lower", "upper");

    look(
        List.of("difference"),
        root -> {
          assertThat(Files.getPosixFilePermissions(root.resolve("d")))
              .isEqualTo(PosixFilePermissions.fromString("rwx------"));
          assertThat(Files.getLastModifiedTime(root.resolve("d"))).isEqualTo(TIME);
          assertThat(root.resolve("d").toFile().list()).isEmpty();
        });
  }

  private static void file(Path path, String text) throws Exception {
    Files.writeString(path, text);
    Files.setLastModifiedTime(path, TIME);
  }

  private void difference(String lower, String upper) throws Exception {
    assertThat(differ(List.of(lower), List.of(upper))).isTrue();
  }

  private boolean differ(List<String> lower, List<String> upper) throws Exception {
    try (LayerWriter writer = store.prepare("difference", List.of());
        MountedRoot below = store.mount(lower, false);
        MountedRoot above = store.mount(upper, false)) {
      boolean differs = ChainDifference.write(below.path(), above.path(), writer.directory());
      writer.commit(0);
      return differs;
    }
  }

  private void layer(String id, Writing writing) throws Exception {
    try (MountedRoot root = store.mount(List.of(), true)) {
      writing.in(root.path());
      root.commit(id);
    }
  }

  private void look(List<String> chain, Writing looking) throws Exception {
    try (MountedRoot root = store.mount(chain, false)) {
      looking.in(root.path());
    }
  }
}
