package dev.slipway.part;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.error.SlipwayException;
import dev.slipway.fileops.FileOps;
import dev.slipway.graph.FileAction;
import dev.slipway.graph.FileAction.Change;
import dev.slipway.graph.FileAction.CopyOptions;
import dev.slipway.graph.Op;
import dev.slipway.layers.LayerApplier;
import dev.slipway.layers.LayerTarWriter;
import dev.slipway.oci.Digest;
import dev.slipway.protocol.worker.PartRequest;
import dev.slipway.protocol.worker.PathSelector;
import dev.slipway.snapshot.LayerWriter;
import dev.slipway.snapshot.MountNamespace;
import dev.slipway.snapshot.MountedRoot;
import dev.slipway.snapshot.OverlaySnapshots;
import dev.slipway.snapshot.SnapshotStore;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A part gives the same copy as the whole filesystem that it is a part of. */
class PartsTest {
  private static final String PLAIN_TAR = "application/vnd.oci.image.layer.v1.tar";
  private static final long SOME_TIME = 1_700_000_000_000_000_000L;

  @TempDir Path directory;
  private final AtomicInteger ids = new AtomicInteger();
  private SnapshotStore here;
  private SnapshotStore there;

  @BeforeEach
  void openStores() throws Exception {
    MountNamespace.assume(directory);
    here = OverlaySnapshots.open(directory.resolve("here"), InstantSource.system());
    there = OverlaySnapshots.open(directory.resolve("there"), InstantSource.system());
  }

  @AfterEach
  void closeStores() {
    if (here != null) {
      here.close();
      there.close();
    }
  }

  private interface Filling {
    void in(Path root) throws Exception;
  }

  private String layer(List<String> below, Filling filling) throws Exception {
    try (MountedRoot root = here.mount(below, true)) {
      filling.in(root.path());
      String id = "snap:" + ids.incrementAndGet();
      root.commit(id);
      return id;
    }
  }

  /** Two layers: the upper one replaces and removes. */
  private List<String> chain() throws Exception {
    String lower =
        layer(
            List.of(),
            root -> {
              Files.createDirectories(root.resolve("app/bin"));
              Files.createDirectories(root.resolve("app/share/doc"));
              Files.createDirectories(root.resolve("v1"));
              Files.writeString(root.resolve("app/bin/tool"), "tool one");
              Files.writeString(root.resolve("app/bin/gone"), "gone");
              Files.writeString(root.resolve("app/share/doc/a.txt"), "a");
              Files.writeString(root.resolve("app/share/doc/b.md"), "b");
              Files.writeString(root.resolve("v1/file"), "file of v1");
              Files.createLink(root.resolve("app/share/hard"), root.resolve("app/share/doc/a.txt"));
              Files.createSymbolicLink(root.resolve("current"), Path.of("/v1"));
              Files.createSymbolicLink(root.resolve("app/up"), Path.of("../current/file"));
              Files.createSymbolicLink(root.resolve("loop"), Path.of("loop"));
              Files.createSymbolicLink(root.resolve("app/away"), Path.of("../../../../etc/passwd"));
              Files.writeString(root.resolve("big"), "x".repeat(300_000));
            });
    String upper =
        layer(
            List.of(lower),
            root -> {
              Files.writeString(root.resolve("app/bin/tool"), "tool two");
              Files.delete(root.resolve("app/bin/gone"));
              Files.setAttribute(root.resolve("app/share"), "unix:mode", 0711);
              Files.setAttribute(root.resolve("app/bin/tool"), "unix:uid", 7);
            });
    return List.of(lower, upper);
  }

  private static PathSelector selector(String path, boolean follow) {
    return PathSelector.newBuilder()
        .setPath(path)
        .setWildcard(true)
        .setFollowSymlinks(follow)
        .build();
  }

  /** The part as another worker gets it. */
  private List<String> moved(List<String> chain, PathSelector selector) throws Exception {
    PartRequest request =
        PartRequest.newBuilder().addAllLayerIds(chain).addSelectors(selector).build();
    ByteArrayOutputStream tar = new ByteArrayOutputStream();
    new Parts(here).write(request, tar);
    String id = "part:" + Digest.of(request.toByteArray()).value();
    try (LayerWriter writer = there.prepare(id, List.of())) {
      new LayerApplier()
          .apply(new ByteArrayInputStream(tar.toByteArray()), PLAIN_TAR, writer, Optional.empty());
    }
    return List.of(id);
  }

  /** What a copy makes of it, or what the copy complains of. */
  private String copied(SnapshotStore store, List<String> chain, String source, boolean follow)
      throws Exception {
    CopyOptions options =
        new CopyOptions(
            follow, true, false, true, true, false, false, List.of(), List.of(), List.of());
    Change.Copy copy =
        new Change.Copy(
            source, "/out/", Optional.empty(), OptionalInt.empty(), "", options, SOME_TIME);
    FileOps ops = new FileOps(store, () -> "snap:" + ids.incrementAndGet());
    try {
      String made =
          ops.run(new Op.File(List.of(new FileAction(-1, 0, 0, copy))), List.of(chain))
              .get(0)
              .getLast();
      ByteArrayOutputStream tar = new ByteArrayOutputStream();
      new LayerTarWriter().write(store.find(made).orElseThrow(), tar);
      return listing(tar.toByteArray());
    } catch (SlipwayException e) {
      // The layers of a part are called otherwise than those of the whole.
      return e.getMessage().replaceFirst("of ref \\S+ ", "");
    }
  }

  /** All that a tar says, but the time of the destination, which was made just now. */
  private static String listing(byte[] bytes) throws Exception {
    StringBuilder text = new StringBuilder();
    try (TarArchiveInputStream tar = new TarArchiveInputStream(new ByteArrayInputStream(bytes))) {
      for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
        text.append(entry.getName())
            .append(
                " %o %d:%d "
                    .formatted(entry.getMode(), entry.getLongUserId(), entry.getLongGroupId()))
            .append(entry.getName().equals("out/") ? "" : entry.getLastModifiedTime())
            .append(" -> ")
            .append(entry.getLinkName())
            .append(' ')
            .append(Digest.of(tar.readAllBytes()))
            .append('\n');
      }
    }
    return text.toString();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/",
        "/app",
        "/app/bin/tool",
        "/app/*",
        "/app/share/doc/*.txt",
        "/*/bin",
        "/app/share",
        "/current",
        "/current/file",
        "/app/up",
        "/app/away",
        "/app/bin/gone",
        "/missing",
        "/missing/*",
        "/loop",
        "/app/bin/tool/below",
        "/../app/./bin"
      })
  void aCopyOfAPartIsTheCopyOfTheWhole(String source) throws Exception {
    List<String> chain = chain();
    for (boolean follow : new boolean[] {true, false}) {
      List<String> part = moved(chain, selector(source, follow));

      assertThat(copied(there, part, source, follow))
          .as("follow=" + follow)
          .isEqualTo(copied(here, chain, source, follow));
      assertThat(new Parts(there).digest(part, List.of(selector(source, follow))))
          .isEqualTo(new Parts(here).digest(chain, List.of(selector(source, follow))));
    }
  }

  @Test
  void aPartHasNothingThatWasNotAskedFor() throws Exception {
    List<String> part = moved(chain(), selector("/app/bin/tool", true));

    try (MountedRoot root = there.mount(part, false)) {
      assertThat(root.path().resolve("app/bin/tool")).hasContent("tool two");
      assertThat(root.path().resolve("app/share")).doesNotExist();
      assertThat(root.path().resolve("big")).doesNotExist();
    }
  }

  @Test
  void theDigestSaysWhatIsThereAndNotWhenItWasMade() throws Exception {
    List<String> one =
        List.of(layer(List.of(), root -> Files.writeString(root.resolve("f"), "same")));
    List<String> two =
        List.of(
            layer(
                List.of(),
                root -> {
                  Files.writeString(root.resolve("unrelated"), "more");
                  Files.writeString(root.resolve("f"), "same");
                  Files.setAttribute(
                      root.resolve("f"),
                      "lastModifiedTime",
                      java.nio.file.attribute.FileTime.fromMillis(5));
                }));
    List<String> other =
        List.of(layer(List.of(), root -> Files.writeString(root.resolve("f"), "else")));
    List<PathSelector> file = List.of(selector("/f", true));
    Parts parts = new Parts(here);

    assertThat(parts.digest(two, file)).isEqualTo(parts.digest(one, file));
    assertThat(parts.digest(other, file)).isNotEqualTo(parts.digest(one, file));
  }

  @Test
  void aRequestMustBeTheOneThatItsIdNames() throws Exception {
    PartRequest request = PartRequest.newBuilder().addLayerIds("snap:1").build();
    String base64 = Base64.getUrlEncoder().withoutPadding().encodeToString(request.toByteArray());

    assertThat(Parts.request("part:" + Digest.of(request.toByteArray()).value(), base64))
        .isEqualTo(request);
    assertThatThrownBy(() -> Parts.request("part:" + Digest.of(new byte[] {1}).value(), base64))
        .hasMessageContaining("is not that of part:sha256:");
    assertThatThrownBy(() -> Parts.request("part:sha256:00", "%%%"))
        .hasMessageContaining("malformed");
  }
}
