package dev.slipway.explain;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.explain.TreePrint.Difference;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class TreePrintTest {
  private static Difference difference(String[] before, String... now) {
    return TreePrint.of(Kitchen.entries(before)).firstDifference(Kitchen.entries(now));
  }

  private static String[] files(String... files) {
    return files;
  }

  @Test
  void namesTheFirstFileThatChanged() {
    assertThat(difference(files("a=1", "src/b=1", "src/c=1"), "a=1", "src/b=2", "src/c=2"))
        .isEqualTo(new Difference.Changed("src/b"));
  }

  @Test
  void namesAFileThatIsNewAndNotTheDirectoryAboveIt() {
    assertThat(difference(files("a=1", "src/b=1"), "a=1", "src/b=1", "src/lib/new=1"))
        .isEqualTo(new Difference.Added("src/lib"));
    assertThat(difference(files("a=1", "src/b=1"), "a=1", "src/b=1", "src/new=1"))
        .isEqualTo(new Difference.Added("src/new"));
  }

  @Test
  void namesTheDirectoryOfAFileThatIsGone() {
    assertThat(difference(files("a=1", "src/b=1", "src/c=1"), "a=1", "src/b=1"))
        .isEqualTo(new Difference.Removed("src"));
    assertThat(difference(files("a=1", "b=1"), "a=1")).isEqualTo(new Difference.Removed(""));
  }

  @Test
  void namesTheDirectoryOfAChangeThatIsTooDeepToBeKept() {
    String[] before =
        IntStream.range(0, TreePrint.MAX_ENTRIES)
            .mapToObj(i -> "vendor/deep/" + i + "=1")
            .toArray(String[]::new);
    String[] now = before.clone();
    now[77] = "vendor/deep/77=2";

    assertThat(difference(before, now)).isEqualTo(new Difference.Below("vendor/deep"));
    assertThat(TreePrint.of(Kitchen.entries(before)).entries())
        .hasSizeLessThan(TreePrint.MAX_ENTRIES);
  }

  @Test
  void namesNothingInATreeThatIsTooWide() {
    String[] before =
        IntStream.range(0, TreePrint.MAX_ENTRIES + 1)
            .mapToObj(i -> i + "=1")
            .toArray(String[]::new);

    assertThat(difference(before, "a=1")).isEqualTo(new Difference.Unknown());
    assertThat(TreePrint.of(Kitchen.entries(before)).entries()).isEmpty();
  }
}
