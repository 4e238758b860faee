package dev.slipway.context;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.context.ContextTree.Entry;
import dev.slipway.context.ContextTree.PathSelector;
import dev.slipway.error.SlipwayException;
import dev.slipway.oci.Digest;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ContextTreeTest {
  private static final SharedKey KEY = new SharedKey("context", "", "client:a");
  private static final long TIME = 1_700_000_000_123_456_700L;

  @TempDir Path directory;
  private Instant now = Instant.ofEpochSecond(1_000_000);
  private ContextStore store;

  @BeforeEach
  void open() throws IOException {
    store = new ContextStore(directory.resolve("store"), () -> now);
  }

  @Test
  void sortsSlashBelowEveryOtherByte() {
    List<String> paths =
        new ArrayList<>(
            List.of("a.txt", "a/b", "a", "a-b", "a/b.c", "a/b/c", "\uE000", "\uD83D\uDE00"));

    paths.sort(TreeOrder.INSTANCE);

    assertThat(paths)
        .containsExactly("a", "a/b", "a/b/c", "a/b.c", "a-b", "a.txt", "\uE000", "\uD83D\uDE00");
  }

  @Test
  void contentDigestIgnoresTimesAndLayerDigestDoesNot() throws Exception {
    ContextTree first = tree(TIME, "f=x");
    ContextTree second = tree(TIME + 1, "f=x");

    assertThat(first.contentDigest())
        .isEqualTo(second.contentDigest())
        .isNotEqualTo(tree(TIME, "f=y").contentDigest());
    assertThat(first.layerDigest()).isNotEqualTo(second.layerDigest());
  }

  @Test
  void selectsPathsWithTheirParents() throws Exception {
    ContextTree tree = tree(TIME, "a/", "a/b/", "a/b/f=1", "a/b.txt=2", "c=3");

    assertThat(paths(tree.select(List.of(path("/a/b"))))).containsExactly("a", "a/b", "a/b/f");
    assertThat(paths(tree.select(List.of(path("nothing"))))).isEmpty();
    assertThat(paths(tree.select(List.of(path("../../c"))))).containsExactly("c");
    assertThat(tree.select(List.of(path("/")))).isSameAs(tree);
  }

  @Test
  void selectsByWildcardPerComponent() throws Exception {
    ContextTree tree = tree(TIME, "a/", "a/x.c=1", "a/y.h=2", "b/", "b/x.c=3", "b/d/", "b/d/x.c=4");

    assertThat(paths(tree.select(List.of(wildcard("*/*.c")))))
        .containsExactly("a", "a/x.c", "b", "b/x.c");
    assertThat(paths(tree.select(List.of(wildcard("b/[d-e]")))))
        .containsExactly("b", "b/d", "b/d/x.c");
  }

  @Test
  void followsLinksInsideTheTreeOnly() throws Exception {
    ContextTree tree =
        tree(
            TIME,
            "abs->/real/f",
            "dir->real",
            "loop->loop",
            "out->../../../c",
            "c=3",
            "real/",
            "real/f=1");

    assertThat(paths(tree.select(List.of(path("dir/f"))))).containsExactly("dir", "real", "real/f");
    assertThat(
            paths(
                tree.select(List.of(new PathSelector("abs", false, false, List.of(), List.of())))))
        .containsExactly("abs");
    assertThat(new String(tree.readFile("abs"), StandardCharsets.UTF_8)).isEqualTo("1");
    assertThat(new String(tree.readFile("out"), StandardCharsets.UTF_8)).isEqualTo("3");
    assertThat(tree.stat("loop")).isEmpty();
    assertThat(tree.stat("dir").orElseThrow().path()).isEqualTo("real");
  }

  @Test
  void appliesIncludeAndExcludePatternsBelowTheSelectedPath() throws Exception {
    ContextTree tree =
        tree(TIME, "s/", "s/a.go=1", "s/a.txt=2", "s/t/", "s/t/b.go=3", "s/t/c.txt=4");

    ContextTree included =
        tree.select(List.of(new PathSelector("s", false, true, List.of("**/*.go"), List.of("t"))));

    assertThat(paths(included)).containsExactly("s", "s/a.go");
  }

  @Test
  void givesAHardLinkANewFirstNameWhenTheOldOneIsNotSelected() throws Exception {
    ContextTree tree = tree(TIME, "a=1", "d/", "d/b=>a", "d/c=>a");

    ContextTree selected = tree.select(List.of(path("d")));

    assertThat(selected.list("d")).extracting(Entry::linkName).containsExactly("", "d/b");
    assertThat(selected.size()).isEqualTo(1);
    assertThat(new String(selected.readFile("d/c"), StandardCharsets.UTF_8)).isEqualTo("1");
  }

  @Test
  void writesTheSameTarForTheSameTree() throws Exception {
    String[] listed = {
      "a/", "a/f=hello", "a/h=>a/f", "a/s->f", "\u00e9=x", "l" + "o".repeat(150) + "ng=y"
    };
    byte[] first = tar(tree(TIME, listed));
    byte[] second = tar(tree(TIME, listed));

    assertThat(first).isEqualTo(second);
    try (TarArchiveInputStream in =
        new TarArchiveInputStream(new ByteArrayInputStream(first), "UTF-8")) {
      List<String> seen = new ArrayList<>();
      for (TarArchiveEntry entry = in.getNextEntry(); entry != null; entry = in.getNextEntry()) {
        String kind =
            entry.isDirectory() ? "d" : entry.isSymbolicLink() ? "s" : entry.isLink() ? "h" : "f";
        seen.add(
            kind
                + " "
                + entry.getName()
                + " "
                + entry.getLinkName()
                + new String(in.readAllBytes(), StandardCharsets.UTF_8));
        assertThat(entry.getLastModifiedTime().toInstant())
            .isEqualTo(Instant.ofEpochSecond(TIME / 1_000_000_000, TIME % 1_000_000_000));
        assertThat(entry.getUserName()).isEmpty();
      }
      assertThat(seen)
          .containsExactly(
              "d a/ ",
              "f a/f hello",
              "h a/h a/f",
              "s a/s f",
              "f l" + "o".repeat(150) + "ng y",
              "f \u00e9 x");
    }
  }

  @Test
  void saysWhatIsWrongWithAPath() throws Exception {
    ContextTree tree = tree(TIME, "d/", "f=1");

    assertThatThrownBy(() -> tree.readFile("Dockerfile"))
        .isInstanceOf(SlipwayException.class)
        .hasMessage("open Dockerfile: no such file or directory");
    assertThatThrownBy(() -> tree.readFile("d"))
        .isInstanceOf(SlipwayException.class)
        .hasMessageContaining("is a directory");
    assertThatThrownBy(() -> tree.list("f"))
        .isInstanceOf(SlipwayException.class)
        .hasMessageContaining("not a directory");
    assertThat(tree.list("/")).extracting(Entry::path).containsExactly("d", "f");
  }

  @Test
  void keepsTheFilesOfATreeForABuildHoweverLongItTakes() throws Exception {
    ContextTree selected = tree(TIME, "a=1", "b=2").select(List.of(path("a")));
    ContextStore.keep("build", selected);
    store.forget("client:a");
    now = now.plus(Duration.ofDays(1));
    store.forget("anybody");

    assertThat(tar(selected)).isNotEmpty();

    now = now.plus(Duration.ofDays(1));
    store.release("build");

    assertThatThrownBy(() -> tar(selected)).hasMessageContaining("was dropped");
    assertThat(store.diskBytes()).isZero();
    assertThat(files()).isEmpty();
  }

  @Test
  void keepsOneCopyOfEqualFilesAndReturnsTheEqualTree() throws Exception {
    String large = "x".repeat(Transfer.SMALL + 1);
    ContextTree first = tree(TIME, "a=" + large, "b=" + large, "c=1");
    long before = store.diskBytes();

    ContextTree second = tree(TIME, "a=" + large, "b=" + large, "c=1");

    assertThat(second).isSameAs(first);
    assertThat(before).isEqualTo(large.length() + 1L);
    assertThat(store.diskBytes()).isEqualTo(before);
    assertThat(files()).hasSize(2);
  }

  @Test
  void remembersTreesOfTheLatestKeysAsFarAsMemoryGoes() throws Exception {
    int each = 10_000;
    for (int client = 0; client < 60; client++) {
      now = now.plusSeconds(10);
      directories(client, each);

      // Those of the last minute are not dropped whatever they take.
      assertThat(store.entries()).isLessThanOrEqualTo(ContextStore.ENTRY_BUDGET + 7 * each);
    }

    now = now.plus(ContextStore.GRACE).plusSeconds(1);
    store.forget("nobody");

    assertThat(store.entries())
        .isBetween(ContextStore.ENTRY_BUDGET - each, ContextStore.ENTRY_BUDGET);
  }

  private void directories(int client, int count) throws IOException {
    SharedKey key = new SharedKey("context", "", "client:" + client);
    try (Transfer transfer = store.begin(key)) {
      List<Entry> entries = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        String path = "%06d".formatted(i);
        entries.add(
            new Entry(path, FileMode.DIRECTORY | 0755, 0, 0, 0, TIME, "", Optional.empty()));
      }
      transfer.commit(entries);
    }
  }

  @Test
  void deletesWhatAnAbandonedTransferWrote() throws Exception {
    try (Transfer transfer = store.begin(KEY)) {
      IncomingFile file = transfer.file();
      file.write(ByteBuffer.allocate(Transfer.SMALL * 2));
      transfer.file().write(ByteBuffer.allocate(3));
    }

    assertThat(files()).isEmpty();
    assertThat(store.diskBytes()).isZero();
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> files = Files.list(directory.resolve("store"))) {
      return files.toList();
    }
  }

  /**
   * {@code a/} directory, {@code a=text} file, {@code a->b} symbolic link, {@code a=>b} hard link.
   */
  private ContextTree tree(long time, String... listed) throws IOException {
    try (Transfer transfer = store.begin(KEY)) {
      List<Entry> entries = new ArrayList<>();
      for (String text : listed) {
        if (text.endsWith("/")) {
          entries.add(
              new Entry(
                  text.substring(0, text.length() - 1),
                  FileMode.DIRECTORY | 0755,
                  0,
                  0,
                  0,
                  time,
                  "",
                  Optional.empty()));
        } else if (text.contains("->")) {
          String[] link = text.split("->");
          entries.add(
              new Entry(
                  link[0], FileMode.SYMLINK | 0777, 0, 0, 0, time, link[1], Optional.empty()));
        } else if (text.contains("=>")) {
          String[] link = text.split("=>");
          Entry file =
              entries.stream()
                  .filter(entry -> entry.path().equals(link[1]))
                  .findFirst()
                  .orElseThrow();
          entries.add(
              new Entry(link[0], file.mode(), 0, 0, file.size(), time, link[1], file.content()));
        } else {
          String[] file = text.split("=");
          byte[] bytes = file[1].getBytes(StandardCharsets.UTF_8);
          IncomingFile incoming = transfer.file();
          incoming.write(ByteBuffer.wrap(bytes));
          Digest digest = incoming.finish();
          entries.add(new Entry(file[0], 0644, 0, 0, bytes.length, time, "", Optional.of(digest)));
        }
      }
      entries.sort((a, b) -> TreeOrder.INSTANCE.compare(a.path(), b.path()));
      return transfer.commit(entries);
    }
  }

  private static byte[] tar(ContextTree tree) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    tree.writeTar(out);
    return out.toByteArray();
  }

  private static List<String> paths(ContextTree tree) throws IOException {
    try (TarArchiveInputStream in =
        new TarArchiveInputStream(new ByteArrayInputStream(tar(tree)), "UTF-8")) {
      List<String> paths = new ArrayList<>();
      for (TarArchiveEntry entry = in.getNextEntry(); entry != null; entry = in.getNextEntry()) {
        paths.add(entry.getName().replaceAll("/$", ""));
      }
      return paths;
    }
  }

  private static PathSelector path(String path) {
    return new PathSelector(path, false, true, List.of(), List.of());
  }

  private static PathSelector wildcard(String path) {
    return new PathSelector(path, true, true, List.of(), List.of());
  }
}
