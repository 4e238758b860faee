package dev.slipway.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.frontend.FrontendResult;
import dev.slipway.graph.Definition;
import dev.slipway.oci.Platform;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class RequestedPlatformsTest {
  private static Optional<String> complaint(String asked, FrontendResult result) throws Exception {
    return RequestedPlatforms.complaint(
        asked.isEmpty() ? Map.of() : Map.of("platform", asked), result, Platform.LINUX_AMD64);
  }

  private static FrontendResult one() {
    return new FrontendResult(Optional.of(Definition.SCRATCH), Map.of(), Map.of());
  }

  private static FrontendResult of(String... architectures) {
    Map<String, Definition> results = new LinkedHashMap<>();
    for (String architecture : architectures) {
      results.put("linux/" + architecture, Definition.SCRATCH);
    }
    String list =
        List.of(architectures).stream()
            .map(one ->
                "{\"ID\":\"x\",\"Platform\":{\"os\":\"linux\",\"architecture\":\"" + one + "\"}}")
            .collect(Collectors.joining(","));
    return new FrontendResult(
        Optional.empty(),
        results,
        Map.of(
            "refs.platforms", ("{\"Platforms\":[" + list + "]}").getBytes(StandardCharsets.UTF_8)));
  }

  @Test
  void aResultForWhatWasAskedIsNoMatter() throws Exception {
    assertThat(complaint("", one())).isEmpty();
    assertThat(complaint("linux/arm64,linux/amd64", of("amd64", "arm64"))).isEmpty();
    assertThat(complaint("linux/arm64", of("arm64"))).isEmpty();
  }

  @Test
  void oneResultForSeveralPlatformsIsTold() throws Exception {
    assertThat(complaint("linux/amd64,linux/arm64", one()))
        .contains("Multiple platforms requested but result is not multi-platform");
  }

  @Test
  void otherPlatformsThanAskedForAreTold() throws Exception {
    assertThat(complaint("", of("amd64", "arm64")))
        .contains(
            "Requested platforms linux/amd64 do not match result platforms linux/amd64,linux/arm64");
    assertThat(complaint("linux/arm64", of("amd64")))
        .contains(
            "Requested platform \"linux/arm64\" does not match result platform \"linux/amd64\"");
  }

  @Test
  void severalResultsMustSayWhatTheyAreFor() {
    FrontendResult untold =
        new FrontendResult(Optional.empty(), of("amd64").byPlatform(), new HashMap<>());

    assertThatThrownBy(() -> complaint("", untold))
        .hasMessageContaining("without platforms mapping");
  }

  private static FrontendResult with(String key, String json) {
    return new FrontendResult(
        Optional.of(Definition.SCRATCH),
        Map.of(),
        Map.of(key, json.getBytes(StandardCharsets.UTF_8)));
  }

  @Test
  void anEmptyListOfPlatformsIsRefused() {
    for (String json : new String[] {"null", "{}", "{\"Platforms\":[]}", ""}) {
      assertThatThrownBy(() -> complaint("", with("refs.platforms", json)))
          .hasMessage("invalid empty platforms index for exporter");
    }
  }

  @Test
  void aPlatformWithoutAKeyOrAnOperatingSystemIsRefused() {
    assertThatThrownBy(() -> complaint("", with("refs.platforms", "{\"Platforms\":[{}]}")))
        .hasMessage("invalid empty platform key for exporter");
    assertThatThrownBy(
            () -> complaint("", with("refs.platforms", "{\"Platforms\":[{\"ID\":\"x\"}]}")))
        .hasMessageStartingWith("invalid platform value for exporter");
  }

  @Test
  void aConfigurationHasOperatingSystemAndArchitectureOrNeither() throws Exception {
    assertThatThrownBy(
            () -> complaint("", with("containerimage.config", "{\"architecture\":\"amd64\"}")))
        .hasMessage("invalid image config: os and architecture must be specified together");
    assertThat(complaint("", with("containerimage.config", "{}"))).isEmpty();
  }
}
