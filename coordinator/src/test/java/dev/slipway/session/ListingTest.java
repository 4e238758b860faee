package dev.slipway.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.context.FileMode;
import dev.slipway.error.SlipwayException;
import dev.slipway.protocol.buildkit.fsutil.Stat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ListingTest {
  private final Listing listing = new Listing();

  @ParameterizedTest
  @ValueSource(strings = {"", "/a", "a/", "../a", "a/../b", "a//b", "./a", ".", "..", "a\0b"})
  void refusesMalformedPaths(String path) {
    assertThatThrownBy(() -> listing.add(file(path)))
        .isInstanceOf(SlipwayException.class)
        .hasMessageContaining("malformed path");
  }

  @Test
  void refusesPathsOutOfOrder() throws Exception {
    listing.add(file("b"));

    assertThatThrownBy(() -> listing.add(file("a")))
        .isInstanceOf(SlipwayException.class)
        .hasMessageContaining("changes out of order");
    assertThatThrownBy(() -> listing.add(file("b")))
        .isInstanceOf(SlipwayException.class)
        .hasMessageContaining("changes out of order");
  }

  @Test
  void refusesAFileBelowSomethingThatIsNoDirectory() throws Exception {
    listing.add(stat("a", FileMode.SYMLINK | 0777).setLinkname("/etc").build());

    assertThatThrownBy(() -> listing.add(file("a/passwd")))
        .isInstanceOf(SlipwayException.class)
        .hasMessageContaining("without its directory");
    assertThatThrownBy(() -> listing.add(file("x/y")))
        .isInstanceOf(SlipwayException.class)
        .hasMessageContaining("without its directory");
  }

  @Test
  void refusesHardLinksToWhatIsNotAnEarlierFile() throws Exception {
    listing.add(stat("a", FileMode.DIRECTORY | 0755).build());

    for (String target : new String[] {"a", "zz", "/etc/passwd", "../x"}) {
      assertThatThrownBy(() -> listing.add(stat("b", 0644).setLinkname(target).build()))
          .isInstanceOf(SlipwayException.class)
          .hasMessageContaining("not an earlier file");
    }
  }

  @Test
  void refusesMoreTextThanItMayKeep() throws Exception {
    Listing small = new Listing(100);
    small.add(file("a".repeat(90)));

    assertThatThrownBy(() -> small.add(file("b".repeat(11))))
        .isInstanceOf(SlipwayException.class)
        .hasMessageContaining("paths of more than 100 characters together");
  }

  @Test
  void refusesDevices() {
    assertThatThrownBy(() ->
            listing.add(stat("null", FileMode.DEVICE | FileMode.CHARACTER_DEVICE | 0666).build()))
        .isInstanceOf(SlipwayException.class)
        .hasMessageContaining("not supported yet");
  }

  @Test
  void acceptsSiblingsOfADirectoryAfterItsContent() throws Exception {
    listing.add(stat("a", FileMode.DIRECTORY | 0755).build());
    listing.add(stat("a/b", FileMode.DIRECTORY | 0755).build());
    listing.add(file("a/b/c"));
    listing.add(file("a/b.c"));
    listing.add(file("a.txt"));

    assertThat(listing.hasContent(1)).isFalse();
    assertThat(listing.hasContent(4)).isTrue();
  }

  private static Stat file(String path) {
    return stat(path, 0644).build();
  }

  private static Stat.Builder stat(String path, int mode) {
    return Stat.newBuilder().setPath(path).setMode(mode).setSize(1);
  }
}
