package dev.slipway.mounts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.graph.Mount.Sharing;
import dev.slipway.linux.Processes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(20)
class CacheMountsTest {
  private static final MountWish.Peer PEER = new MountWish.Peer("http://peer/m", "token", 5);

  @TempDir Path root;
  private final List<String> notes = new ArrayList<>();
  private final List<MountWish.Peer> asked = new ArrayList<>();
  private Optional<String> broughtFile = Optional.of("from-peer");
  private CacheMounts mounts;

  @BeforeEach
  void open() throws Exception {
    Assumptions.assumeTrue(Processes.uid() == 0, "a worker is root of its namespace");
    mounts = CacheMounts.open(root.resolve("mounts"), this::bring, InstantSource.system());
  }

  @AfterEach
  void close() {
    if (mounts != null) {
      mounts.close();
    }
  }

  @Test
  void givesTheNextStepWhatTheLastOneWrote() throws Exception {
    try (MountUse first = use(wish("m", Sharing.SHARED))) {
      Files.writeString(first.directory().resolve("file"), "12345");
      assertThat(first.finish())
          .hasValueSatisfying(record -> {
            assertThat(record.version()).isEqualTo(1);
            assertThat(record.size()).isEqualTo(5);
          });
    }

    try (MountUse second = use(wish("m", Sharing.LOCKED));
        MountUse other = use(wish("n", Sharing.LOCKED))) {
      assertThat(second.directory().resolve("file")).hasContent("12345");
      assertThat(other.directory()).isEmptyDirectory();
    }
  }

  @Test
  void keepsWhatACancelledStepWroteAndItsVersion() throws Exception {
    try (MountUse use = use(wish("m", Sharing.SHARED))) {
      Files.writeString(use.directory().resolve("file"), "x");
    }

    assertThat(mounts.records()).hasSize(1).allMatch(record -> record.version() == 0);
    try (MountUse use = use(wish("m", Sharing.SHARED))) {
      assertThat(use.directory().resolve("file")).exists();
    }
  }

  @Test
  void sharesOneDirectoryAtATime() throws Exception {
    try (MountUse one = use(wish("m", Sharing.SHARED));
        MountUse two = use(wish("m", Sharing.SHARED))) {
      assertThat(one.directory()).isEqualTo(two.directory());
      one.finish();
      assertThat(mounts.records().getFirst().inUse()).isTrue();
      two.finish();
    }
    assertThat(mounts.records().getFirst().inUse()).isFalse();
    assertThat(mounts.records().getFirst().version()).isEqualTo(2);
  }

  @Test
  void givesPrivateStepsCopiesOfTheirOwnAndKeepsThem() throws Exception {
    Path first;
    Path second;
    try (MountUse one = use(wish("m", Sharing.PRIVATE));
        MountUse two = use(wish("m", Sharing.PRIVATE));
        MountUse three = use(wish("m", Sharing.SHARED))) {
      first = one.directory();
      second = two.directory();
      assertThat(List.of(first, second, three.directory())).doesNotHaveDuplicates();
      one.finish();
      two.finish();
    }

    try (MountUse again = use(wish("m", Sharing.PRIVATE))) {
      assertThat(again.directory()).isEqualTo(second);
    }
    assertThat(mounts.records()).hasSize(3);
  }

  @Test
  void keepsNoMoreCopiesThanAreLikelyToBeUsed() throws Exception {
    List<MountUse> uses = new ArrayList<>();
    for (int i = 0; i < 7; i++) {
      uses.add(use(wish("m", Sharing.PRIVATE)));
    }
    assertThat(mounts.records()).hasSize(7);

    uses.forEach(MountUse::finish);

    assertThat(mounts.records()).hasSize(4);
    assertThat(mounts.awaitRemoved(Duration.ofSeconds(5))).isTrue();
    assertThat(children(root.resolve("mounts/copies"))).hasSize(4);
  }

  @Test
  void letsALockedStepWaitForWhoeverIsThere() throws Exception {
    MountUse one = use(wish("m", Sharing.SHARED));
    CompletableFuture<MountUse> two = using(wish("m", Sharing.LOCKED));
    CompletableFuture<MountUse> three = using(wish("m", Sharing.LOCKED));
    assertThat(two.isDone() || three.isDone()).isFalse();

    one.close();

    MountUse first = (MountUse) CompletableFuture.anyOf(two, three).get();
    assertThat(two.isDone() && three.isDone()).isFalse();
    first.close();
    two.get().close();
    three.get().close();
  }

  @Test
  void stopsWaitingWhenItIsInterrupted() throws Exception {
    CompletableFuture<Exception> ended = new CompletableFuture<>();
    try (MountUse _ = use(wish("m", Sharing.LOCKED))) {
      Thread waiter =
          Thread.ofVirtual()
              .start(() -> {
                try {
                  use(wish("m", Sharing.LOCKED)).close();
                  ended.complete(new IllegalStateException("two have it"));
                } catch (Exception e) {
                  ended.complete(e);
                }
              });
      waiter.interrupt();
      assertThat(ended.get()).isInstanceOf(InterruptedException.class);
    }
    use(wish("m", Sharing.LOCKED)).close();
  }

  @Test
  void bringsANewerCopyFromAPeer() throws Exception {
    use(wish("m", Sharing.SHARED)).finish();

    try (MountUse use = use(wish("m", Sharing.SHARED, 5, 0, 0, PEER))) {
      assertThat(use.directory().resolve("from-peer")).exists();
      assertThat(use.finish())
          .hasValueSatisfying(record -> assertThat(record.version()).isEqualTo(6));
    }

    assertThat(mounts.records()).hasSize(1);
    assertThat(notes).containsExactly("cache mount tenant/m brought from another worker");
    use(wish("m", Sharing.SHARED, 6, 0, 0, PEER)).close();
    assertThat(asked).hasSize(1);
  }

  @Test
  void goesOnWithWhatItHasWhenNoPeerGivesItsCopy() throws Exception {
    broughtFile = Optional.empty();
    try (MountUse use = use(wish("m", Sharing.SHARED))) {
      Files.writeString(use.directory().resolve("mine"), "");
      use.finish();
    }

    try (MountUse use =
        use(wish("m", Sharing.SHARED, 5, 0, 0, PEER, new MountWish.Peer("http://b", "", 4)))) {
      assertThat(use.directory().resolve("mine")).exists();
      assertThat(use.directory().resolve("half")).doesNotExist();
    }

    assertThat(asked).hasSize(2);
    assertThat(notes.getFirst()).contains("not brought from another worker: peer is gone");
    assertThat(mounts.records()).hasSize(1);
  }

  @Test
  void beginsWithItsInputWhenNoPeerGivesItsCopy() throws Exception {
    broughtFile = Optional.empty();

    try (MountUse use =
        mounts.use(
            wish("m", Sharing.SHARED, 5, 0, 0, PEER),
            directory -> write(directory.resolve("seed")),
            notes::add)) {
      assertThat(use.directory().resolve("seed")).exists();
    }
  }

  @Test
  void leavesNothingWhenTheBeginningFails() throws Exception {
    assertThatThrownBy(() ->
            mounts.use(
                wish("m", Sharing.LOCKED),
                _ -> {
                  throw new SlipwayException(ErrorKind.NOT_FOUND, "no such path");
                },
                notes::add))
        .hasMessage("no such path");

    assertThat(mounts.records()).isEmpty();
    use(wish("m", Sharing.LOCKED)).close();
  }

  @Test
  void believesWhatTheFarmTakesItsCopyFor() throws Exception {
    use(wish("m", Sharing.SHARED)).finish();

    try (MountUse use = use(wish("m", Sharing.SHARED, 5, 5, 0, PEER))) {
      assertThat(use.finish())
          .hasValueSatisfying(record -> assertThat(record.version()).isEqualTo(6));
    }

    assertThat(asked).isEmpty();
  }

  @Test
  void doesNotUseWhatWasThrownAway() throws Exception {
    try (MountUse use = use(wish("m", Sharing.SHARED))) {
      Files.writeString(use.directory().resolve("old"), "");
      use.finish();
    }

    try (MountUse use = use(wish("m", Sharing.SHARED, 100, 0, 100))) {
      assertThat(use.directory()).isEmptyDirectory();
      assertThat(use.finish().orElseThrow().version()).isEqualTo(101);
    }
    assertThat(mounts.records()).hasSize(1);
  }

  @Test
  void keepsOldCopiesFromThoseWhoComeLaterWhileSomebodyUsesThem() throws Exception {
    try (MountUse old = use(wish("m", Sharing.SHARED));
        MountUse fresh = use(wish("m", Sharing.SHARED, 100, 0, 100))) {
      assertThat(fresh.directory()).isNotEqualTo(old.directory());
    }
    assertThat(mounts.records()).hasSize(1);
  }

  @Test
  void adoptsACopyForStepsToCome() throws Exception {
    MountWish wish = wish("m", Sharing.SHARED, 5, 0, 0, PEER);

    MountRecord adopted = mounts.adopt(wish);

    assertThat(adopted.version()).isEqualTo(5);
    assertThat(adopted.inUse()).isFalse();
    try (MountUse use = use(wish)) {
      assertThat(use.directory().resolve("from-peer")).exists();
    }
    assertThat(mounts.adopt(wish).id()).isEqualTo(adopted.id());
    assertThat(asked).hasSize(1);
    mounts.close();
    mounts = CacheMounts.open(root.resolve("mounts"), this::bring, InstantSource.system());
    assertThat(mounts.records()).singleElement().matches(copy -> copy.version() == 5);
  }

  @Test
  void adoptsBesideTheOlderCopyThatAStepIsIn() throws Exception {
    MountRecord adopted;
    try (MountUse use = use(wish("m", Sharing.SHARED))) {
      adopted = mounts.adopt(wish("m", Sharing.SHARED, 5, 0, 0, PEER));

      assertThat(use.directory()).isEmptyDirectory();
    }
    try (MountReading newest = mounts.read("m")) {
      assertThat(newest.directory().resolve("from-peer")).exists();
    }
    assertThat(adopted.version()).isEqualTo(5);
  }

  @Test
  void keepsWhatItHasWhenThereIsNothingToAdopt() throws Exception {
    use(wish("m", Sharing.SHARED)).finish();
    broughtFile = Optional.empty();

    assertThatThrownBy(() -> mounts.adopt(wish("m", Sharing.SHARED, 5, 0, 0, PEER)))
        .isInstanceOf(SlipwayException.class)
        .hasMessageContaining("none of 1 workers gave it");

    assertThat(mounts.records()).singleElement().matches(copy -> copy.version() == 1);
    use(wish("m", Sharing.LOCKED)).close();
    assertThat(mounts.awaitRemoved(Duration.ofSeconds(5))).isTrue();
    assertThat(children(root.resolve("mounts/copies"))).hasSize(1);
  }

  @Test
  void deletesOnlyWhatNobodyUses() throws Exception {
    try (MountUse use = use(wish("m", Sharing.SHARED))) {
      assertThat(mounts.delete(mounts.records().getFirst().id())).isEmpty();
      use.finish();
    }
    String id = mounts.records().getFirst().id();
    try (MountReading _ = mounts.read("m")) {
      assertThat(mounts.delete(id)).isEmpty();
    }

    assertThat(mounts.delete(id)).isPresent();

    assertThat(mounts.records()).isEmpty();
    assertThat(mounts.awaitRemoved(Duration.ofSeconds(5))).isTrue();
    assertThat(children(root.resolve("mounts/copies"))).isEmpty();
    assertThatThrownBy(() -> mounts.read("m")).hasMessageContaining("is not here");
  }

  @Test
  void remembersItsCopiesOverARestart() throws Exception {
    String hostile = "../../x\n/=: \u00e4\ud83d\ude00\\";
    try (MountUse use =
        mounts.use(
            new MountWish("m", hostile, Sharing.SHARED, true, 7, 0, 0, List.of()),
            MountBeginning.EMPTY,
            notes::add)) {
      Files.writeString(use.directory().resolve("file"), "123");
      use.finish();
    }
    MountRecord before = mounts.records().getFirst();
    MountUse crashed = use(wish("m", Sharing.SHARED));
    Files.writeString(crashed.directory().resolve("more"), "12345");
    mounts.close();

    mounts = CacheMounts.open(root.resolve("mounts"), this::bring, InstantSource.system());

    MountRecord after = mounts.records().getFirst();
    assertThat(after.name()).isEqualTo(hostile);
    assertThat(after.id()).isEqualTo(before.id());
    assertThat(after.version()).isEqualTo(before.version());
    assertThat(after.uses()).isEqualTo(2);
    assertThat(after.inUse()).isFalse();
    await().until(() -> mounts.records().getFirst().size() == 8);
    assertThat(children(root.resolve("mounts/copies"))).hasSize(1);
  }

  private void bring(MountWish.Peer peer, Path directory) throws SlipwayException {
    asked.add(peer);
    write(directory.resolve(broughtFile.orElse("half")));
    if (broughtFile.isEmpty()) {
      throw new SlipwayException(ErrorKind.UNAVAILABLE, "peer is gone");
    }
  }

  private static void write(Path file) throws SlipwayException {
    try {
      Files.writeString(file, "");
    } catch (IOException e) {
      throw new SlipwayException(ErrorKind.INTERNAL, e.getMessage(), e);
    }
  }

  private MountUse use(MountWish wish) throws Exception {
    return mounts.use(wish, MountBeginning.EMPTY, notes::add);
  }

  private CompletableFuture<MountUse> using(MountWish wish) {
    CompletableFuture<MountUse> used = new CompletableFuture<>();
    Thread.ofVirtual()
        .start(() -> {
          try {
            used.complete(use(wish));
          } catch (Exception e) {
            used.completeExceptionally(e);
          }
        });
    return used;
  }

  private static MountWish wish(String id, Sharing sharing) {
    return wish(id, sharing, 0, 0, 0);
  }

  private static MountWish wish(
      String id, Sharing sharing, long version, long held, long oldest, MountWish.Peer... peers) {
    return new MountWish(id, "tenant/" + id, sharing, true, version, held, oldest, List.of(peers));
  }

  private static List<Path> children(Path directory) throws IOException {
    try (var paths = Files.list(directory)) {
      return paths.toList();
    }
  }
}
