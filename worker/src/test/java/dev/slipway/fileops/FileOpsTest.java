package dev.slipway.fileops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.compatibility.Area;
import dev.slipway.compatibility.Feature;
import dev.slipway.graph.FileAction;
import dev.slipway.graph.FileAction.Change;
import dev.slipway.graph.FileAction.CopyOptions;
import dev.slipway.graph.FileAction.Identity;
import dev.slipway.graph.FileAction.Owner;
import dev.slipway.graph.Op;
import dev.slipway.linux.ExtendedAttributes;
import dev.slipway.snapshot.MountNamespace;
import dev.slipway.snapshot.MountedRoot;
import dev.slipway.snapshot.OverlaySnapshots;
import dev.slipway.snapshot.SnapshotStore;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileOpsTest {
  private static final Optional<Owner> NOBODY = Optional.empty();

  @TempDir Path directory;
  SnapshotStore store;
  final AtomicInteger ids = new AtomicInteger();
  FileOps ops;

  @BeforeEach
  void openStore() throws Exception {
    MountNamespace.assume(directory);
    store = OverlaySnapshots.open(directory.resolve("store"), java.time.InstantSource.system());
    ops = new FileOps(store, () -> "snap:" + ids.incrementAndGet());
  }

  @AfterEach
  void closeStore() {
    if (store != null) {
      store.close();
    }
  }

  private interface Filling {
    void in(Path root) throws Exception;
  }

  private interface Looking {
    void at(Path root) throws Exception;
  }

  private List<String> layer(Filling filling) throws Exception {
    try (MountedRoot root = store.mount(List.of(), true)) {
      filling.in(root.path());
      String id = "snap:" + ids.incrementAndGet();
      root.commit(id);
      return List.of(id);
    }
  }

  private void look(List<String> chain, Looking looking) throws Exception {
    try (MountedRoot root = store.mount(chain, false)) {
      looking.at(root.path());
    }
  }

  private static CopyOptions options() {
    return new CopyOptions(
        true, true, false, true, true, true, false, List.of(), List.of(), List.of());
  }

  private static Change.Copy copy(String source, String destination) {
    return new Change.Copy(source, destination, NOBODY, OptionalInt.empty(), "", options(), -1);
  }

  private List<String> run(List<List<String>> inputs, Change... changes) throws Exception {
    List<FileAction> actions = new ArrayList<>();
    for (int i = 0; i < changes.length; i++) {
      int input = i == 0 ? 0 : inputs.size() + i - 1;
      int source = changes[i] instanceof Change.Copy ? 1 : -1;
      actions.add(new FileAction(input, source, i == changes.length - 1 ? 0 : -1, changes[i]));
    }
    return ops.run(new Op.File(actions), inputs).get(0);
  }

  private static int mode(Path path) throws Exception {
    return (int) Files.getAttribute(path, "unix:mode", LinkOption.NOFOLLOW_LINKS) & 07777;
  }

  @Test
  @Feature(value = "file: copy", area = Area.LLB)
  void copiesATreeWithItsTimesModesAndLinks() throws Exception {
    List<String> base = layer(root -> Files.createDirectories(root.resolve("app/kept")));
    List<String> context =
        layer(root -> {
          Files.createDirectories(root.resolve("src/deep"));
          Files.writeString(root.resolve("src/a"), "a");
          Files.createLink(root.resolve("src/deep/b"), root.resolve("src/a"));
          Files.createSymbolicLink(root.resolve("src/link"), Path.of("/nowhere"));
          Files.setAttribute(root.resolve("src/a"), "unix:mode", 0640);
        });

    List<String> made = run(List.of(base, context), copy("/src", "/app/"));

    assertThat(made).hasSize(2);
    look(
        made,
        root -> {
          assertThat(root.resolve("app/kept")).isDirectory();
          assertThat(root.resolve("app/a")).hasContent("a");
          assertThat(mode(root.resolve("app/a"))).isEqualTo(0640);
          assertThat(root.resolve("app/deep/b")).hasContent("a");
          assertThat(Files.getAttribute(root.resolve("app/a"), "unix:ino"))
              .isEqualTo(Files.getAttribute(root.resolve("app/deep/b"), "unix:ino"));
          assertThat(Files.readSymbolicLink(root.resolve("app/link"))).hasToString("/nowhere");
        });
  }

  @Test
  void mergesIntoWhatIsThereAndReplacesFiles() throws Exception {
    List<String> base =
        layer(root -> {
          Files.createDirectories(root.resolve("app/d"));
          Files.writeString(root.resolve("app/d/old"), "old");
          Files.writeString(root.resolve("app/d/f"), "old");
        });
    List<String> context =
        layer(root -> {
          Files.createDirectories(root.resolve("d"));
          Files.writeString(root.resolve("d/f"), "new");
        });

    look(
        run(List.of(base, context), copy("/", "/app")),
        root -> {
          assertThat(root.resolve("app/d/old")).hasContent("old");
          assertThat(root.resolve("app/d/f")).hasContent("new");
        });
    look(context, root -> assertThat(root.resolve("d/f")).hasContent("new"));
  }

  @Test
  void ownersAndModesAreGivenOnTheWayToo() throws Exception {
    List<String> base =
        layer(root -> {
          Files.createDirectories(root.resolve("etc"));
          Files.writeString(
              root.resolve("etc/passwd"), "root:x:0:0::/:/bin/sh\napp:x:100:101::/:/bin/sh\n");
        });
    List<String> context = layer(root -> Files.writeString(root.resolve("f"), "f"));
    Optional<Owner> app =
        Optional.of(new Owner(Optional.of(new Identity.ByName("app", 0)), Optional.empty()));

    look(
        run(
            List.of(base, context),
            new Change.Copy(
                "/f", "/x/y/", app, OptionalInt.of(0700), "", options(), 5_000_000_000L)),
        root -> {
          for (String path : List.of("x", "x/y", "x/y/f")) {
            assertThat(mode(root.resolve(path))).as(path).isEqualTo(0700);
            assertThat(Files.getAttribute(root.resolve(path), "unix:uid")).as(path).isEqualTo(100);
            assertThat(Files.getAttribute(root.resolve(path), "unix:gid")).as(path).isEqualTo(101);
          }
          assertThat(Files.getLastModifiedTime(root.resolve("x/y/f")).toMillis()).isEqualTo(5000);
        });
  }

  @Test
  void anOwnerThatNoAccountHasIsRoot() throws Exception {
    List<String> base = layer(root -> {});
    var ghost =
        Optional.of(new Owner(Optional.of(new Identity.ByName("ghost", 0)), Optional.empty()));

    look(
        run(List.of(base), new Change.MakeDirectory("/d", 0755, false, ghost, -1)),
        root -> assertThat(Files.getAttribute(root.resolve("d"), "unix:uid")).isEqualTo(0));
  }

  @Test
  void whatContentsAreCopiedIntoKeepsOrGetsAnAttributeOfItsOwn() throws Exception {
    List<String> base =
        layer(root -> Files.createDirectory(root.resolve("app"), permissions("rwxr-x---")));
    List<String> context =
        layer(root -> {
          Files.createDirectory(root.resolve("d"), permissions("rwx------"));
          Files.createDirectory(root.resolve("d/sub"), permissions("rwx--x--x"));
        });

    look(
        run(List.of(base, context), copy("/d", "/app"), copy("/d", "/new")),
        root -> {
          assertThat(mode(root.resolve("app"))).isEqualTo(0750);
          assertThat(mode(root.resolve("new"))).isEqualTo(0755);
          assertThat(mode(root.resolve("new/sub"))).isEqualTo(0711);
        });
  }

  @Test
  void aFileThatIsThereKeepsModeAndOwnerWhenItIsWrittenAnew() throws Exception {
    List<String> base =
        layer(root -> {
          Files.createFile(root.resolve("f"), permissions("rwxr-x--x"));
          Files.setAttribute(root.resolve("f"), "unix:uid", 7);
        });

    look(
        run(List.of(base), new Change.MakeFile("/f", 0600, "new".getBytes(), NOBODY, -1)),
        root -> {
          assertThat(root.resolve("f")).hasContent("new");
          assertThat(mode(root.resolve("f"))).isEqualTo(0751);
          assertThat(Files.getAttribute(root.resolve("f"), "unix:uid")).isEqualTo(7);
        });
  }

  @Test
  void refusesPatternsAndModesThatAreNone() throws Exception {
    List<String> base = layer(root -> Files.writeString(root.resolve("f"), "f"));
    CopyOptions malformed =
        new CopyOptions(
            true, true, false, true, true, true, false, List.of(), List.of("a["), List.of());

    assertThatThrownBy(() ->
            run(
                List.of(base, base),
                new Change.Copy("/", "/x", NOBODY, OptionalInt.empty(), "", malformed, -1)))
        .hasMessageStartingWith("invalid excludepatterns: [a[]");
    assertThatThrownBy(() ->
            run(
                List.of(base, base),
                new Change.Copy("/f", "/x", NOBODY, OptionalInt.empty(), "u?x", options(), -1)))
        .hasMessage("invalid mode: u?x");
  }

  @Test
  void namesWhatIsMissingAsBuildkitDoes() throws Exception {
    List<String> base = layer(root -> Files.writeString(root.resolve("f"), "f"));

    assertThatThrownBy(() -> run(List.of(base, List.of()), copy("/foo", "/")))
        .as("from scratch")
        .hasMessage("lstat /foo: no such file or directory");
    assertThatThrownBy(() -> run(List.of(base), new Change.Remove("/foo", false, false)))
        .hasMessage("stat /foo: no such file or directory");
    assertThatThrownBy(() -> run(List.of(base), new Change.Remove("/", true, false)))
        .hasMessage("rmPath: invalid empty path");
    assertThatThrownBy(() -> run(List.of(base, base), copy("/f", "/f/g/h")))
        .hasMessage("mkdir /f: not a directory");
  }

  private static FileAttribute<?> permissions(String text) {
    return PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(text));
  }

  @Test
  void wildcardsGoIntoTheDirectoryAndMissingFilesAreNamed() throws Exception {
    List<String> context =
        layer(root -> {
          Files.writeString(root.resolve("a.txt"), "a");
          Files.writeString(root.resolve("b.txt"), "b");
          Files.writeString(root.resolve("c.md"), "c");
        });

    look(
        run(List.of(List.of(), context), copy("/*.txt", "/out/")),
        root ->
            assertThat(root.resolve("out").toFile().list())
                .containsExactlyInAnyOrder("a.txt", "b.txt"));
    assertThatThrownBy(() -> run(List.of(List.of(), context), copy("/foo", "/")))
        .hasMessageStartingWith("failed to compute cache key: failed to calculate checksum of ref ")
        .hasMessageEndingWith(": \"/foo\": not found");
  }

  @Test
  @Feature(value = "file: copy with include and exclude patterns", area = Area.LLB)
  void patternsSelect() throws Exception {
    List<String> context =
        layer(root -> {
          Files.createDirectories(root.resolve("keep/deep"));
          Files.createDirectories(root.resolve("none"));
          Files.writeString(root.resolve("keep/deep/a.go"), "a");
          Files.writeString(root.resolve("keep/a.txt"), "a");
          Files.writeString(root.resolve("none/b.txt"), "b");
        });
    CopyOptions some =
        new CopyOptions(
            true,
            true,
            false,
            true,
            true,
            true,
            false,
            List.of("**/*.go"),
            List.of("none"),
            List.of());

    look(
        run(
            List.of(List.of(), context),
            new Change.Copy("/", "/", NOBODY, OptionalInt.empty(), "", some, -1)),
        root -> {
          assertThat(root.resolve("keep/deep/a.go")).exists();
          assertThat(root.resolve("keep/a.txt")).doesNotExist();
          assertThat(root.resolve("none")).doesNotExist();
        });
  }

  @Test
  @Feature(value = "file: copy with required paths", area = Area.LLB)
  void requiredPathsCountFromTheRootOfTheSource() throws Exception {
    List<String> context =
        layer(root -> {
          Files.createDirectories(root.resolve("keep/deep"));
          Files.writeString(root.resolve("keep/deep/a.go"), "a");
        });

    look(
        run(List.of(List.of(), context), required("deep/a.go", "/keep/deep/a.go")),
        root -> assertThat(root.resolve("deep/a.go")).exists());
    assertThatThrownBy(() -> run(List.of(List.of(), context), required("de/a.go", "/keep/de/a.go")))
        .hasMessageContaining("\"/keep/de/a.go\": not found");
  }

  private static Change.Copy required(String included, String required) {
    CopyOptions options =
        new CopyOptions(
            true,
            true,
            false,
            true,
            true,
            true,
            false,
            List.of(included),
            List.of(),
            List.of(required));
    return new Change.Copy("/keep", "/", NOBODY, OptionalInt.empty(), "", options, -1);
  }

  @Test
  void linksInTheDestinationNeverLeaveIt() throws Exception {
    Path outside = Files.createDirectory(directory.resolve("outside"));
    List<String> base = layer(root -> Files.createSymbolicLink(root.resolve("esc"), outside));
    List<String> context = layer(root -> Files.writeString(root.resolve("f"), "f"));

    List<String> made = run(List.of(base, context), copy("/f", "/esc/"));

    assertThat(outside).isEmptyDirectory();
    look(
        made,
        root -> assertThat(root.resolve(outside.toString().substring(1)).resolve("f")).exists());
  }

  @Test
  @Feature(value = "file: copy with unpackArchives", area = Area.LLB)
  void unpacksArchivesByContent() throws Exception {
    ByteArrayOutputStream tgz = new ByteArrayOutputStream();
    try (TarArchiveOutputStream tar = new TarArchiveOutputStream(new GZIPOutputStream(tgz))) {
      TarArchiveEntry entry = new TarArchiveEntry("dir/f");
      entry.setSize(1);
      tar.putArchiveEntry(entry);
      tar.write('x');
      tar.closeArchiveEntry();
    }
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(text)) {
      gzip.write("just text".getBytes(StandardCharsets.UTF_8));
    }
    List<String> context =
        layer(root -> {
          Files.write(root.resolve("misnamed.jpg"), tgz.toByteArray());
          Files.write(root.resolve("text.gz"), text.toByteArray());
        });
    CopyOptions unpack =
        new CopyOptions(true, true, true, true, true, true, false, List.of(), List.of(), List.of());

    look(
        run(
            List.of(List.of(), context),
            new Change.Copy("/misnamed.jpg", "/to/", NOBODY, OptionalInt.empty(), "", unpack, -1),
            new Change.Copy("/text.gz", "/to/", NOBODY, OptionalInt.empty(), "", unpack, -1)),
        root -> {
          assertThat(root.resolve("to/dir/f")).hasContent("x");
          assertThat(root.resolve("to/text.gz")).hasBinaryContent(text.toByteArray());
        });
  }

  @Test
  void unpacksExtendedAttributesOfArchives() throws Exception {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (TarArchiveOutputStream tar = new TarArchiveOutputStream(bytes)) {
      TarArchiveEntry entry = new TarArchiveEntry("program");
      entry.setSize(1);
      entry.setMode(0755);
      entry.addPaxHeader("SCHILY.xattr.user.note", "kept");
      tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
      tar.putArchiveEntry(entry);
      tar.write('x');
      tar.closeArchiveEntry();
    }
    List<String> context = layer(root -> Files.write(root.resolve("a.tar"), bytes.toByteArray()));
    CopyOptions unpack =
        new CopyOptions(true, true, true, true, true, true, false, List.of(), List.of(), List.of());

    List<String> made =
        run(
            List.of(List.of(), context),
            new Change.Copy("/a.tar", "/to/", NOBODY, OptionalInt.empty(), "", unpack, -1));

    look(
        made,
        root ->
            assertThat(ExtendedAttributes.get(root.resolve("to/program").toString(), "user.note"))
                .hasValue("kept".getBytes(StandardCharsets.UTF_8)));
  }

  @Test
  void makesEveryDirectoryThatAPathPassesThrough() throws Exception {
    List<String> made =
        run(List.of(List.of()), new Change.MakeDirectory("/a//b/./c/../d", 0755, true, NOBODY, -1));

    look(
        made,
        root -> {
          assertThat(root.resolve("a/b/c")).isDirectory();
          assertThat(root.resolve("a/b/d")).isDirectory();
        });
  }

  @Test
  void anOwnerWithoutAUserIsRootWithThatGroup() throws Exception {
    Optional<Owner> owner =
        Optional.of(
            new Owner(
                Optional.of(new Identity.ByName("", 0)), Optional.of(new Identity.ById(100))));

    List<String> made =
        run(List.of(List.of()), new Change.MakeDirectory("/a", 0755, true, owner, -1));

    look(
        made,
        root -> {
          assertThat(Files.getAttribute(root.resolve("a"), "unix:uid")).isEqualTo(0);
          assertThat(Files.getAttribute(root.resolve("a"), "unix:gid")).isEqualTo(100);
        });
  }

  @Test
  @Feature(value = "file: mkdir, mkfile, rm, symlink", area = Area.LLB)
  void actionsBuildOnEachOtherInOneLayer() throws Exception {
    List<String> base =
        layer(root -> {
          Files.createDirectories(root.resolve("gone"));
          Files.writeString(root.resolve("gone/below"), "x");
        });
    List<String> context =
        layer(root -> {
          Files.createDirectories(root.resolve("gone"));
          Files.writeString(root.resolve("gone/new"), "new");
        });

    List<String> made =
        run(
            List.of(base, context),
            new Change.Remove("/gone", false, false),
            new Change.Copy("/gone", "/gone", NOBODY, OptionalInt.empty(), "", options(), -1),
            new Change.MakeDirectory("/a/b", 0750, true, NOBODY, -1),
            new Change.MakeFile("/a/f", 0600, "text".getBytes(StandardCharsets.UTF_8), NOBODY, -1),
            new Change.MakeSymlink("f", "/a/l", NOBODY, -1));

    assertThat(made).hasSize(2);
    look(
        made,
        root -> {
          assertThat(root.resolve("gone/below")).doesNotExist();
          assertThat(root.resolve("gone/new")).hasContent("new");
          assertThat(root.resolve("a/l")).hasContent("text");
          assertThat(mode(root.resolve("a"))).isEqualTo(0750);
        });
  }

  @Test
  void aFolderOntoAFileIsRefused() throws Exception {
    List<String> base = layer(root -> Files.writeString(root.resolve("x"), "x"));
    List<String> context = layer(root -> Files.createDirectories(root.resolve("d")));

    assertThatThrownBy(() -> run(List.of(base, context), copy("/d", "/x")))
        .hasMessage("cannot copy to non-directory: /x");
  }

  @Test
  void copiesManySmallFilesByLinkingThem() throws Exception {
    List<String> context =
        layer(root -> {
          for (int i = 0; i < 2000; i++) {
            Files.createDirectories(root.resolve("d" + i % 20));
            Files.writeString(root.resolve("d" + i % 20 + "/f" + i), "x" + i);
          }
        });

    List<String> made = run(List.of(List.of(), context), copy("/", "/app/"));

    Path file = store.find(made.getFirst()).orElseThrow().directory().resolve("app/d7/f7");
    assertThat(file).hasContent("x7");
    assertThat(Files.getAttribute(file, "unix:nlink")).isEqualTo(2);
  }
}
