package dev.slipway.compatibility;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** docs/compatibility.md, made from what the tests say they show. */
public final class CompatibilityPage {
  private static final String COMPARED = "e2e/src/test/resources/compat";

  private CompatibilityPage() {}

  /** Writes the page. @param arguments the source tree, whose docs/compatibility.md it is */
  public static void main(String[] arguments) throws IOException {
    Path tree = Path.of(arguments[0]);
    Files.writeString(tree.resolve("docs/compatibility.md"), markdown(tree));
  }

  /** The page for a source tree; {@code make compatibility} writes it. */
  static String markdown(Path tree) throws IOException {
    Map<Area, Map<String, List<Claim>>> areas = new EnumMap<>(Area.class);
    for (Claim claim : TestSources.claims(tree)) {
      areas
          .computeIfAbsent(claim.area(), _ -> new TreeMap<>(BY_LETTERS))
          .computeIfAbsent(claim.feature(), _ -> new ArrayList<>())
          .add(claim);
    }
    StringBuilder page = new StringBuilder(INTRODUCTION);
    areas.forEach((area, features) -> page.append(section(area, features)));
    page.append(
        """

        ## Compared with BuildKit

        `CompatE2eTest` builds each folder of `%s` with the farm and with the BuildKit of a Docker engine and compares configs and files (names, modes, owners,
        times where defined, extended attributes, links, contents): %s.
        """
            .formatted(COMPARED, String.join(", ", compared(tree))));
    return page.toString();
  }

  private static final String INTRODUCTION =
      """
      # Compatibility with BuildKit

      Generated from the tests' annotations `@Feature` and `@Refused`: change them there and run `make compatibility`. The reference is BuildKit v0.32. What is in no line here is
      shown by no test of ours; it may work all the same. What is refused is refused with words that name it, never ignored.
      """;

  private static final Comparator<String> BY_LETTERS =
      String.CASE_INSENSITIVE_ORDER.thenComparing(Comparator.naturalOrder());

  private static String section(Area area, Map<String, List<Claim>> features) {
    StringBuilder section = new StringBuilder();
    section.append("\n## ").append(area.title()).append("\n\n");
    section.append("| feature | | shown by |\n|---|---|---|\n");
    features.forEach((feature, claims) -> {
      row(section, feature, claims.stream().filter(claim -> !claim.refused()).toList());
      row(section, feature, claims.stream().filter(Claim::refused).toList());
    });
    return section.toString();
  }

  private static void row(StringBuilder section, String feature, List<Claim> claims) {
    if (claims.isEmpty()) {
      return;
    }
    String words =
        claims.stream()
            .map(Claim::words)
            .filter(said -> !said.isBlank())
            .distinct()
            .collect(Collectors.joining(" "));
    String verdict = claims.getFirst().refused() ? "**refused**" : "works";
    section.append(
        "| %s | %s | %s |\n"
            .formatted(
                code(feature),
                words.isEmpty() ? verdict : verdict + ": " + cell(words),
                claims.stream()
                    .map(claim -> "`" + claim.test() + "`")
                    .distinct()
                    .sorted()
                    .collect(Collectors.joining(", "))));
  }

  /** What is written so in a Dockerfile, an option or a command is code; the rest is words. */
  private static String code(String feature) {
    boolean code = feature.matches("[A-Z_]+|[.].*|docker .*|.*(--|=|#|<<).*");
    return code && !feature.contains("`") ? "`" + cell(feature) + "`" : cell(feature);
  }

  private static String cell(String text) {
    return text.replace("|", "\\|");
  }

  private static List<String> compared(Path tree) throws IOException {
    try (Stream<Path> folders = Files.list(tree.resolve(COMPARED))) {
      return folders
          .filter(Files::isDirectory)
          .map(folder -> folder.getFileName().toString().replace('-', ' '))
          .sorted()
          .toList();
    }
  }
}
