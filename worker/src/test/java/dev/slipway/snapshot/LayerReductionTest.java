package dev.slipway.snapshot;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.linux.Directory;
import dev.slipway.linux.ExtendedAttributes;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.InstantSource;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What of a step's writes its layer says. */
class LayerReductionTest {
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
        "base",
        List.of(),
        root -> {
          Files.createDirectories(root.resolve("d/sub"));
          Files.writeString(root.resolve("d/f"), "f");
          Files.writeString(root.resolve("d/sub/g"), "g");
        });
  }

  @AfterEach
  void closeStore() {
    if (store != null) {
      store.close();
    }
  }

  @Test
  void saysNothingOfAFileThatWentAwayAndCameBack() throws Exception {
    layer(
        "moved",
        List.of("base"),
        root -> {
          Files.move(root.resolve("d/f"), root.resolve("d/other"));
          Files.move(root.resolve("d/other"), root.resolve("d/f"));
        });

    assertThat(diff("moved")).isEmptyDirectory();
  }

  @Test
  void saysThatAFileHasAnotherNameNow() throws Exception {
    layer(
        "linked",
        List.of("base"),
        root -> Files.createLink(root.resolve("d/also"), root.resolve("d/f")));

    assertThat(names("linked")).containsExactly("d", "d/also", "d/f");
  }

  @Test
  void saysOfAChangedFileThatItsDirectoryIsThereToo() throws Exception {
    layer("changed", List.of("base"), root -> Files.writeString(root.resolve("d/f"), "F"));

    assertThat(names("changed")).containsExactly("d", "d/f");
  }

  @Test
  void saysWhichModeADirectoryGot() throws Exception {
    layer(
        "mode",
        List.of("base"),
        root ->
            Files.setPosixFilePermissions(
                root.resolve("d"), PosixFilePermissions.fromString("rwx------")));

    assertThat(names("mode")).containsExactly("d");
  }

  @Test
  void saysNothingOfADirectoryWhoseTimeAloneIsNew() throws Exception {
    layer(
        "time",
        List.of("base"),
        root -> Files.setLastModifiedTime(root.resolve("d"), FileTime.fromMillis(1)));

    assertThat(diff("time")).isEmptyDirectory();
  }

  @Test
  void keepsAFileOfWhichOnlyAnExtendedAttributeIsNew() throws Exception {
    layer(
        "attribute",
        List.of("base"),
        root ->
            ExtendedAttributes.set(
                root.resolve("d/f").toString(), "security.capability", capability()));

    assertThat(names("attribute")).contains("d/f");
  }

  @Test
  void namesWhatADirectoryMadeAnewHides() throws Exception {
    layer(
        "anew",
        List.of("base"),
        root -> {
          try (Directory open = Directory.open(root)) {
            open.removeTree("d");
          }
          Files.createDirectories(root.resolve("d"));
          Files.writeString(root.resolve("d/new"), "n");
        });

    assertThat(names("anew")).containsExactly("d", "d/f", "d/new", "d/sub");
    assertThat(ExtendedAttributes.get(diff("anew").resolve("d").toString(), OverlayMarks.OPAQUE))
        .isEmpty();
    look(
        List.of("base", "anew"),
        root -> assertThat(root.resolve("d").toFile().list()).containsExactly("new"));
  }

  @Test
  void letsOthersFilesThroughADirectoryMadeAnew() throws Exception {
    layer(
        "other",
        List.of(),
        root -> {
          Files.createDirectories(root.resolve("d"));
          Files.writeString(root.resolve("d/others"), "o");
          Files.writeString(root.resolve("d/f"), "of another");
        });
    layer(
        "anew",
        List.of("base"),
        root -> {
          try (Directory open = Directory.open(root)) {
            open.removeTree("d");
          }
          Files.createDirectories(root.resolve("d"));
        });

    look(
        List.of("other", "anew"),
        root -> assertThat(root.resolve("d").toFile().list()).containsExactly("others"));
  }

  @Test
  void showsNoWhiteoutsWhereNothingIsBelow() throws Exception {
    layer("removed", List.of("base"), root -> Files.delete(root.resolve("d/f")));

    look(List.of("removed"), root -> assertThat(root.resolve("d").toFile().list()).isEmpty());
  }

  @Test
  void keepsTheTimesOfDirectoriesThatItDropsSomethingFrom() throws Exception {
    FileTime time = FileTime.fromMillis(1_000_000);
    layer(
        "moved",
        List.of("base"),
        root -> {
          Files.move(root.resolve("d/f"), root.resolve("d/other"));
          Files.move(root.resolve("d/other"), root.resolve("d/f"));
          Files.writeString(root.resolve("d/new"), "n");
          Files.setLastModifiedTime(root.resolve("d"), time);
        });

    assertThat(names("moved")).containsExactly("d", "d/new");
    assertThat(Files.getLastModifiedTime(diff("moved").resolve("d"))).isEqualTo(time);
  }

  /** cap_net_raw=ep. */
  private static byte[] capability() {
    return new byte[] {1, 0, 0, 2, 0, 32, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
  }

  private void layer(String id, List<String> chain, Writing writing) throws Exception {
    try (MountedRoot root = store.mount(chain, true)) {
      writing.in(root.path());
      root.commit(id);
    }
  }

  private void look(List<String> chain, Writing looking) throws Exception {
    try (MountedRoot root = store.mount(chain, false)) {
      looking.in(root.path());
    }
  }

  private Path diff(String id) {
    return store.find(id).orElseThrow().directory();
  }

  private List<String> names(String id) throws Exception {
    Path root = diff(id);
    try (Stream<Path> all = Files.walk(root)) {
      return all.filter(path -> !path.equals(root))
          .filter(path -> Files.exists(path, LinkOption.NOFOLLOW_LINKS))
          .map(path -> root.relativize(path).toString())
          .sorted()
          .toList();
    }
  }
}
