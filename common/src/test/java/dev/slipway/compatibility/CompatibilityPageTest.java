package dev.slipway.compatibility;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CompatibilityPageTest {
  @Test
  void thePageIsWhatTheTestsSay() throws IOException {
    Path tree = Path.of("..");
    assertThat(Files.readString(tree.resolve("docs/compatibility.md")))
        .as("run `make compatibility`")
        .isEqualTo(CompatibilityPage.markdown(tree));
  }

  @Test
  void aFeatureHasALineWithAllItsTests(@TempDir Path tree) throws IOException {
    write(tree, "one", "@Test @Feature(\"ADD\") void adds() {}");
    write(
        tree,
        "two",
        "@Test @Feature(value = {\"ADD\", \"A\" + \"RG\"}, note = \"Both.\") void too() {}");

    assertThat(CompatibilityPage.markdown(tree))
        .contains("## Dockerfile\n")
        .contains("| `ADD` | works: Both. | `One.adds`, `Two.too` |\n")
        .contains("| `ARG` | works: Both. | `Two.too` |\n");
  }

  @Test
  void whatIsRefusedSaysWhy(@TempDir Path tree) throws IOException {
    write(
        tree,
        "one",
        "@Test @Refused(value = \"type=x\", why = \"No.\", area = Area.EXPORTER) void no() {}");

    assertThat(CompatibilityPage.markdown(tree))
        .contains("## Exporters\n")
        .contains("| `type=x` | **refused**: No. | `One.no` |\n");
  }

  @Test
  void aMethodThatIsNoTestShowsNothing(@TempDir Path tree) throws IOException {
    write(tree, "one", "@Feature(\"ADD\") void adds() {}");

    assertThatThrownBy(() -> CompatibilityPage.markdown(tree))
        .hasMessage("One.adds is no test that runs");
  }

  private static void write(Path tree, String module, String method) throws IOException {
    String name = Character.toUpperCase(module.charAt(0)) + module.substring(1);
    Path folder = tree.resolve(module).resolve("src/test/java");
    Files.createDirectories(folder);
    Files.writeString(folder.resolve(name + ".java"), "class " + name + " {" + method + "}");
    Files.createDirectories(tree.resolve("e2e/src/test/resources/compat"));
  }
}
