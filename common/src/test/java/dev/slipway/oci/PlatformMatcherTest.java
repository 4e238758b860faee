package dev.slipway.oci;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class PlatformMatcherTest {
  @Test
  void prefersTheExactVariant() {
    assertThat(choose("linux/arm/v7", "linux/arm/v6", "linux/arm/v7")).isEqualTo("linux/arm/v7");
  }

  @Test
  void fallsBackToAnOlderVariant() {
    assertThat(choose("linux/arm/v7", "linux/amd64", "linux/arm/v5", "linux/arm/v6"))
        .isEqualTo("linux/arm/v6");
    assertThat(choose("linux/amd64/v3", "linux/amd64", "linux/amd64/v2", "linux/amd64/v4"))
        .isEqualTo("linux/amd64/v2");
  }

  @Test
  void neverTakesANewerVariant() {
    assertThat(choose("linux/amd64", "linux/amd64/v3", "linux/arm64")).isEqualTo("none");
  }

  @Test
  void findsNothingAmongOtherPlatforms() {
    assertThat(choose("linux/s390x", "linux/amd64", "unknown/unknown")).isEqualTo("none");
  }

  private static String choose(String wanted, String... offered) {
    List<Descriptor> manifests =
        List.of(offered).stream()
            .map(id ->
                new Descriptor(MediaTypes.OCI_MANIFEST, Digest.ofText(id), 1)
                    .withPlatform(Platform.parse(id)))
            .toList();
    return PlatformMatcher.choose(manifests, Platform.parse(wanted))
        .flatMap(Descriptor::platform)
        .map(Platform::id)
        .orElse("none");
  }
}
