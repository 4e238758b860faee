package dev.slipway.mounts;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class MountPlacesTest {
  @Test
  void takesWhatIsFinishedLastForTheNewest() {
    MountPlaces places = MountPlaces.NONE.used("a", 1, 10).used("b", 2, 20);

    MountPlaces after = places.used("a", 2, 30);

    assertThat(after.copies())
        .containsExactly(new MountPlaces.Copy("a", 3, 30), new MountPlaces.Copy("b", 2, 20));
  }

  @Test
  void believesAWorkerThatComesBackUnlessMoreIsKnown() {
    MountPlaces places = MountPlaces.NONE.used("a", 5, 10);

    assertThat(places.held("a", 4, 1)).isEqualTo(places);
    assertThat(places.held("b", 7, 1).newest()).isEqualTo(7);
  }

  @Test
  void forgetsWhatWasThrownAwayForGood() {
    MountPlaces places = MountPlaces.NONE.used("a", 5, 10).discarded();

    assertThat(places.copies()).isEmpty();
    assertThat(places.newest()).isEqualTo(places.oldest()).isGreaterThan(5);
    assertThat(places.held("a", 5, 10)).isEqualTo(places);
    assertThat(places.used("a", 6, 10)).isEqualTo(places);
    assertThat(places.discarded().oldest()).isGreaterThan(places.oldest());
    assertThat(places.used("a", places.oldest() + 1, 10).copies()).hasSize(1);
  }

  @Test
  void remembersTheNewestOfManyWorkers() {
    MountPlaces places =
        IntStream.range(0, 3 * MountPlaces.MOST_COPIES)
            .boxed()
            .reduce(MountPlaces.NONE, (all, i) -> all.used("w" + i, 0, 1), (one, _) -> one);

    assertThat(places.copies()).hasSize(MountPlaces.MOST_COPIES);
    assertThat(places.copies().getFirst().worker())
        .isEqualTo("w" + (3 * MountPlaces.MOST_COPIES - 1));
  }

  @Test
  void givesEachTenantNameAndBeginningAnIdOfItsOwn() {
    assertThat(MountId.of("a", "b", ""))
        .isNotEqualTo(MountId.of("ab", "", ""))
        .isNotEqualTo(MountId.of("a", "", "b"))
        .isEqualTo(MountId.of("a", "b", ""));
    assertThat(MountId.isValid(MountId.of("../x", "\n/../", "z"))).isTrue();
    assertThat(MountId.isValid("mount:../x")).isFalse();
  }
}
